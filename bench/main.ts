import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import type { Cluster } from '../src/cluster/index.ts';
import { loadCluster } from '../src/cluster/index.ts';
import { compileWorld } from '../src/compile/index.ts';
import { settle } from '../src/controllers/index.ts';
import type { NetnsId } from '../src/linux/index.ts';
import { printIptablesSave } from '../src/linux/index.ts';
import { type InputFile, loadWorld } from '../src/load/index.ts';
import { createHost } from '../src/sim/host/index.ts';
import { firstDice, walkSim } from '../src/sim/index.ts';
import { runHook, runHookLinear } from '../src/sim/netfilter/index.ts';
import type { Packet, Skb } from '../src/sim/packet.ts';
import type { World } from '../src/world/index.ts';
import { type ClusterSize, generateCluster } from '../test/generate/generate-cluster.ts';
import { labMissing, labUpAndDown, newConnections } from './lab.ts';

/**
 * `make bench`, compiled as it ships: each figure beside a baseline taken in the same run, on the same machine, so that a ratio survives a
 * change of machine. Floors are the design's; `below` is a fact to work on, not a failure.
 */

const SEED = 20261121;

interface Row {
  readonly what: string;
  readonly measured: string;
  readonly floor: string;
  /** How much of its floor: 1 just holds it. */
  readonly reached: number;
  readonly ratio: string;
}

const rows: Row[] = [];
const row = (what: string, measured: string, floor: string, reached: number, ratio: string): void => {
  rows.push({ what, measured, floor, reached, ratio });
  process.stderr.write(`${what}: ${measured}\n`);
};

/** Median microseconds of one call, after as many to warm up. */
function p50(run: () => void, rounds: number): number {
  for (let i = 0; i < rounds; i++) run();
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const start = performance.now();
    run();
    times.push((performance.now() - start) * 1000);
  }
  return times.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0;
}

const BATCH = 500;
const BATCHES = 200;
const WARM_UP = 60;

/**
 * Calls a second of a run that goes on, garbage collection included: the median of batches, and what the quietest tenth of them
 * reaches. Far apart, they say that others use this machine's memory.
 */
function sustained(run: () => void): { readonly median: number; readonly quiet: number } {
  const rates: number[] = [];
  for (let batch = -WARM_UP; batch < BATCHES; batch++) {
    const start = performance.now();
    for (let i = 0; i < BATCH; i++) run();
    if (batch >= 0) rates.push((BATCH * 1000) / (performance.now() - start));
  }
  rates.sort((a, b) => a - b);
  return { median: rates[BATCHES / 2] ?? 0, quiet: rates[Math.floor(BATCHES * 0.9)] ?? 0 };
}

const perSecond = (rate: number): string => `${Math.round(rate).toLocaleString('en')}/s`;

function cluster(size: Omit<ClusterSize, 'seed'>): Cluster {
  return settle(loadCluster(generateCluster({ ...size, seed: SEED }), []).value).value;
}

const worldOf = (of: Cluster): World => compileWorld(of).value;

type Asked = Parameters<typeof walkSim>[1];

/**
 * Half of the Services are UDP's: a question and its answer are two packets, a two-way walk and no more. To a TCP Service the
 * packet after the handshake is walked too: three, whose floor is two thirds of it.
 */
