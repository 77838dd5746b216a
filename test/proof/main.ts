import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { kernelAvailable } from '../kernel/kernel.ts';
import { parseCase } from '../planes/case.ts';
import { kernelPlane } from '../planes/kernel-plane.ts';
import { simPlane } from '../planes/sim-plane.ts';
import { type BalancerReport, proveBalancers } from './balancers.ts';
import { type ClusterReport, proveCluster } from './clusters.ts';
import { compareCase } from './compare.ts';
import { prove, type Report, save, tell } from './prove.ts';

/**
 * Tries to prove the model wrong: `make proof CASES=100000 SEED=1`. A difference is made small and saved; `make proof
 * CASE=FILE` shows it again; FAMILY=6 makes the random namespaces IPv6. Exit 1 when there is one, 69 where the kernel cannot be asked.
 */
const PROCESSES = 2;
/** One compiled cluster for so many packets in single namespaces, and so many probes through each; as many with load balancers, and walks to them. */
const PACKETS_A_CLUSTER = 5000;
const PROBES = 200;
const WALKS = 40;
const FOLDER = 'test/proof/found';
/** A part begins nothing new after so long; one that has not ended by itself this much later is ended, and that is a failure. */
const SECONDS = 1200;
const GRACE_SECONDS = 120;
/** Between the seeds of two runs with consecutive seeds. */
const STRIDE = 1_000_003;

const env = process.env;

/** What one process says when it is done. */
interface Part extends Omit<Report, 'differences'> {
  readonly cpuSeconds: number;
  readonly differences: readonly { readonly text: string; readonly file: string }[];
  readonly clusters: {
    readonly count: number;
    readonly compared: number;
    readonly differences: readonly string[];
    readonly lost: readonly string[];
  };
  readonly balancers: Omit<BalancerReport, 'unknown'> & { readonly count: number };
}

/** What a part is about to do: where it stood, should it not end. */
const telling = (doing: string): void => console.log(JSON.stringify({ doing }));

async function part(packets: number, seed: number, step: number): Promise<Part> {
  const time = (): boolean => performance.now() < SECONDS * 1000;
  const report = prove({
    packets,
    seed,
    step,
    family: env.FAMILY === '6' ? 6 : 4,
    time,
    tell: ({ compared, seed: at, shrinks }) =>
      telling(`${shrinks ? 'a difference of' : 'the packets of'} seed ${at}, after ${compared}`),
  });
  const differences = report.differences.map((found) => ({ text: found.text, file: save(found, FOLDER) }));
  const count = Math.ceil(packets / PACKETS_A_CLUSTER);
  const clusters: ClusterReport[] = [];
  const balancers: BalancerReport[] = [];
  for (let at = 0; at < count && time(); at++) {
    telling(`cluster ${seed + at * step}`);
    clusters.push(await proveCluster(seed + at * step, PROBES));
    telling(`balancers ${seed + at * step}`);
    balancers.push(await proveBalancers(seed + at * step, WALKS));
  }
  return {
    ...report,
    differences,
    cpuSeconds: cpuSeconds(),
    clusters: {
      count: clusters.length,
      compared: clusters.reduce((all, each) => all + each.compared, 0),
      differences: clusters.flatMap((each) => each.differences),
      lost: clusters.flatMap((each) => each.lost),
    },
    balancers: {
      count: balancers.length,
      compared: balancers.reduce((all, each) => all + each.compared, 0),
      packets: balancers.reduce((all, each) => all + each.packets, 0),
      undecided: balancers.reduce((all, each) => all + each.undecided, 0),
      differences: balancers.flatMap((each) => each.differences),
      transient: balancers.flatMap((each) => each.transient),
    },
  };
}

async function run(packets: number, seed: number): Promise<readonly PromiseSettledResult<Part>[]> {
  const parts = Array.from({ length: PROCESSES }, (_, at) => runPart(Math.ceil(packets / PROCESSES), seed + at));
  return Promise.allSettled(parts);
}

function runPart(packets: number, seed: number): Promise<Part> {
  const args = [...process.execArgv, fileURLToPath(import.meta.url), 'part', `${packets}`, `${seed}`];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let doing = 'nothing yet';
  const watch = setTimeout(() => child.kill('SIGKILL'), (SECONDS + GRACE_SECONDS) * 1000);
  return new Promise((done, fail) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const said = JSON.parse(line) as Part | { readonly doing: string }; // as `part` wrote it
      if (!('doing' in said)) return done(said);
      doing = said.doing;
      if (env.VERBOSE) console.error(`${process.uptime().toFixed(1)} s: ${doing}`);
    });
    child.on('exit', (code, signal) => {
      clearTimeout(watch);
      fail(new Error(`A process of the proof ended with ${signal ?? code} in ${doing}`));
    });
  });
}

