import { closeSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { createNetns, netnsPath } from '../../src/lab/exec/ffi/index.ts';
import { isAnsweredOutside } from '../../src/lab/serve/dns/ask-outside.ts';
import { type Heard, type Servers, startServers } from '../../src/lab/serve/index.ts';
import { type NetnsId, printResolvConf } from '../../src/linux/index.ts';
import { ip } from '../../src/net/index.ts';
import { resolveName } from '../../src/sim/index.ts';
import type { World } from '../../src/world/index.ts';
import { exampleWorld } from '../lab/worlds.ts';
import { ipBatch, type Ran, runInside } from './inside.ts';
import { kernelAvailable, kernelTest } from './kernel.ts';

const CLIENT = 'pod/packetlab/toolbox-a-6fb5b9b786-lszr4' as NetnsId;
const ECHO = 'pod/packetlab/echoserver-545755bc68-v5kdv' as NetnsId;
const COREDNS = 'pod/kube-system/coredns-7bf648ff5d-4zq8n' as NetnsId;
const NODE = 'node/ip-10-0-0-75.ec2.internal' as NetnsId;
const CHECKIP = 'internet/checkip' as NetnsId;
const NGINX = 'pod/packetlab/bystander' as NetnsId;
const SERVERS = [ECHO, COREDNS, NODE, CHECKIP, NGINX];
const RESOLVER = '10.0.0.2';

const AT = new Date('2026-11-21T07:22:57Z');
const folder = mkdtempSync(join(tmpdir(), 'packetwalk-serve-'));
const namespaces: number[] = [];
const heard: Heard[] = [];
let world: World;
let client: number;
let servers: Servers;

/** One client wired to each server by a veth pair, and the way between servers: so what answers is all that is tested. */
function wire(server: number, index: number, addresses: readonly string[]): void {
  const dev = `to${index}`;
  ipBatch(client, [`link add ${dev} type veth peer name eth0 netns ${netnsPath(server)}`, `link set ${dev} up`]);
  ipBatch(server, [
    'link set lo up',
    'link set eth0 up',
    ...addresses.map((address) => `addr add ${address}/32 dev eth0`),
    'route add default dev eth0',
  ]);
  ipBatch(
    client,
    addresses.map((address) => `route add ${address}/32 dev ${dev}`),
  );
}

/** A headless Service whose answer no datagram of 512 octets holds. */
const MANY = Array.from({ length: 60 }, (_, i) => ip(`10.0.2.${i + 1}`));
function withManyEndpoints(of: World): World {
  const { dns } = of.fabric;
  const record = { name: 'many.packetlab.svc.cluster.local', type: 'A', addresses: MANY, ttl: 5 } as const;
  return { ...of, fabric: { ...of.fabric, dns: { ...dns, cluster: [...dns.cluster, record] } } };
}

beforeAll(async () => {
  if (!kernelAvailable().ok) return;
  world = withManyEndpoints(exampleWorld('article'));
  const make = (): number => {
    const netns = createNetns();
    namespaces.push(netns);
    return netns;
  };
  client = make();
  ipBatch(client, ['link set lo up', 'addr add 10.0.1.51/32 dev lo']);
  await runInside(client, 'sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.proxy_arp=1');
  const handles = new Map<string, number>();
  for (const [index, id] of SERVERS.entries()) {
    const netns = make();
    const addresses = (world.netns.get(id)?.addresses ?? []).filter(({ dev, family }) => dev !== 'lo' && family === 4);
    wire(
      netns,
      index,
      addresses.map(({ local }) => local),
    );
    handles.set(id, netns);
  }
  const resolver = make();
  wire(resolver, SERVERS.length, [RESOLVER, '169.254.169.253']);
  servers = await startServers(
    world,
    (label) => (label.startsWith('resolver/') ? resolver : handles.get(label)),
    (each) => heard.push(each),
    { now: () => AT },
  );
});
afterAll(async () => {
  await servers?.close();
  for (const netns of namespaces) closeSync(netns);
  rmSync(folder, { recursive: true });
});

/** A program inside the client's namespace, with a resolv.conf of its own. */
function inside(command: string, nameserver = '10.0.1.181'): Promise<Ran> {
  const conf = join(folder, 'resolv.conf');
  const own = world.netns.get(CLIENT)?.resolvConf;
  writeFileSync(
    conf,
    printResolvConf({ search: own?.search ?? [], options: own?.options ?? [], nameservers: [nameserver] }),
  );
  const script = `mount --bind ${conf} /etc/resolv.conf && exec ${command}`;
  return runInside(client, `exec unshare -m bash -c ${quoted(script)}`);
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

describe('names', () => {
  kernelTest('the C library asks what the model says it asks, in that order, and finds the same', async () => {
    for (const name of [
      'echo-clusterip',
      'echo-clusterip.packetlab.svc.cluster.local',
      'kubernetes.default',
      'checkip.amazonaws.com',
      'ip-10-0-0-75.ec2.internal',
      '10-0-1-51.packetlab.pod.cluster.local',
    ]) {
      const { stdout, code } = await inside(`getent ahostsv4 ${name}`);
      const { addresses, queries } = modelled(name);
      expect(code, name).toBe(0);
      expect([...new Set(stdout.match(/^\S+/gm))], name).toEqual(addresses);
      const from = heard.length;
      await inside(`curl -s -m 1 -o /dev/null http://${name}:9/`);
      const asked = queries.map((query) => `${query.type} ${query.name} ${query.rcode}`);
      expect(
        heard
          .slice(from)
          .filter(({ process }) => process === 'coredns')
          .map(({ line }) => line),
        name,
      ).toEqual(asked);
    }
  });
  kernelTest('a name server of the cluster asks outside for itself, as its client asks it', async () => {
    for (const [options, protocol] of [
      ['', 'udp'],
      ['use-vc', 'tcp'],
    ] as const) {
      const from = heard.length;
      await inside(`env RES_OPTIONS=${options} getent ahostsv4 checkip.amazonaws.com.`);
      expect(
        heard.slice(from).map((each) => `${each.protocol} ${each.client.ip} ${each.local.ip} ${each.line}`),
      ).toEqual([
        `${protocol} 10.0.1.181 ${RESOLVER} A checkip.amazonaws.com NOERROR`,
        `${protocol} 10.0.1.51 10.0.1.181 A checkip.amazonaws.com NOERROR`,
      ]);
    }
  });
  kernelTest('where it can send nothing outside, nobody answers it, and that is all', async () => {
    const gone = createNetns();
    closeSync(gone);
    const asked = [client, gone].flatMap((netns) =>
      (['udp', 'tcp'] as const).map((protocol) =>
        isAnsweredOutside(netns, [ip('2001:db8::53')], Buffer.alloc(12), protocol),
      ),
    );
    expect(await Promise.all(asked)).toEqual([false, false, false, false]);
  });
  kernelTest('a name that does not exist, and one that is not for the resolver outside', async () => {
    expect(await inside('getent ahostsv4 nobody')).toMatchObject({ code: 2, stdout: '' });
    expect(await inside('getent ahostsv4 kubernetes.default', RESOLVER)).toMatchObject({ code: 2, stdout: '' });
    expect((await inside('getent ahostsv4 checkip.amazonaws.com', RESOLVER)).stdout).toMatch(/^203\.0\.113\.80 /);
  });
  kernelTest('an address leads back to its name', async () => {
    expect((await inside('getent hosts 172.20.122.189')).stdout).toMatch(
      /^172\.20\.122\.189 +echo-clusterip\.packetlab\.svc\.cluster\.local$/m,
    );
  });
  kernelTest('TCP answers what UDP does', async () => {
    const from = heard.length;
    const { stdout } = await inside('env RES_OPTIONS=use-vc getent ahostsv4 echo-clusterip');
    expect(stdout).toMatch(/^172\.20\.122\.189 /);
    expect(heard.slice(from).map(({ protocol }) => protocol)).toEqual(['tcp']);
  });
});

describe('long answers', () => {
  kernelTest('a truncated datagram makes the resolver library come back over TCP', async () => {
    const from = heard.length;
    const { stdout } = await inside('getent ahostsv4 many');
    expect(new Set(stdout.match(/^\S+/gm)).size).toBe(MANY.length);
    expect(heard.slice(from).map(({ protocol }) => protocol)).toEqual(['udp', 'tcp']);
  });
  kernelTest('a client with a large buffer does not', async () => {
    const from = heard.length;
    const { stdout } = await inside('env RES_OPTIONS=edns0 getent ahostsv4 many');
    expect(new Set(stdout.match(/^\S+/gm)).size).toBe(MANY.length);
    expect(heard.slice(from).map(({ protocol }) => protocol)).toEqual(['udp']);
  });
});

const modelled = (name: string) => {
  const netns = world.netns.get(CLIENT);
  if (netns === undefined) throw new Error(`The example has no ${CLIENT}`);
  const conf = { ...netns.resolvConf, nameservers: ['10.0.1.181'] };
  const asking = { ...netns, resolvConf: { search: [], options: [], ...conf } };
  return resolveName({ ...world, netns: new Map([...world.netns, [CLIENT, asking]]) }, CLIENT, name);
};

describe('programs', () => {
  kernelTest('the echoserver says who it sees, and so does the log', async () => {
    const { stdout } = await inside('curl -s --interface 10.0.1.51 http://10.0.3.193:8080/path?x=1');
    expect(stdout).toContain('Hostname: echoserver-545755bc68-v5kdv\n');
    expect(stdout).toContain(
      '\nRequest Information:\n\tclient_address=10.0.1.51\n\tmethod=GET\n\treal path=/path?x=1\n',
    );
    expect(stdout).toContain('\trequest_uri=http://10.0.3.193:8080/path?x=1\n');
    expect(heard.at(-1)).toMatchObject({
      netns: ECHO,
      client: { ip: '10.0.1.51' },
      local: { ip: '10.0.3.193', port: 8080 },
    });
  });
  kernelTest('nginx writes its access log in the combined format', async () => {
    await inside('curl -s -A curl/7.66.0 -e http://x/ --interface 10.0.1.51 -o /dev/null http://10.0.1.60/');
    expect(heard.at(-1)?.line).toBe(
      '10.0.1.51 - - [21/Nov/2026:07:22:57 +0000] "GET / HTTP/1.1" 200 615 "http://x/" "curl/7.66.0"',
    );
  });
  kernelTest('checkip answers with the address, over TLS too', async () => {
    for (const url of ['http://203.0.113.80/', 'https://203.0.113.80/'])
      expect((await inside(`curl -sk --interface 10.0.1.51 ${url}`)).stdout, url).toBe('10.0.1.51\n');
  });
  kernelTest('a client that refuses the certificate, or speaks no TLS after all, ends alone', async () => {
    expect((await inside('curl -s https://203.0.113.80/')).code, 'curl: certificate').toBe(60);
    await inside(`bash -c 'exec 3<>/dev/tcp/203.0.113.80/443; printf "\\026nonsense" >&3; timeout 2 cat <&3'`);
    expect((await inside('curl -sk https://203.0.113.80/ -w %{http_code} -o /dev/null')).stdout).toBe('200');
  });
  kernelTest('another protocol gets back what it sends', async () => {
    const { stdout } = await inside(
      `bash -c 'exec 3<>/dev/tcp/10.0.3.193/8080; printf "hello\\n" >&3; read -r -u 3 line; echo "$line"'`,
    );
    expect(stdout).toBe('hello\n');
  });
  kernelTest('health checks of a node', async () => {
    const get = async (port: number, path: string): Promise<string> =>
      (await inside(`curl -sk -w ' %{http_code}' http://10.0.0.75:${port}${path}`)).stdout;
    expect(await get(10256, '/healthz')).toBe(
      '{"lastUpdated": "2026-11-21T07:22:57.000Z","currentTime": "2026-11-21T07:22:57.000Z", "nodeEligible": true} 200',
    );
    expect(await get(10250, '/healthz')).toBe('Client sent an HTTP request to an HTTPS server.\n 400');
    expect((await inside('curl -sk -w %{http_code} https://10.0.0.75:10250/pods')).stdout).toBe('Unauthorized401');
    expect((await inside(`bash -c 'read -r line < /dev/tcp/10.0.0.75/22; echo "$line"'`)).stdout).toMatch(/^SSH-2\.0-/);
  });
  kernelTest('every socket has its server, and a closed lab refuses', async () => {
    const sockets = SERVERS.flatMap((id) => world.netns.get(id)?.sockets ?? []);
    expect(servers.failed).toEqual([]);
    expect(servers.listening).toBe(sockets.length + 4);
    await servers.close();
    expect((await inside('curl -s http://10.0.3.193:8080/')).code, 'curl: failed to connect').toBe(7);
  });
});
