import { describe, expect, test } from 'vitest';
import { eks, join, lines, load, problems, service } from '../../test/cluster/load.ts';
import { loadCluster } from './index.ts';

describe('files that are no input', () => {
  test.each([
    ['empty', '', 'in.yaml: File is empty (expected YAML or JSON)'],
    ['blank', ' \n\n', 'in.yaml: File is empty (expected YAML or JSON)'],
    ['binary', 'a\u0000b', 'in.yaml: File is not text: it holds NUL bytes (expected YAML or JSON)'],
    ['no kind', 'a: 1\n', 'in.yaml:1:1: Document has no "kind" (expected a document with "apiVersion" and "kind")'],
    ['a list', '- 1\n- 2\n', 'in.yaml:1:1: Found a list where an object should be'],
    ['text', 'hello\n', 'in.yaml:1:1: Found the text "hello" where an object should be'],
    ['only comments', '# nothing\n', 'in.yaml: No cluster in the input'],
    ['only a Secret', 'apiVersion: v1\nkind: Secret\n', 'in.yaml: No cluster in the input'],
    ['no network', service('a', 'ports: [{port: 80}]'), 'The input has objects and no cluster to put them in'],
    ['bad YAML', `${eks}---\na: [1\nb: 2\n`, /in\.yaml:\d+:\d+: /],
    ['bad JSON', '{"apiVersion": "v1",\n "kind": }', /in\.yaml:[12]:\d+: /],
    ['duplicate key', 'apiVersion: v1\nkind: Pod\nkind: Pod\n', 'in.yaml:3:1: Key "kind" is given twice in one map'],
  ])('%s', (_, text, expected) => {
    expect(problems(text)).toMatch(expected);
  });
});

describe('names hold no control characters: what shows them would obey', () => {
  const node = (metadata: string): string => `${eks}---\napiVersion: v1\nkind: Node\nmetadata: ${metadata}\n`;
  const pod = (metadata: string, spec: string): string =>
    `${eks}---\napiVersion: v1\nkind: Pod\nmetadata: ${metadata}\nspec: ${spec}\n`;
  const container = 'containers: [{name: c, image: i}]';
  test.each([
    ['a node', node('{name: "a\\ntouch x"}'), 'Field "metadata.name" is the text "a\\ntouch x"'],
    ['a pod', pod('{name: "a\\e[2J"}', `{${container}}`), 'Field "metadata.name" is the text "a\\u001b[2J"'],
    ['a namespace', pod('{name: a, namespace: "b\\n"}', `{${container}}`), 'Field "metadata.namespace"'],
    ["a pod's node", pod('{name: a}', `{nodeName: "b\\n", ${container}}`), 'Field "spec.nodeName"'],
    [
      'a server',
      `${eks}---\napiVersion: packetwalk.dev/v1alpha1\nkind: Server\nmetadata: {name: "a\\n"}\nspec: {kind: on-premises, addresses: [10.9.0.1]}\n`,
      'Field "metadata.name"',
    ],
  ])('%s', (_, text, expected) => {
    expect(problems(text)).toMatch(/^in\.yaml:\d+:\d+: .*\(expected a name without control characters\)$/m);
    expect(problems(text)).toContain(expected);
  });
});

