import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { commandLine } from './command-line.ts';

/**
 * Bad input, as a user meets it: one clear message each at the place of the fault, exit 2 (design: bad input or usage),
 * nothing on stdout and never a stack trace.
 */
const scratch = mkdtempSync(join(tmpdir(), 'packetwalk-bad-input-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const ARTICLE = new URL('../../examples/article', import.meta.url).pathname;
let files = 0;

/** Writes one file of its own and gives its path. */
function file(text: string | Buffer, name = 'in.yaml'): string {
  const path = join(scratch, String(files++), name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** Runs, and expects nothing but complaints. Paths in the messages are shortened to file names. */
async function refused(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await commandLine(args);
  expect(code, stderr + stdout).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).not.toMatch(/our bug|^\s+at /m);
  return stderr.replace(/\/\S*\/(?=[\w.-]+)/g, (path) => (path.startsWith(scratch) ? '' : path));
}

const EKS = `apiVersion: eksctl.io/v1alpha5
kind: ClusterConfig
metadata: {name: c, region: eu-west-1, version: "1.34"}
vpc: {cidr: 10.0.0.0/16}
managedNodeGroups: [{name: ng, desiredCapacity: 2}]
`;
const node = (name: string, ip: string) =>
  `---\napiVersion: v1\nkind: Node\nmetadata: {name: ${name}, labels: {node.kubernetes.io/instance-type: m5.large}}\nstatus: {addresses: [{type: InternalIP, address: ${ip}}]}\n`;
const pod = (name: string, ip: string, on = 'n1') =>
  `---\napiVersion: v1\nkind: Pod\nmetadata: {name: ${name}, namespace: shop}\nspec: {nodeName: ${on}, containers: [{name: c, image: i}]}\nstatus: {phase: Running, podIP: ${ip}}\n`;
const service = (name: string, spec: string) =>
  `---\napiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: shop}\nspec: {${spec}}\n`;
const NETWORK = `apiVersion: packetwalk.dev/v1alpha1
kind: Network
spec:
  region: us-east-1
  clusterVpc: vpc-a
  vpcs:
    - id: vpc-a
      cidrs: [10.0.0.0/16]
      subnets:
        - {id: a, cidrs: [10.0.0.0/24], zone: us-east-1a, routeTable: rtb}
        - {id: b, cidrs: [10.0.1.0/24], zone: us-east-1b, routeTable: rtb}
        - {id: c, cidrs: [10.9.0.0/24], zone: us-east-1a, routeTable: rtb}
      routeTables: [{id: rtb, routes: []}]
`;

describe('files that hold no input', () => {
  const cases: readonly (readonly [string, () => string, string])[] = [
    ['an empty file', () => file(''), 'in.yaml: File is empty (expected YAML or JSON)'],
    [
      'a binary file',
      () => file(Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0])),
      'in.yaml: The file is not text (YAML, JSON',
    ],
    ['a compressed file', () => file(gzipSync(EKS)), 'in.yaml: The file is not text'],
    ['another encoding', () => file(Buffer.from('a: 1\nb: caf\u00e9\n', 'latin1')), 'in.yaml:2: The text is not UTF-8'],
    ['UTF-16', () => file(Buffer.from(`\ufeff${EKS}`, 'utf16le')), 'in.yaml: The file is not text'],
    ['a missing file', () => join(scratch, 'nowhere', 'in.yaml'), 'in.yaml: No such file or folder'],
    ['a near miss', () => join(dirname(ARTICLE), 'artcle'), 'No such file or folder (did you mean "article"?)'],
    [
      'a folder without YAML',
      () => dirname(file('hello', 'notes.txt')),
      'The folder holds no input (YAML or JSON files, a node\'s dump, or a folder that "packetwalk compile -o" wrote)',
    ],
    ['a file that cannot be read', () => '/proc/self/mem', '/proc/self/mem: Cannot read the file: EIO'],
    ['a device without end', () => '/dev/zero', '/dev/zero: The file has more than 64 MiB'],
    [
      'a link to nowhere',
      () => {
        const folder = dirname(file('', 'notes.txt'));
        symlinkSync('/nowhere', join(folder, 'pods.yaml'));
        return folder;
      },
      'pods.yaml: Cannot read the file: ENOENT: no such file or directory',
    ],
    [
      'a YAML file of 200 MB',
      () => {
        const path = file('a: 1\n');
        truncateSync(path, 200 * 1024 * 1024);
        return path;
      },
      'in.yaml: The file has 200 MiB (at most 64 MiB a file; split it,',
    ],
    [
      'a JSON file of 300 MB',
      () => {
        const path = file('{', 'in.json');
        truncateSync(path, 300 * 1024 * 1024);
        return path;
      },
      'in.json: The file has 300 MiB (at most 256 MiB a file; split it,',
    ],
  ];
  test.each(cases.filter(([, make]) => process.platform === 'linux' || !String(make).includes('/proc/')))(
    '%s',
    async (_, make, message) => {
      expect(await refused(['trace', '-f', make(), 'pod/a/b', 'internet'])).toContain(message);
    },
  );

  // Root may read everything, so a root process steps down to nobody for the length of one command.
  const asNobody = async <T>(act: () => Promise<T>): Promise<T> => {
    if (process.geteuid?.() !== 0) return act();
    process.seteuid?.(65534);
    try {
      return await act();
    } finally {
      process.seteuid?.(0);
    }
  };
  test('a file and a folder that may not be read', async () => {
    const secret = file(EKS);
    const folder = dirname(file(EKS, 'sub/in.yaml'));
    chmodSync(secret, 0);
    chmodSync(folder, 0);
    chmodSync(scratch, 0o755);
    const said = await asNobody(() => refused(['trace', '-f', secret, '-f', dirname(folder), 'pod/a/b', 'internet']));
    chmodSync(folder, 0o755);
    expect(said).toContain('in.yaml: Cannot read the file: EACCES: permission denied (a file you may read)');
    expect(said).toContain('sub: Cannot read the folder: EACCES: permission denied');
    expect(said).toContain('2 problems in the input');
  });
});

describe('text that is not what it should be', () => {
  test.each([
    ['YAML', 'in.yaml', 'a: [1\nb: 2\n', 'in.yaml:2:1: Flow sequence in block collection must be'],
    ['a key twice', 'in.yaml', 'kind: Pod\nkind: Pod\n', 'in.yaml:2:1: Key "kind" is given twice in one map'],
    ['JSON', 'in.json', '{"kind": "Pod",\n "spec": }', 'in.json:2:10: Not JSON: found "}" where a value should be'],
    ['JSON cut short', 'in.json', '{"kind": "Pod",\n', 'in.json:2:1: Not JSON: the text ends where a name'],
    ['a line break', 'in.json', '{"kind": "P\nod"}', 'in.json:1:12: Not JSON: found a line break in a string'],
    ['JSON by its looks', 'live', '{"kind": "Pod", "spec": }', 'live:1:25: Not JSON: found "}" where a value'],
    ['a comment in JSON', 'in.json', '{} // all\n', 'in.json:1:4: Not JSON: found "/" where a value should be'],
    ['a list', 'in.yaml', '- 1\n', 'in.yaml:1:1: Found a list where an object should be'],
    ['no kind', 'in.yaml', 'a: 1\n', 'in.yaml:1:1: Document has no "kind"'],
    [
      'no cluster',
      'in.yaml',
      service('a', 'ports: [{port: 80}]'),
      'in.yaml: The input has objects and no cluster to put',
    ],
  ])('%s', async (_, name, text, message) => {
    expect(await refused(['trace', '-f', file(text, name), 'pod/a/b', 'internet'])).toContain(message);
  });

  test('every problem is told, not the first', async () => {
    const said = await refused([
      'trace',
      ...['-f', file('kind: Pod\nkind: Pod\n', 'a.yaml'), '-f', file('[1 2]', 'b.json')],
      ...['pod/a/b', 'internet'],
    ]);
    expect(said.split('\n').slice(0, 3)).toEqual([
      'error: a.yaml:2:1: Key "kind" is given twice in one map',
      'error: b.json:1:4: Not JSON: found "2" where "," or the closing bracket should be',
      'packetwalk: 2 problems in the input',
    ]);
  });
});

describe('hostile input', () => {
  const bomb = [
    'a0: &a0 [x,x,x,x,x,x,x,x,x,x]',
    ...Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(',')}]`),
  ].join('\n');
  test.each([
    ['aliases that multiply', 'in.yaml', bomb, 'in.yaml:1:1: Cannot expand the aliases of this document'],
    ['deep YAML', 'in.yaml', `a: ${'['.repeat(20_000)}`, 'in.yaml:1:1: Lists and maps nest deeper than 128 levels'],
    ['deep JSON', 'in.json', `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`, 'nest deeper than 128 levels'],
    [
      'prototype keys in our own kinds',
      'in.json',
      '{"apiVersion": "packetwalk.dev/v1alpha1", "kind": "Placement", "spec": {"pod": "a/b", "__proto__": {"x": 1}}}',
      'in.json:1:87: Unknown field "spec.__proto__"',
    ],
    [
      'prototype keys in Kubernetes objects',
      'in.yaml',
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a, __proto__: {x: 1}}\n',
      'in.yaml:3:21: Unknown field "metadata.__proto__"',
    ],
  ])('%s', async (_, name, text, message) => {
    expect(await refused(['trace', '-f', file(text, name), 'pod/a/b', 'internet'])).toContain(message);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });
});

describe('objects that contradict each other', () => {
  const nodes = `${EKS}${node('n1', '10.0.0.10')}`;
  test.each([
    [
      'two pods',
      nodes + pod('a', '10.0.0.9') + pod('b', '10.0.0.9'),
      'in.yaml:18:1: Pod "shop/a" and pod "shop/b" both have 10.0.0.9 (the first is at in.yaml:12:1)',
    ],
    ['two nodes', nodes + node('n2', '10.0.0.10'), 'in.yaml:12:1: Node "n1" and node "n2" both have 10.0.0.10'],
    ['a pod and a node', nodes + pod('a', '10.0.0.10'), 'in.yaml:12:1: Node "n1" and pod "shop/a" both have 10.0.0.10'],
    [
      'a pod outside the VPC',
      nodes + pod('a', '10.9.9.9'),
      'in.yaml:12:1: Pod "shop/a" has 10.9.9.9, which is in no subnet of VPC',
    ],
    [
      'a pod outside its zone',
      nodes + pod('a', '10.0.40.9'),
      'in.yaml:12:1: Address 10.0.40.9 of pod "shop/a" fits on none of its node\'s ENIs',
    ],
    [
      "the router's address",
      nodes + pod('a', '10.0.0.1'),
      'in.yaml:12:1: Pod "shop/a" has 10.0.0.1, which AWS keeps in subnet',
    ],
    [
      'a node outside the VPC',
      EKS + node('n1', '10.9.9.9'),
      'in.yaml:7:1: Node "n1" has InternalIP 10.9.9.9 in no known subnet',
    ],
    [
      'ClusterIPs',
      EKS +
        service('a', 'clusterIP: 172.20.0.5, ports: [{port: 80}]') +
        service('b', 'clusterIP: 172.20.0.5, ports: [{port: 80}]'),
      'in.yaml:12:1: Services "shop/a" and "shop/b" both have ClusterIP 172.20.0.5 (the first is at in.yaml:7:1)',
    ],
    [
      'node ports',
      EKS +
        service('a', 'type: NodePort, ports: [{port: 80, nodePort: 30080}]') +
        service('b', 'type: NodePort, ports: [{port: 80, nodePort: 30080}]'),
      'in.yaml:12:1: Services "shop/a" and "shop/b" both have NodePort 30080 TCP',
    ],
    [
      'an object twice',
      EKS + service('a', 'ports: [{port: 80}]') + service('a', 'ports: [{port: 81}]'),
      'in.yaml:12:1: Service "shop/a" is given twice, and differently',
    ],
    [
      'a subnet outside its VPC',
      NETWORK,
      'in.yaml:12:11: Subnet "c" is 10.9.0.0/24, outside every CIDR of VPC "vpc-a" (10.0.0.0/16)',
    ],
    [
      'an instance type',
      EKS.replace('name: ng', 'name: ng, instanceType: m5.lrge'),
      'in.yaml:5:21: Unknown instance type "m5.lrge" of node',
    ],
  ])('%s', async (_, text, message) => {
    expect(await refused(['trace', '-f', file(text), 'pod/shop/a', 'internet'])).toContain(message);
  });

  const network = NETWORK.replace(/\n.*id: c.*\n/, '\n');
  const eni = (name: string, enis: string) =>
    `---\napiVersion: packetwalk.dev/v1alpha1\nkind: NodeNetwork\nspec: {node: ${name}, instanceType: m5.large, enis: [${enis}]}\n`;
  test.each([
    [
      'two ENIs',
      eni('n1', '{id: eni-1, deviceIndex: 0, subnet: a, primaryIp: 10.0.0.9}') +
        eni('n2', '{id: eni-2, deviceIndex: 0, subnet: a, primaryIp: 10.0.0.9}'),
      'Node "n1" and node "n2" both have 10.0.0.9',
    ],
    [
      'a secondary address',
      eni('n1', '{id: eni-1, deviceIndex: 0, subnet: a, primaryIp: 10.0.0.9, addresses: [10.0.0.20]}') +
        eni('n2', '{id: eni-2, deviceIndex: 0, subnet: a, primaryIp: 10.0.0.20}'),
      'ENI "eni-1" and node "n2" both have 10.0.0.20',
    ],
    [
      'an ENI in another zone',
      eni(
        'n1',
        '{id: eni-1, deviceIndex: 0, subnet: a, primaryIp: 10.0.0.9}, {id: eni-2, deviceIndex: 1, subnet: b, primaryIp: 10.0.1.9}',
      ),
      'in.yaml:16:110: ENI "eni-2" is in subnet "b" of zone "us-east-1b", its node "n1" in zone "us-east-1a"',
    ],
  ])('%s', async (_, enis, message) => {
    expect(await refused(['trace', '-f', file(network + enis), 'node/n1', 'internet'])).toContain(message);
  });
});

describe('ends of a walk', () => {
  const A = 'pod/packetlab/toolbox-a';
  test.each([
    [
      ['pod/packetlab/toolbox-z', 'internet'],
      'No pod "packetlab/toolbox-z" in the input (did you mean "pod/packetlab/toolbox-a"?)',
    ],
    [
      [A, 'svc/packetlab/echo-clusteri:80'],
      'No Service "packetlab/echo-clusteri" in the input (did you mean "svc/packetlab/echo-clusterip"?)',
    ],
    [[A, 'svc/packetlab/echo-clusterip:81'], 'svc/packetlab/echo-clusterip has no tcp port 81 (it has 80/tcp)'],
    [
      [A, 'node/ip-10-0-0-76.ec2.internal'],
      'No node "ip-10-0-0-76.ec2.internal" in the input (did you mean "node/ip-10-0-0-75.ec2.internal"?)',
    ],
    [[A, 'host/nobody'], 'No host "nobody" in the input'],
    [['pod/toolbox-a', 'internet'], '"pod/toolbox-a" needs a namespace and a name'],
    [[A, 'svcs/packetlab/echo'], '"svcs" in "svcs/packetlab/echo" is not a kind of end'],
    [[A, '10.0.0.300'], '"10.0.0.300" is not an IPv4 address'],
    [[A, '10.0.2.29:99999'], 'Port 99999 in "10.0.2.29:99999" is outside 1-65535'],
    [[A, '[2600::1]:0'], 'Port 0 in "[2600::1]:0" is outside 1-65535'],
    [[A, 'http://10.0.2.29:70000/'], 'Port 70000 in "http://10.0.2.29:70000/" is outside 1-65535'],
    [[A, '[::1'], 'Cannot read "[::1" as an end of a walk'],
    [[A], 'trace needs FROM and TO, or --flows FILE'],
    [[A, 'internet', '--flows', 'x.yaml'], 'trace takes FROM and TO, or --flows FILE'],
  ])('%j', async (ends, message) => {
    expect(await refused(['trace', '-f', ARTICLE, ...ends])).toContain(message);
  });
});

describe('words of the command line', () => {
  const article = ['-f', ARTICLE];
  const walk = ['trace', ...article, 'pod/packetlab/toolbox-a', 'internet'];
  test.each([
    [['trac', ...article, 'a', 'b'], "unknown command 'trac'\n(Did you mean trace?)"],
    [[...walk, '--chioce', 'all'], "unknown option '--chioce'\n(Did you mean --choice?)"],
    [[...walk, '--choice', 'sed:1'], 'Expected all, first or seed:N'],
    [[...walk, '-o', 'jsn'], 'Allowed choices are text, json, mermaid'],
    [[...walk, '--proto', 'tpc'], 'Expected tcp, udp, icmp, udplite, sctp or a number below 256'],
    [[...walk, '--from-port', '0'], 'Expected a port from 1 to 65535'],
    [[...walk, 'more'], "too many arguments for 'trace'"],
    [['trace', 'pod/a/b', 'internet'], 'No input: name a file or folder with -f (or - for stdin)'],
    [['show', ...article, 'node/ip-10-0-0-75.ec2.internal', 'ruls'], 'Cannot show "ruls" (did you mean "rule"?)'],
    [['ping', ...article, 'a', 'b', '--ttl', '0'], 'Expected 1 to 255'],
    [['compile', ...article], "required option '-o, --output <dir>' not specified"],
    [['schema', 'Netwrk'], 'No schema for "Netwrk"; there are Network,'],
    [['completion', 'fsh'], 'No completion for "fsh"; expected bash, zsh, fish'],
    [['--bogus'], "unknown option '--bogus'"],
  ])('%j', async (args, message) => {
    expect(await refused(args)).toContain(message);
  });

  const svc = 'svc/packetlab/echo-clusterip';
  test.each([
    [
      'AWS_VPC_K8S_CNI_EXTERNALSNT=true',
      'Unknown setting "AWS_VPC_K8S_CNI_EXTERNALSNT" (did you mean "AWS_VPC_K8S_CNI_EXTERNALSNAT"?)',
    ],
    ['kubeProxy.mod=iptables', 'Unknown setting "kubeProxy.mod" (did you mean "kubeProxy.mode"?)'],
    ['vpcCniVersion=abc', 'Setting "vpcCniVersion" is "abc" (expected a version such as "1.21.1")'],
    ['__proto__=1', 'Unknown setting "__proto__"'],
    [
      `${svc}x:spec.externalTrafficPolicy=Local`,
      'No Service "packetlab/echo-clusteripx" in the input (did you mean "packetlab/echo-clusterip"?)',
    ],
    [
      `${svc}:spec.externalTraficPolicy=Local`,
      'Unknown field "spec.externalTraficPolicy" (did you mean "externalTrafficPolicy"?)',
    ],
    [
      `${svc}:spec.externalTrafficPolicy=Locl`,
      'Field "spec.externalTrafficPolicy" is the text "Locl" (expected "Cluster", "Local"; did you mean "Local"?)',
    ],
    ['foo', '--set "foo" has no value; expected KEY=VALUE'],
  ])('--set %s', async (set, message) => {
    const said = await refused([...walk, '--set', set]);
    expect(said).toContain(message);
    expect(said).toContain(`--set ${set.includes('=') ? set.slice(0, set.indexOf('=')) : '"foo"'}`);
  });
});

describe('World folders', () => {
  const world = join(scratch, 'world');
  const at = (path: string) => join(world, path);
  const compiled = async (): Promise<void> => {
    rmSync(world, { recursive: true, force: true });
    expect((await commandLine(['compile', '-f', ARTICLE, '-o', world])).code).toBe(0);
  };
  const NODE = 'nodes/ip-10-0-0-49.ec2.internal';

  test('broken artefacts are named, each at its place', async () => {
    await compiled();
    writeFileSync(at(`${NODE}/ip-route.json`), '[\n{"dst":"default","gateway":"10.0.0.1","dev":"ens5"},\n{"dst":\n]\n');
    writeFileSync(at(`${NODE}/iptables-save`), '*nat\n-A NOWHERE -j ACCEPT\nCOMMIT\n');
    writeFileSync(at('fabric.json'), '{\n');
    const said = await refused(['trace', '-f', world, 'pod/packetlab/toolbox-a', '10.0.2.29']);
    expect(said).toContain('fabric.json:2:1: Not JSON: the text ends where a name in double quotes or "}" should be');
    expect(said).toContain('ip-route.json:4:1: Not JSON: found "]" where a value should be');
    expect(said).toMatch(/iptables-save:2: .*NOWHERE/);
  });

  test('a World and a knob', async () => {
    await compiled();
    const said = await refused([
      'trace',
      '-f',
      world,
      'pod/packetlab/toolbox-a',
      '10.0.2.29',
      '--set',
      'ipFamily=IPv6',
    ]);
    expect(said).toContain('--set ipFamily: Cannot turn "ipFamily" on a World folder');
  });
});

describe('what is no bad input', () => {
  test('a Service without endpoints is an answer: failed, exit 1', async () => {
    const text =
      EKS + node('n1', '10.0.0.10') + pod('a', '10.0.0.9') + service('none', 'selector: {app: x}, ports: [{port: 80}]');
    const { code, stdout, stderr } = await commandLine(['trace', '-f', file(text), 'pod/shop/a', 'svc/shop/none:80']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^failed .*svc\/shop\/none:80/);
    expect(stdout).toContain('reject with icmp-port-unreachable');
    expect(stderr).toContain('Service "shop/none" selects no pod');
  });

  test('a folder of links, as a mounted ConfigMap is', async () => {
    const folder = join(scratch, 'links');
    mkdirSync(folder);
    symlinkSync(file(EKS + node('n1', '10.0.0.10')), join(folder, 'cluster.yaml'));
    const { code, stdout } = await commandLine(['show', '-f', folder, 'node/n1', 'addr']);
    expect(code).toBe(0);
    expect(stdout).toContain('10.0.0.10');
  });

  test('standard input', async () => {
    const { code, stdout } = await commandLine(['show', '-f', '-', 'node/n1', 'addr'], EKS + node('n1', '10.0.0.10'));
    expect(code).toBe(0);
    expect(stdout).toContain('10.0.0.10');
  });
});
