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
import { exampleWorld } from '../lab/worlds.ts';
import { kernelAvailable, kernelTest } from './kernel.ts';

// The article's experiments as it ran them: its cluster on this kernel, real programs behind every socket, and its own
// commands typed into its pods and nodes. Nothing here has heard of the model.

const TOOLBOX = 'pod/packetlab/toolbox-a-6fb5b9b786-lszr4';
const NODE_75 = 'node/ip-10-0-0-75.ec2.internal';
const NODE_49 = 'node/ip-10-0-0-49.ec2.internal';

const RESOLVER = ['10.0.0.2', '169.254.169.253'].map(ip);

const heard: Heard[] = [];
let lab: Lab;
let servers: Servers;

beforeAll(async () => {
  if (!kernelAvailable().ok) return;
  const world = exampleWorld('article');
  lab = await openLab(world);
  const pathOf = (name: string): string => lab.netnsPath(name);
  const names = new Map(lab.plan.namespaces.map(({ id, name }) => [id, name]));
  const openNetns = (id: NetnsId): string | undefined => {
    const name = names.get(id);
    return name === undefined ? undefined : pathOf(name);
  };
  const resolvers = lab.plan.namespaces
    .filter(({ label }) => label.startsWith('resolver/'))
    .map(({ name, label }) => ({ label, netns: pathOf(name), addresses: RESOLVER }));
  servers = await startServers(world, openNetns, (each) => heard.push(each), { resolvers });
});
afterAll(async () => {
  await servers?.close();
  lab?.holder.end();
});

/** What a shell command prints in a pod or node of the lab, and what the servers heard meanwhile. */
async function run(label: string, script: string): Promise<{ stdout: string; lines: readonly Heard[] }> {
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
    expect(servers.failed).toEqual([]);
    expect(servers.listening).toBeGreaterThan(20);
  });

  kernelTest('4: names through the ClusterIP of kube-dns, answered by either CoreDNS', async () => {
    const { stdout, lines } = await run(TOOLBOX, 'getent ahostsv4 kubernetes.default.svc.cluster.local');
    expect(stdout).toMatch(/^172\.20\.0\.1 /);
    expect(lines).toHaveLength(5);
    for (const { client, process, local } of lines) {
      expect(client.ip).toBe('10.0.1.51');
      expect(process).toBe('coredns');
      expect(['10.0.1.181', '10.0.3.231']).toContain(local.ip);
    }
    expect(lines.at(-1)?.line).toBe('A kubernetes.default.svc.cluster.local NOERROR');
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