function measureWalks(services: number): void {
  const protocolOf = (i: number): 'TCP' | 'UDP' => (i % 4 < 2 ? 'TCP' : 'UDP');
  const world = worldOf(cluster({ nodes: 3, pods: 600, services, endpointsOf: (i) => 1 + (i % 2), protocolOf }));
  const among = (protocol: 'tcp' | 'udp'): ((i: number) => Asked) => {
    const targets = world.directory.services
      .filter(({ namespace, ports }) => namespace === 'load' && ports[0]?.protocol === protocol)
      .map(({ clusterIPs }) => clusterIPs[0]);
    return (i) => ({
      from: 'pod/load/pod-0',
      dst: targets[(i * 7919) % targets.length] ?? targets[0] ?? ('' as never),
      dport: 80,
      protocol,
    });
  };
  const choice = { kind: 'first' } as const;
  const ways = [
    { what: 'two-way walk', next: among('udp'), floor: 50_000 },
    { what: 'TCP handshake, three packets', next: among('tcp'), floor: 33_333 },
  ];
  for (const { next } of ways)
    for (let i = 0; i < services; i++) walkSim(world, next(i), { choice, detail: 'verdict-only' });
  const { indexed, linear } = prerouting(world, services, among('tcp'));
  const ratio = `${(linear / indexed).toFixed(1)}x a linear reading of the rules`;
  for (const { what, next, floor } of ways) {
    let i = 0;
    const full = p50(() => void walkSim(world, next(i++), { choice, detail: 'full' }), 2_000);
    const verdict = sustained(() => void walkSim(world, next(i++), { choice, detail: 'verdict-only' }));
    row(`${what} with evidence, ${services} Services, p50`, `${full.toFixed(0)} us`, '100 us', 100 / full, ratio);
    row(
      `${what}, verdict only, ${services} Services, one core`,
      `${perSecond(verdict.median)}, ${perSecond(verdict.quiet)} in the quietest tenth`,
      perSecond(floor),
      verdict.median / floor,
      ratio,
    );
  }
}

/** The first packet of a flow through PREROUTING of the client's node: with the index, and rule by rule. */
function prerouting(world: World, services: number, next: (i: number) => Asked): { indexed: number; linear: number } {
  const [node] = world.directory.nodes;
  const netns = node === undefined ? undefined : world.netns.get(node.netns);
  const veth = world.fabric.wires.find((wire) => wire.b.netns === 'pod/load/pod-0')?.a.dev ?? '';
  if (netns === undefined) throw new Error('the generated cluster has no node');
  const once = (hook: typeof runHook, i: number): void => {
    const { dst } = next(i);
    const packet: Packet = {
      family: 4,
      src: world.directory.pods[0]?.addresses[0] ?? dst,
      dst,
      protocol: 'tcp',
      ttl: 127,
      tos: 0,
      length: 60,
      df: true,
      l4: { kind: 'tcp', sport: 40_000, dport: 80, flags: ['SYN'] },
    };
    const skb: Skb = {
      packet,
      mark: 0,
      iif: veth,
      oif: undefined,
      ct: { kind: 'none' },
      forcedInvalid: false,
      pkttype: 'unicast',
    };
    const walk = { dice: firstDice(), now: 0, record: undefined, assumptions: new Set<string>() };
    hook('PREROUTING', createHost(netns, 'nodes/bench'), skb, walk);
  };
  let i = 0;
  const indexed = p50(() => once(runHook, i++), 1_000);
  const linear = p50(() => once(runHookLinear, i++), services > 1_000 ? 100 : 500);
  return { indexed, linear };
}

function compileLarge(): void {
  const of = cluster({ nodes: 1, pods: 700, services: 10_000, endpointsOf: () => 10 });
  const start = performance.now();
  const world = worldOf(of);
  const id = world.directory.nodes[0]?.netns ?? ('' as NetnsId); // the one node there is
  const text = printIptablesSave(world.netns.get(id)?.iptables.ip ?? new Map());
  const seconds = (performance.now() - start) / 1000;
  const rules = text.split('\n').filter((line) => line.startsWith('-A')).length;
  const baseline = restoreSeconds(text);
  const ratio =
    baseline === undefined
      ? 'baseline not available: iptables-legacy-restore in a network namespace needs root'
      : `${(baseline / seconds).toFixed(1)}x faster than iptables-legacy-restore loads it (${baseline.toFixed(1)} s)`;
  row(
    `compile 10,000 Services x 10 endpoints to iptables text (${rules.toLocaleString('en')} rules)`,
    `${seconds.toFixed(2)} s`,
    'the time iptables-legacy-restore needs',
    baseline === undefined ? 1 : baseline / seconds,
    ratio,
  );
}

function restoreSeconds(text: string): number | undefined {
  const start = performance.now();
  const { status } = spawnSync('unshare', ['-n', 'iptables-legacy-restore'], {
    input: text,
    timeout: 120_000,
    maxBuffer: 1 << 26,
  });
  return status === 0 ? (performance.now() - start) / 1000 : undefined;
}