describe('hostile input is bounded', () => {
  const list = (items: string): string => `{"apiVersion":"v1","kind":"List","items":[${items}null]}`;

  test('an alias bomb', () => {
    const rows = ['a: &a [x,x,x,x,x,x,x,x,x,x]'];
    for (let i = 1; i < 10; i++) {
      const before = String.fromCharCode(96 + i);
      const name = String.fromCharCode(97 + i);
      rows.push(`${name}: &${name} [${Array(10).fill(`*${before}`).join(',')}]`);
    }
    expect(problems(rows.join('\n'))).toContain('Cannot expand the aliases');
  });

  test('an alias of itself', () => {
    expect(load('a: &a [*a, *a]\n').issues.length).toBeGreaterThan(0);
  });

  test.each([
    ['YAML flow', `a: ${'['.repeat(5000)}${']'.repeat(5000)}`],
    ['YAML block', '- '.repeat(3000)],
    ['JSON', `{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`],
  ])('deep nesting: %s', (_, text) => {
    expect(problems(text)).toContain('nest deeper than');
  });

  test.each([
    ['documents', '---\na: 1\n'.repeat(200_001), 'Input has more than 200000 objects'],
    ['JSON lines', '{}\n'.repeat(200_001), 'Input has more than 200000 objects'],
    ['elements of a list', list('{},'.repeat(200_001)), 'Input has more than 200000 objects'],
    ['values of JSON', list(`[${'[],'.repeat(8_000_000)}[]],`), 'Input has more than 8000000 values'],
    ['values of YAML', `a: [${'1,'.repeat(4_000_000)}1]\n`, 'Input has more than 4000000 values'],
    [
      'values of one document',
      `---\na: 1\n---\na: [${'1,'.repeat(1_000_000)}1]\n`,
      'Document has more than 1000000 values',
    ],
  ])('many %s: one line, before anything is built', (_, text, expected) => {
    expect(problems(text)).toContain(expected);
  });

  test('many elements of YAML lists, none of them an object', () => {
    const items = `---\napiVersion: v1\nkind: List\nitems:\n${'- a\n'.repeat(2500)}`;
    expect(problems(items.repeat(81))).toMatch(/^in\.yaml: Input has more than 200000 objects[^\n]*$/);
  });

  test('prototype names are ordinary keys', () => {
    const json = `{"apiVersion":"v1","kind":"Node","metadata":{"name":"n","labels":{"__proto__":"x","constructor":"y","node.kubernetes.io/instance-type":"m5.large"}},"status":{"addresses":[{"type":"InternalIP","address":"10.0.0.4"}]}}`;
    const { value } = load(json);
    expect(Object.keys(value.nodes[0]?.metadata.labels ?? {})).toContain('__proto__');
    expect(value.nodes[0]?.metadata.labels.toString).toBeUndefined();
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });
});