/** Of this process, without the commands it ran. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function sum(parts: readonly Part[]): Part {
  const total = (of: (each: Part) => number): number => parts.reduce((all, each) => all + of(each), 0);
  return {
    cpuSeconds: total((each) => each.cpuSeconds),
    compared: total((each) => each.compared),
    unknown: parts.flatMap((each) => each.unknown),
    namespaces: total((each) => each.namespaces),
    refused: parts.flatMap((each) => each.refused),
    lost: parts.flatMap((each) => each.lost),
    differences: parts.flatMap((each) => each.differences),
    transient: parts.flatMap((each) => each.transient),
    clusters: {
      count: total((each) => each.clusters.count),
      compared: total((each) => each.clusters.compared),
      differences: parts.flatMap((each) => each.clusters.differences),
      lost: parts.flatMap((each) => each.clusters.lost),
    },
    balancers: {
      count: total((each) => each.balancers.count),
      compared: total((each) => each.balancers.compared),
      packets: total((each) => each.balancers.packets),
      undecided: total((each) => each.balancers.undecided),
      differences: parts.flatMap((each) => each.balancers.differences),
      transient: parts.flatMap((each) => each.balancers.transient),
    },
  };
}

function show(part: Part, seconds: number): void {
  const { compared, unknown, namespaces, refused, lost, differences, transient, clusters, balancers, cpuSeconds } =
    part;
  for (const { text, file } of differences) console.log(`${text}\nsaved: ${file}\n`);
  for (const text of [...clusters.differences, ...balancers.differences]) console.log(`${text}\n`);
  for (const line of refused) console.log(`not made: ${line}`);
  for (const line of [...lost, ...clusters.lost]) console.log(`lost, and not counted: ${line}`);
  for (const line of [...transient, ...balancers.transient]) console.log(`not seen again: ${line}`);
  console.log(
    `${compared} packets in ${namespaces} random namespaces, ${Math.round(compared / seconds)} a second: ` +
      `${differences.length} differences, ${unknown.length} unknown to the model`,
  );
  console.log(
    `${clusters.compared} probes through ${clusters.count} compiled clusters, there and back: ${clusters.differences.length} differences`,
  );
  console.log(
    `${balancers.compared} walks (${balancers.packets} packets) through the load balancers of ${balancers.count} clusters: ` +
      `${balancers.differences.length} differences, ${balancers.undecided} undecided`,
  );
  console.log(`${Math.round(seconds)} s, ${Math.round(cpuSeconds)} CPU seconds in ${PROCESSES} processes`);
}

/** Of all probes; a busy machine loses one now and then. */
const MAY_BE_LOST = 1 / 20;

async function main(): Promise<number> {
  const available = kernelAvailable();
  if (!available.ok) {
    console.error(`The proof needs ${available.missing}`);
    return 69;
  }
  if (process.argv[2] === 'part') {
    console.log(JSON.stringify(await part(Number(process.argv[3]), Number(process.argv[4]), PROCESSES)));
    return 0;
  }
  if (env.CASE !== undefined && env.CASE !== '') {
    const { difference } = compareCase(parseCase(readFileSync(env.CASE, 'utf8')), {
      sim: simPlane,
      kernel: kernelPlane,
    });
    console.log(difference === undefined ? 'the planes agree' : tell(difference));
    return difference === undefined ? 0 : 1;
  }
  const seed = Number(env.SEED || Math.floor(Math.random() * 1_000_000));
  const packets = Number(env.CASES || 100_000);
  console.log(`seed ${seed}`);
  const begin = performance.now();
  const parts = await run(packets, seed * STRIDE);
  const all = sum(parts.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])));
  show(all, (performance.now() - begin) / 1000);
  const broken = parts.flatMap((each) => (each.status === 'rejected' ? [String(each.reason)] : []));
  if (broken.length === 0 && all.compared < packets)
    broken.push(`The time was over, or too much came to nothing, after ${all.compared} of ${packets}`);
  const { lost, compared } = all.clusters;
  if (lost.length > MAY_BE_LOST * (lost.length + compared))
    broken.push(
      `Of ${lost.length} of ${lost.length + compared} probes through clusters the kernel lost events: something in a lab makes too many`,
    );
  for (const why of broken) console.log(why);
  const differences = [...all.differences, ...all.clusters.differences, ...all.balancers.differences];
  return differences.length + broken.length > 0 ? 1 : 0;
}

process.exitCode = await main();
