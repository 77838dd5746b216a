import { type ChildProcess, spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { cni } from '../../src/cli/cni/cni.ts';
import { CNI_CODE } from '../../src/cni/index.ts';
import { differingFiles, findHolder, readBack, readRecord, realExecutor, runInside } from '../../src/lab/index.ts';
import type { NetnsId } from '../../src/linux/index.ts';
import { attachPods, loadWorld } from '../../src/load/index.ts';
import { ip } from '../../src/net/index.ts';
import { program, type Ran } from '../cli/command-line.ts';
import { exampleFiles } from '../lab/worlds.ts';
import { kernelAvailable, kernelTest } from './kernel.ts';

// A container runtime and the network plugin of a lab's node: what it asks, what it gets, what the kernel holds then.

const NAME = `cni-${process.pid}`;
const NODE = 'ip-10-0-0-75';
const CONFIG = { cniVersion: '1.0.0', name: 'packetwalk', type: 'packetwalk-cni', lab: NAME, node: NODE };
const NODE_ID = `node/${NODE}.ec2.internal` as NetnsId;

const lab = (verb: string, ...args: readonly string[]): Promise<Ran> => program(['lab', verb, '--name', NAME, ...args]);
const sandboxes: ChildProcess[] = [];

/** A namespace as a runtime makes it, held by a process of its own. */
async function sandbox(): Promise<string> {
  const child = spawn('unshare', ['-n', 'sh', '-c', 'echo ready; exec sleep 600'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  sandboxes.push(child);
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return `/proc/${child.pid}/ns/net`;
}

interface Answered {
  readonly code: number;
  readonly said: {
    readonly code?: number;
    readonly msg?: string;
    readonly details?: string;
    readonly ips?: { address: string }[];
  };
}

async function ask(
  command: string,
  container: string,
  more: { readonly netns?: string; readonly config?: object; readonly now?: number } = {},
): Promise<Answered> {
  const env = {
    CNI_COMMAND: command,
    CNI_CONTAINERID: container,
    CNI_IFNAME: 'eth0',
    CNI_PATH: '/opt/cni/bin',
    CNI_ARGS: `K8S_POD_NAMESPACE=shop;K8S_POD_NAME=${container}`,
    ...(more.netns === undefined ? {} : { CNI_NETNS: more.netns }),
  };
  const { code, stdout } = await cni(
    env,
    () => JSON.stringify({ ...CONFIG, ...more.config }),
    () => more.now ?? Date.now(),
  );
  return { code, said: stdout === '' ? {} : (JSON.parse(stdout) as Answered['said']) };
}

/** A command as `lab exec` runs it. */
async function on(where: string, command: string): Promise<Pick<Ran, 'code' | 'stdout'>> {
  const holder = findHolder(NAME);
  const netns = holder && readRecord(holder)?.plan.namespaces.find(({ label }) => label === where);
  if (holder === undefined || netns === undefined) throw new Error(`${where} is in the lab`);
  const { status, stdout } = await runInside(holder, netns.name, ['sh', '-c', command]);
  return { code: status, stdout };
}
const inPod = (pod: string, command: string) => on(`pod/shop/${pod}`, command);
const onNode = (command: string) => on(NODE_ID, command);

beforeAll(async () => {
  if (kernelAvailable().ok) expect(await lab('up', '-f', 'examples/article')).toMatchObject({ code: 0 });
}, 120_000);
afterAll(async () => {
  for (const child of sandboxes) child.kill();
  if (kernelAvailable().ok) await lab('down');
});

describe('a pod that a runtime brings', () => {
  kernelTest(
    'is wired, served, checked and taken away; nothing of the others changes',
    async () => {
      const before = (await onNode('ip rule; ip route; ip -o link')).stdout;
      const netns = await sandbox();
      const added = await ask('ADD', 'web', { netns });
      expect(added, JSON.stringify(added.said)).toMatchObject({ code: 0 });
      const address = added.said.ips?.[0]?.address.split('/')[0] ?? '';
      expect(added.said).toMatchObject({
        cniVersion: '1.0.0',
        // sha1("shop.web"), as the VPC CNI names the host's end
        interfaces: [{ name: 'eni551b05c3e54' }, { name: 'eth0', sandbox: netns }],
        ips: [{ address: `${address}/32`, interface: 1 }],
      });
      // The same question again: the same answer.
      expect(await ask('ADD', 'web', { netns })).toEqual(added);
      const got = await inPod('web', 'curl -s -m 10 http://echo-clusterip.packetlab.svc.cluster.local/');
      expect(got.stdout).toContain(`client_address=${address}`);
      const walked = await lab('observe', 'pod/shop/web', 'svc/packetlab/echo-clusterip:80');
      expect(walked.stdout).toMatch(/^delivered {3}pod\/shop\/web → /);

      const checked = { netns, config: { prevResult: added.said } };
      expect(await ask('CHECK', 'web', checked)).toEqual({ code: 0, said: {} });
      await onNode(`ip rule del to ${address}`);
      await inPod('web', 'ip neigh del 169.254.1.1 dev eth0');
      const broken = await ask('CHECK', 'web', checked);
      expect(broken).toMatchObject({ code: 1, said: { code: CNI_CODE.notAsWired } });
      expect(broken.said.details).toContain(`${NODE_ID}: no "rule 512: from all to ${address} lookup main"`);
      expect(broken.said.details).toContain('pod/shop/web: no "neigh 169.254.1.1 dev eth0 lladdr');

      expect(await ask('DEL', 'web', { netns })).toEqual({ code: 0, said: {} });
      expect(await ask('DEL', 'web')).toEqual({ code: 0, said: {} });
      expect((await onNode('ip rule; ip route; ip -o link')).stdout).toBe(before);
      expect(await ask('CHECK', 'web', checked)).toMatchObject({ said: { code: CNI_CODE.unknownContainer } });
      // The runtime's namespace comes back with another address: the first one rests.
      const next = await ask('ADD', 'web', { netns });
      expect(next.said.ips?.[0]?.address).not.toBe(`${address}/32`);
      await ask('DEL', 'web');
    },
    120_000,
  );

  kernelTest(
    'is what compile writes for it, line by line',
    async () => {
      const netns = await sandbox();
      const { said } = await ask('ADD', 'like', { netns });
      const holder = findHolder(NAME);
      const record = holder === undefined ? undefined : readRecord(holder);
      if (holder === undefined || record === undefined) throw new Error('the lab is up');
      const file = {
        path: 'like.yaml',
        text: `apiVersion: v1
kind: Pod
metadata: { name: like, namespace: shop }
spec: { nodeName: ${NODE}.ec2.internal, containers: [{ name: a, image: a }] }
status: { phase: Running, podIP: ${said.ips?.[0]?.address.split('/')[0]} }
`,
      };
      const { world, issues } = loadWorld([...exampleFiles('article'), file], []);
      if (world === undefined) throw new Error(JSON.stringify(issues));
      const plan = record.plan;
      const names = new Map(plan.namespaces.map(({ label, name }) => [label, name]));
      const back = await readBack(
        world,
        plan,
        realExecutor({ kind: 'holder', pid: holder.pid }),
        (name) => name === names.get('pod/shop/like'),
      );
      const [wanted, found] = [world, back].map(({ netns: all }) => all.get('pod/shop/like' as NetnsId));
      if (wanted === undefined || found === undefined) throw new Error('the pod is in both');
      // Indexes of the node's end are the order things came in; who made a device and where it is written, each has its own way.
      const links = (each: typeof wanted) =>
        each.links.map(({ link_index: _, origin: __, written: ___, ...link }) => link);
      expect(links(found)).toEqual(links(wanted));
      expect(differingFiles({ ...wanted, links: [] }, { ...found, links: [] })).toEqual([]);
      await ask('DEL', 'like');
    },
    120_000,
  );

  kernelTest(
    'comes together with another; both have addresses of their own, and both go with the list that lacks them',
    async () => {
      const [one, two] = [await sandbox(), await sandbox()];
      const both = await Promise.all([ask('ADD', 'one', { netns: one }), ask('ADD', 'two', { netns: two })]);
      expect(both.map(({ code }) => code)).toEqual([0, 0]);
      const addresses = both.map(({ said }) => said.ips?.[0]?.address);
      expect(new Set(addresses).size).toBe(2);
      expect((await inPod('one', `ping -c 1 -W 5 ${addresses[1]?.split('/')[0]}`)).code).toBe(0);
      const config = { cniVersion: '1.1.0', 'cni.dev/valid-attachments': [{ containerID: 'two', ifname: 'eth0' }] };
      expect(await ask('GC', '', { config })).toEqual({ code: 0, said: {} });
      const { stdout } = await lab('status');
      expect(stdout).not.toContain('pod/shop/one');
      expect(stdout).toContain('pod/shop/two');
      // A lab that is changed keeps the pods of its runtimes.
      expect(await lab('up', '-f', 'examples/article', '--set', 'AWS_VPC_K8S_CNI_EXTERNALSNAT=false')).toMatchObject({
        code: 0,
      });
      expect((await inPod('two', 'curl -s -m 10 http://echo-clusterip.packetlab.svc.cluster.local/')).code).toBe(0);
      expect(await ask('DEL', 'two')).toEqual({ code: 0, said: {} });
      expect(await lab('up', '-f', 'examples/article')).toMatchObject({ code: 0 });
    },
    120_000,
  );
});

describe('what is refused leaves the lab as it was', () => {
  kernelTest(
    'namespaces that are no new pod, pods that are there, nodes and labs that are not',
    async () => {
      const netns = await sandbox();
      const before = (await onNode('ip rule; ip -o link')).stdout;
      const busy = spawn(
        'unshare',
        ['-n', 'sh', '-c', 'ip link add eth0 type veth peer x; echo ready; exec sleep 600'],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      sandboxes.push(busy);
      await new Promise((resolve) => busy.stdout.once('data', resolve));
      for (const [code, says, more] of [
        [CNI_CODE.invalidEnvironment, 'is no network namespace', { netns: '/etc/hostname' }],
        [CNI_CODE.invalidEnvironment, 'ENOENT', { netns: '/run/netns/nobody' }],
        [CNI_CODE.invalidEnvironment, 'of a machine', { netns: '/proc/self/ns/net' }],
        [CNI_CODE.invalidEnvironment, 'eth0', { netns: `/proc/${busy.pid}/ns/net` }],
        [CNI_CODE.noNode, 'ip-10-0-0-76', { netns, config: { node: 'ip-10-0-0-76' } }],
        [CNI_CODE.noLab, 'nobody', { netns, config: { lab: 'nobody' } }],
      ] as const) {
        const answer = await ask('ADD', 'wrong', more);
        expect(answer, says).toMatchObject({ code: 1, said: { code, msg: expect.stringContaining(says) } });
      }
      expect(await ask('ADD', 'again', { netns })).toMatchObject({ code: 0 });
      const taken = await ask('ADD', 'later', { netns });
      expect(taken.said).toMatchObject({
        code: CNI_CODE.invalidEnvironment,
        msg: expect.stringContaining('pod/shop/again'),
      });
      expect(await ask('DEL', 'again')).toMatchObject({ code: 0 });
      expect((await onNode('ip rule; ip -o link')).stdout).toBe(before);
      expect(await ask('DEL', 'wrong', { config: { lab: 'nobody' } })).toEqual({ code: 0, said: {} });
      const config = { cniVersion: '1.1.0' };
      expect(await ask('STATUS', '', { config })).toEqual({ code: 0, said: {} });
      const absent = await ask('STATUS', '', { config: { ...config, lab: 'nobody' } });
      expect(absent.said.code).toBe(CNI_CODE.notAvailable);
    },
    120_000,
  );
});

kernelTest(
  'what the kernel refuses half way is taken back',
  async () => {
    const netns = await sandbox();
    const first = await ask('ADD', 'half', { netns });
    const address = first.said.ips?.[0]?.address.split('/')[0] ?? '';
    await ask('DEL', 'half', { now: 0 });
    const before = (await onNode('ip rule; ip -o link')).stdout;
    await onNode(`ip rule add to ${address} priority 512 lookup main`);
    const refused = await ask('ADD', 'half', { netns });
    expect(refused.said).toMatchObject({
      code: CNI_CODE.refused,
      msg: expect.stringContaining(`rule add from all to ${address}`),
    });
    expect((await onNode('ip rule; ip -o link')).stdout).toBe(before);
    const added = await ask('ADD', 'half', { netns });
    expect(added.said.ips).toEqual([{ address: `${address}/32`, interface: 1 }]);
    await ask('DEL', 'half');
  },
  120_000,
);

for (const [example, target] of [
  ['ipv6', '6'],
  ['eksctl-shop', '4'],
] as const)
  kernelTest(
    `pods of ${example}`,
    async () => {
      const name = `${NAME}-${example}`;
      const up = await program(['lab', 'up', '--name', name, '-f', `examples/${example}`, '--no-serve']);
      expect(up, up.stderr).toMatchObject({ code: 0 });
      try {
        const holder = findHolder(name);
        const labels = (holder && readRecord(holder)?.plan.namespaces.map(({ label }) => label)) ?? [];
        const nodes = labels.filter((label) => label.startsWith('node/')).map((label) => label.slice(5));
        const netns = await sandbox();
        const config = { cniVersion: '1.1.0', lab: name, node: nodes[0] };
        const added = await ask('ADD', 'web', { netns, config });
        expect(added, JSON.stringify(added.said)).toMatchObject({ code: 0 });
        expect(added.said.ips?.[0]?.address).toMatch(target === '6' ? /\/128$/ : /\/32$/);
        const again = { netns, config: { ...config, prevResult: added.said } };
        expect(await ask('CHECK', 'web', again)).toEqual({ code: 0, said: {} });
        expect(await ask('DEL', 'web', { config })).toEqual({ code: 0, said: {} });
      } finally {
        await program(['lab', 'down', '--name', name]);
      }
    },
    120_000,
  );

describe('the program of its own', () => {
  kernelTest('answers VERSION, and an empty environment with one object', async () => {
    const run = (env: NodeJS.ProcessEnv, stdin: string): Promise<Ran> =>
      new Promise((resolve) => {
        const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/cni/main.ts'], {
          env: { ...process.env, ...env },
        });
        let stdout = '';
        let stderr = '';
        child.stdout.on('data', (chunk) => {
          stdout += String(chunk);
        });
        child.stderr.on('data', (chunk) => {
          stderr += String(chunk);
        });
        child.on('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
        child.stdin.end(stdin);
      });
    const version = await run({ CNI_COMMAND: 'VERSION' }, '{"cniVersion":"1.1.0"}');
    expect(version).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(version.stdout)).toEqual({
      cniVersion: '1.1.0',
      supportedVersions: ['0.3.1', '0.4.0', '1.0.0', '1.1.0'],
    });
    const nothing = await run({}, '');
    expect(nothing).toMatchObject({ code: 1, stderr: '' });
    expect(JSON.parse(nothing.stdout)).toMatchObject({ code: CNI_CODE.invalidEnvironment });
  });
});

kernelTest('a pod that no longer fits the input is named, not lost', () => {
  const { cluster } = loadWorld(exampleFiles('article'), []);
  if (cluster === undefined) throw new Error('the example loads');
  const pod = { namespace: 'shop', name: 'web', deviceIndex: 0, vethIfindex: 900, netnsid: 9, by: 'cni ADD c1' };
  const messages = (more: { readonly node: string; readonly address: string; readonly name?: string }) =>
    attachPods(cluster, [{ ...pod, ...more, address: ip(more.address) }]).issues.map(({ message }) => message);
  const node = `${NODE}.ec2.internal`;
  expect(messages({ node, address: '10.0.0.200' })).toEqual([]);
  expect(messages({ node: 'gone', address: '10.0.0.200' })).toEqual([
    'Pod "shop/web" cannot stay: node "gone" is not in the input',
  ]);
  expect(messages({ node, address: '10.0.1.51' })).toEqual([
    'Pod "shop/web" cannot stay: its address 10.0.1.51 is that of pod "toolbox-a-6fb5b9b786-lszr4"',
  ]);
});