describe('wrong fields, each at its place, all at once', () => {
  test('eksctl: unknown fields are errors with a near miss', () => {
    const text = `${eks}vpc:\n  nat: {gateway: Singel}\n  cidrr: 10.0.0.0/16\nnodeGroups:\n  - name: a\n    privateNetworkin: true\n    desiredCapacity: two\n`;
    expect(lines(load(text).issues)).toEqual([
      'in.yaml:7:3: Unknown field "vpc.cidrr" (did you mean "cidr"?)',
      'in.yaml:6:18: Field "vpc.nat.gateway" is the text "Singel" (expected "Single", "HighlyAvailable", "Disable"; did you mean "Single"?)',
      'in.yaml:10:5: Unknown field "nodeGroups[0].privateNetworkin" (did you mean "privateNetworking"?)',
      'in.yaml:11:22: Field "nodeGroups[0].desiredCapacity" is the text "two" (expected a whole number)',
    ]);
  });

  test('Kubernetes: misspelt fields are warnings, real ones that we do not use pass', () => {
    const text = join(
      eks,
      service('a', 'externalTrafficPolcy: Local, ports: [{port: 80, targetPrt: 8080}]'),
      'apiVersion: v1\nkind: Pod\nmetadata: {name: p, managedFields: []}\nspec: {containers: [{name: c, image: i, securityContext: {}, imagePullPolicy: Always}], schedulerName: x, volumes: []}\n',
    );
    const { issues } = load(text);
    expect(lines(issues)).toEqual([
      'in.yaml:9:8: Unknown field "spec.externalTrafficPolcy" (did you mean "externalTrafficPolicy"?)',
      'in.yaml:9:56: Unknown field "spec.ports[0].targetPrt" (did you mean "targetPort"?)',
    ]);
    expect(issues.every((issue) => issue.severity === 'warning')).toBe(true);
  });

  test('positions in JSON lists', () => {
    const list = JSON.stringify(
      {
        apiVersion: 'v1',
        kind: 'PodList',
        items: [
          { metadata: { name: 'a' }, spec: { containers: [{ name: 'c', ports: [{ containerPort: 99999 }] }] } },
          { metadata: { name: 'b' }, spec: { containers: [{ name: 'c' }], dnsPolicy: 'Custerfirst' } },
        ],
      },
      null,
      1,
    );
    const row = (needle: string): number => list.slice(0, list.indexOf(needle)).split('\n').length;
    const { issues, value } = loadCluster(
      [
        { path: 'in.yaml', text: eks },
        { path: 'pods.json', text: list },
      ],
      [],
    );
    expect(value.pods.map((p) => p.metadata.name)).toEqual(['a', 'b']);
    expect(issues.map((issue) => [issue.at.file, issue.at.line])).toEqual([
      ['pods.json', row('99999')],
      ['pods.json', row('Custerfirst')],
    ]);
  });

  test.each([
    [
      'unknown kind',
      'apiVersion: x.io/v1\nkind: Servce\n',
      'Unknown kind "Servce" (x.io/v1) is left out (did you mean "Service"?)',
    ],
    [
      'wrong group',
      'apiVersion: apps/v1\nkind: Service\nmetadata: {name: a}\n',
      'Kind "Service" is not in apiVersion "apps/v1" (expected apiVersion "v1")',
    ],
    [
      'own kind',
      'apiVersion: packetwalk.dev/v1alpha1\nkind: Netwrk\n',
      'Unknown kind "Netwrk" of packetwalk.dev/v1alpha1 (did you mean "Network"?)',
    ],
    [
      'own field that is a document elsewhere',
      'apiVersion: packetwalk.dev/v1alpha1\nkind: Network\nspec: {loadBalancers: []}\n',
      'Unknown field "spec.loadBalancers" (expected documents of kind "LoadBalancer", each on its own)',
    ],
    [
      'own field',
      'apiVersion: packetwalk.dev/v1alpha1\nkind: Placement\nspec: {pod: a/b, devicIndex: 1}\n',
      'in.yaml:8:18: Unknown field "spec.devicIndex" (did you mean "deviceIndex"?)',
    ],
    [
      'own value',
      'apiVersion: packetwalk.dev/v1alpha1\nkind: Placement\nspec: {pod: a/b, ip: 10.0.0.256}\n',
      'in.yaml:8:22: Field "spec.ip" is the text "10.0.0.256" (expected an IP address',
    ],
    [
      'own missing',
      'apiVersion: packetwalk.dev/v1alpha1\nkind: Placement\nspec: {ip: 10.0.0.2}\n',
      'Field "spec.pod" is missing',
    ],
    ['two ClusterConfigs', eks, 'A second ClusterConfig: one input describes one cluster'],
    [
      'Fargate',
      'apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata: {name: c, region: eu-west-1}\n',
      'A second ClusterConfig',
    ],
  ])('%s', (_, text, expected) => {
    expect(problems(join(eks, text))).toContain(expected);
  });
});

describe('SecurityGroupPolicy', () => {
  const policy = (spec: string): string =>
    `${eks}---\napiVersion: vpcresources.k8s.aws/v1beta1\nkind: SecurityGroupPolicy\nmetadata: { name: p, namespace: shop }\nspec: ${spec}\n`;
  test.each([
    ['no groups', '{ podSelector: {} }', 'Field "spec.securityGroups" is missing'],
    [
      'an empty list of groups',
      '{ podSelector: {}, securityGroups: { groupIds: [] } }',
      'Field "spec.securityGroups.groupIds" is missing',
    ],
    [
      'no selector',
      '{ securityGroups: { groupIds: [sg-1] } }',
      'SecurityGroupPolicy "shop/p" has no selector and selects no pod',
    ],
    [
      'a selector that is null',
      '{ podSelector: null, securityGroups: { groupIds: [sg-1] } }',
      'has no selector and selects no pod',
    ],
    ['groups in the wrong place', '{ podSelector: {}, groupIds: [sg-1] }', 'Unknown field "spec.groupIds"'],
    ['a number for a spec', '5', '"spec" is'],
    [
      'a group that nobody describes, where others are',
      '{ podSelector: {}, securityGroups: { groupIds: [sg-9] } }\n---\napiVersion: packetwalk.dev/v1alpha1\nkind: SecurityGroup\nmetadata: { name: a }\nspec: { id: sg-1 }',
      'Security group "sg-9" is named and not described',
    ],
  ])('%s', (_, spec, expected) => {
    expect(lines(load(policy(spec)).issues).join('\n')).toContain(expected);
  });
});