function measureLoad(): void {
  const files = generateCluster({ nodes: 1_000, pods: 30_000, services: 5_000, endpointsOf: () => 6, seed: SEED });
  const bytes = files.reduce((sum, file) => sum + file.text.length, 0);
  const parse = performance.now();
  for (const file of files) if (file.path.endsWith('.json')) JSON.parse(file.text);
  const baseline = (performance.now() - parse) / 1000;
  const start = performance.now();
  const world = worldOf(settle(loadCluster(files, []).value).value);
  let rules = 0;
  for (const netns of world.netns.values()) rules += netns.rules.length;
  const seconds = (performance.now() - start) / 1000;
  const peak = process.resourceUsage().maxRSS / 1024;
  const measured = `${seconds.toFixed(1)} s, peak ${Math.round(peak)} MB`;
  row(
    `load + compile 1,000 nodes / 30,000 pods / 5,000 Services, every namespace (${Math.round(bytes / 1e6)} MB of JSON, ${rules.toLocaleString('en')} ip rules)`,
    measured,
    '5 s, 1 GB',
    Math.min(5 / seconds, 1024 / peak),
    `${(seconds / baseline).toFixed(1)}x JSON.parse of the same text`,
  );
}

/** The lab's figures, where this machine can make one. */
async function labs(): Promise<void> {
  const missing = labMissing();
  if (missing !== undefined) {
    console.error(`the lab's figures are skipped: ${missing}`);
    return;
  }
  const article = loadWorld(readExample('examples/article'), []).world;
  if (article !== undefined) await labUpAndDown(row, `the article's cluster`, article, { up: 2, down: 1 });
  const large = worldOf(cluster({ nodes: 100, pods: 1_000, services: 100, endpointsOf: () => 2 }));
  await labUpAndDown(row, '100 nodes, 1,000 pods', large, { up: 20, down: 5 });
  newConnections(row, worldOf(cluster({ nodes: 3, pods: 600, services: 10_000, endpointsOf: () => 1 })), p50);
}

const readExample = (folder: string): readonly InputFile[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => ({ path: `${folder}/${name}`, text: readFileSync(`${folder}/${name}`, 'utf8') }));

/** Measured in a process of its own each, as a user's is: no heap is another figure's to clear. */
const ALONE: Readonly<Record<string, () => void>> = {
  load: measureLoad,
  'walks among 100': () => measureWalks(100),
  'walks among 1,000': () => measureWalks(1_000),
  'walks among 10,000': () => measureWalks(10_000),
};

function alone(name: string): readonly Row[] {
  const { status, stdout } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), name], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`${name} could not be measured`);
  return JSON.parse(stdout) as Row[]; // what such a process prints
}

const ROUNDS = 3;

/**
 * Each of them once a round, and of each figure the best round, beside what the others were: who else uses this machine's
 * caches and its memory does so for seconds at a time, and only ever makes a figure worse.
 */
function inRounds(names: readonly string[]): readonly Row[] {
  const byWhat = new Map<string, Row[]>();
  for (let round = 0; round < ROUNDS; round++)
    for (const each of names.flatMap(alone)) byWhat.set(each.what, [...(byWhat.get(each.what) ?? []), each]);
  return [...byWhat.values()].map((found) => {
    const [best, ...others] = found.sort((a, b) => b.reached - a.reached);
    if (best === undefined) throw new Error('a figure was never measured');
    return {
      ...best,
      measured: `${best.measured} (other rounds ${others.map(({ measured }) => measured).join('; ')})`,
    };
  });
}

async function all(): Promise<void> {
  rows.push(...inRounds(Object.keys(ALONE)));
  compileLarge();
  await labs();
  console.log(`packetwalk bench, node ${process.version}, seed ${SEED}`);
  for (const { what, measured, floor, reached, ratio } of rows)
    console.log(`${reached >= 1 ? 'ok   ' : 'below'}  ${what}\n         ${measured}   floor ${floor}   ${ratio}`);
}

const measure = ALONE[process.argv[2] ?? ''];
if (measure === undefined) await all();
else {
  measure();
  console.log(JSON.stringify(rows));
}
