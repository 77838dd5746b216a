import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import {
  enterLab,
  enterNetns,
  type Heard,
  type Lab,
  openLab,
  type Servers,
  startServers,
} from '../../src/lab/index.ts';
import type { NetnsId } from '../../src/linux/index.ts';
import { ip } from '../../src/net/index.ts';
import { openSession } from '../../src/sim/index.ts';
import type { World } from '../../src/world/index.ts';
import { exampleWorld, ipv6World } from '../lab/worlds.ts';
import { kernelAvailable, kernelTest } from './kernel.ts';

// The article's experiments as it ran them: its cluster on this kernel, real programs behind every socket, and its own
// commands typed into its pods and nodes. Nothing here has heard of the model.

const TOOLBOX = 'pod/packetlab/toolbox-a-6fb5b9b786-lszr4';
const NODE_75 = 'node/ip-10-0-0-75.ec2.internal';
const NODE_49 = 'node/ip-10-0-0-49.ec2.internal';

const RESOLVER = ['10.0.0.2', '169.254.169.253'].map(ip);

interface Served {
  readonly lab: Lab;
  readonly servers: Servers;
}

const SIX_HOST = '2606:4700:10::6816:1';
const SIX = ipv6World(`
apiVersion: packetwalk.dev/v1alpha1
kind: Server
metadata: { name: six }
spec: { kind: internet, addresses: ["${SIX_HOST}"], listens: [{ port: 80, protocol: tcp, process: checkip }] }
`);

const heard: Heard[] = [];
let article: Served | undefined;
let six: Served | undefined;

async function serve(world: World): Promise<Served> {
  const lab = await openLab(world);
  const paths = new Map(lab.plan.namespaces.map(({ label, name }) => [label, lab.netnsPath(name)]));
  const servers = await startServers(
    world,
    (label) => paths.get(label),
    (each) => heard.push(each),
  );
  return { lab, servers };
}

beforeAll(async () => {
  if (!kernelAvailable().ok) return;
  article = await serve(exampleWorld('article'));
  six = await serve(SIX);
});
afterAll(async () => {
  for (const each of [article, six]) {
    await each?.servers.close();
    each?.lab.holder.end();
  }
});

/** What a shell command prints in a pod or node of the lab, and what the servers heard meanwhile. */
async function run(
  label: string,
  script: string,
  lab = article?.lab,
): Promise<{ stdout: string; lines: readonly Heard[] }> {
  if (lab === undefined) throw new Error('The lab is up');
  const from = heard.length;
  const name = lab.plan.namespaces.find((each) => each.label === label)?.name ?? label;
  const [file, ...args] = enterLab(lab.holder.identity, '/', enterNetns(name, ['bash', '-c', script]));
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let stdout = '';
  child.stdout.on('data', (chunk) => {
    stdout += String(chunk);
  });
  await new Promise((resolve) => child.on('close', resolve));
  return { stdout, lines: heard.slice(from) };
}
const clientAddress = async (label: string, url: string): Promise<string> =>
  /client_address=(\S+)/.exec((await run(label, `curl -s -m 60 ${url}`)).stdout)?.[1] ?? 'nobody';