describe('Services that the API server refuses', () => {
  const head = (name = 'a', more = ''): string =>
    `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: b${more}}\n`;
  const spec = (fields: string): string => `spec: {selector: {x: y}, ${fields}}\n`;
  const said = (text: string): readonly string[] =>
    lines(load(join(eks, text)).issues).map((line) => line.replace(/^\S+ /, ''));
  test.each([
    [
      'nodePort',
      'ports: [{port: 80, nodePort: 30500}]',
      'Field "spec.ports[0].nodePort" is set on a Service of type ClusterIP (expected type NodePort or LoadBalancer)',
    ],
    [
      'no ports',
      'ports: []',
      'Field "spec.ports" is empty (expected a port; only headless Services and those of type ExternalName may have none)',
    ],
    ['ports left out', 'type: NodePort', 'Field "spec.ports" is empty'],
    [
      'externalTrafficPolicy',
      'externalTrafficPolicy: Local, ports: [{port: 80}]',
      'Field "spec.externalTrafficPolicy" is set on a Service of type ClusterIP',
    ],
    [
      'headless NodePort',
      'type: NodePort, clusterIP: None, ports: [{port: 80}]',
      'Field "spec.clusterIP" is "None" on a Service of type NodePort',
    ],
    [
      'headless LoadBalancer',
      'type: LoadBalancer, clusterIPs: [None], ports: [{port: 80}]',
      'Field "spec.clusterIP" is "None"',
    ],
    [
      'loopback',
      'externalIPs: ["::1"], ports: [{port: 80}]',
      'Field "spec.externalIPs[0]" is the loopback address "::1"',
    ],
    [
      'link-local',
      'externalIPs: [10.0.0.9, 169.254.1.1], ports: [{port: 80}]',
      'Field "spec.externalIPs[1]" is the link-local address',
    ],
    [
      'unspecified',
      'externalIPs: [0.0.0.0], ports: [{port: 80}]',
      'Field "spec.externalIPs[0]" is the unspecified address',
    ],
  ])('%s', (_, fields, expected) => {
    const found = said(head() + spec(fields)).filter((line) => line.startsWith('Field'));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });

  test('a name that is no label', () => {
    expect(said(head('7bad_name') + spec('ports: [{port: 80}]')).join('\n')).toContain(
      'Field "metadata.name" is the text "7bad_name"',
    );
  });

  test.each([
    ['headless', 'clusterIP: None'],
    ['ExternalName', 'type: ExternalName, externalName: a.example'],
    ['a policy for external addresses', 'externalTrafficPolicy: Local, externalIPs: [10.0.0.9], ports: [{port: 80}]'],
    ['a node port', 'type: NodePort, externalTrafficPolicy: Local, ports: [{port: 80, nodePort: 30500}]'],
  ])('taken: %s', (_, fields) => {
    expect(said(head() + spec(fields)).filter((line) => line.startsWith('Field'))).toEqual([]);
  });

  test('of a live object it is a warning: its server took it', () => {
    const { issues } = load(join(eks, `${head('a', ', uid: u')}${spec('ports: []')}`));
    expect(issues.map(({ severity }) => severity)).not.toContain('error');
    expect(lines(issues).join('\n')).toContain('Field "spec.ports" is empty');
  });
});