describe("the article's experiments on the kernel", () => {
  kernelTest('every socket of the cluster has its server', () => {
    for (const each of [article, six]) {
      expect(each?.servers.failed).toEqual([]);
      expect(each?.servers.listening).toBeGreaterThan(20);
    }
  });

  kernelTest('4: names through the ClusterIP of kube-dns, answered by either CoreDNS', async () => {
    const { stdout, lines } = await run(TOOLBOX, 'getent ahostsv4 kubernetes.default.svc.cluster.local');
    expect(stdout).toMatch(/^172\.20\.0\.1 /);
    const asked = lines.filter(({ process }) => process === 'coredns');
    expect(asked).toHaveLength(5);
    for (const { client, process, local } of asked) {
      expect(client.ip).toBe('10.0.1.51');
      expect(process).toBe('coredns');
      expect(['10.0.1.181', '10.0.3.231']).toContain(local.ip);
    }
    expect(asked.at(-1)?.line).toBe('A kubernetes.default.svc.cluster.local NOERROR');
    // ec2.internal of the search list is not the cluster's: CoreDNS asks the VPC's resolver.
    expect(lines.filter(({ process }) => process === 'vpc-resolver').map(({ line }) => line)).toEqual([
      'A kubernetes.default.svc.cluster.local.ec2.internal NXDOMAIN',
    ]);
  });

  kernelTest("a name outside: CoreDNS's own question goes to the VPC's resolver, as the model walks it", async () => {
    const { stdout, lines } = await run(TOOLBOX, 'getent ahostsv4 checkip.amazonaws.com.');
    expect(stdout).toMatch(/^203\.0\.113\.80 /);
    const [outside, inside] = lines;
    expect(lines).toHaveLength(2);
    expect([inside?.client.ip, inside?.line]).toEqual(['10.0.1.51', 'A checkip.amazonaws.com NOERROR']);
    const world = exampleWorld('article');
    const from = world.directory.pods.find(({ addresses }) =>
      addresses.some((each) => each === inside?.local.ip),
    )?.netns;
    const probe = { from: from ?? ('' as NetnsId), dst: ip('10.0.0.2'), dport: 53, protocol: 'udp' } as const;
    const { farEnd } = openSession(world).send(probe);
    expect(`${outside?.client.ip} ${outside?.local.ip}:53`).toBe(`${farEnd.sees?.ip} ${farEnd.address}`);
  });

  kernelTest('and where no answer comes back, the name is SERVFAIL', async () => {
    const nodes = [...(article?.lab.plan.namespaces ?? [])].flatMap(({ label }) =>
      /^node\//.test(label) ? [label] : [],
    );
    const rule = 'FORWARD -d 10.0.0.2 -p udp --dport 53 -j DROP';
    for (const node of nodes) await run(node, `iptables -I ${rule}`);
    const query =
      '\\x12\\x34\\x01\\x00\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x07example\\x03com\\x00\\x00\\x01\\x00\\x01';
    const script = `exec 3<>/dev/udp/172.20.0.10/53; printf '${query}' >&3; timeout 9 head -c 4 <&3 | od -An -tx1`;
    expect((await run(TOOLBOX, script)).stdout.trim()).toBe('12 34 81 82');
    for (const node of nodes) await run(node, `iptables -D ${rule}`);
    expect((await run(TOOLBOX, script)).stdout.trim()).toBe('12 34 81 83');
  });

  kernelTest('5: a ClusterIP leaves the source alone', async () => {
    expect(await clientAddress(TOOLBOX, 'http://echo-clusterip.packetlab.svc.cluster.local')).toBe('10.0.1.51');
  });

  kernelTest('6: a NodePort shows the node that took it, from itself and from another', async () => {
    expect(await clientAddress(NODE_75, 'http://localhost:32385')).toBe('10.0.0.75');
    expect(await clientAddress(NODE_49, 'http://10.0.0.75:32385')).toBe('10.0.0.75');
  });

  kernelTest('7: the internet sees the NAT gateway', async () => {
    expect((await run(TOOLBOX, 'curl -sk -m 60 https://checkip.amazonaws.com')).stdout).toBe('44.218.31.211\n');
  });

  kernelTest('the VPC has a resolver of its own, by each of its names', async () => {
    for (const server of RESOLVER) {
      const conf = `umount /etc/resolv.conf 2>/dev/null; f=$(mktemp); echo nameserver ${server} > $f; mount --bind $f /etc/resolv.conf; rm $f`;
      const { stdout, lines } = await run(NODE_75, `${conf}; getent ahostsv4 ip-10-0-0-49.ec2.internal`);
      expect(stdout, server).toMatch(/^10\.0\.0\.49 /);
      expect(lines.map(({ local }) => local.ip)).toEqual([server]);
    }
    expect((await run(NODE_75, 'getent ahostsv4 kubernetes.default.svc.cluster.local')).stdout).toBe('');
  });

  kernelTest('half of many requests goes to each endpoint', async () => {
    const { lines } = await run(TOOLBOX, 'for i in {1..40}; do curl -s -m 60 -o /dev/null http://172.20.122.189; done');
    const served = lines.map(({ local }) => local.ip);
    expect(served).toHaveLength(40);
    expect(new Set(served)).toEqual(new Set(['10.0.2.127', '10.0.3.193'])); // one alone: 2 in 2^40
  });
});

describe('what lies outside the nodes answers as the model says', () => {
  kernelTest('any public address, in HTTP and HTTPS; it sees the NAT gateway', async () => {
    expect(await clientAddress(TOOLBOX, 'http://8.8.8.8/')).toBe('44.218.31.211');
    expect(await clientAddress(TOOLBOX, '-k https://198.41.0.4/')).toBe('44.218.31.211');
    expect((await run(TOOLBOX, 'curl -s -m 2 http://8.8.8.8:8080; echo $?')).stdout).toBe('7\n');
  });

  kernelTest('a datagram is answered from the address it was sent to', async () => {
    for (const address of ['8.8.8.8', '9.9.9.9']) {
      const asked = await run(TOOLBOX, `exec 3<>/dev/udp/${address}/443; echo hello >&3; timeout 5 head -c 6 <&3`);
      expect(asked.stdout).toBe('hello\n');
      expect(asked.lines.map(({ client, local }) => [client.ip, local])).toEqual([
        ['44.218.31.211', { ip: address, port: 443 }],
      ]);
    }
  });

  kernelTest('the control plane, by its Service and by each of its cards', async () => {
    for (const host of ['kubernetes.default.svc.cluster.local', '172.20.0.1', '10.0.4.200'])
      expect((await run(TOOLBOX, `curl -sk -m 10 https://${host}/livez`)).stdout, host).toBe('ok');
    expect((await run(TOOLBOX, 'curl -sk -m 10 https://172.20.0.1/api')).stdout).toContain('"reason": "Unauthorized"');
  });
});

describe('IPv6', () => {
  const pod = SIX.directory.pods.find(({ name }) => name.startsWith('web-'));
  const label = pod?.netns ?? '';
  const ask = async (script: string): Promise<string> => (await run(label, script, six?.lab)).stdout;

  kernelTest('a declared host of the internet sees the pod itself', async () => {
    expect(await ask(`curl -s -m 5 http://[${SIX_HOST}]/`)).toBe(`${pod?.addresses[0]}\n`);
  });
  kernelTest('any other public address, too', async () => {
    expect(await ask('curl -s -m 5 http://[2001:4860:4860::8888]/')).toContain(`client_address=${pod?.addresses[0]}\n`);
    const udp = 'exec 3<>/dev/udp/2001:4860:4860::8844/443; echo hello >&3; timeout 5 head -c 6 <&3';
    expect(await ask(udp)).toBe('hello\n');
  });
  kernelTest('the control plane, by its Service', async () => {
    expect(await ask('curl -sk -m 10 https://kubernetes.default.svc.cluster.local/livez')).toBe('ok');
  });
});
