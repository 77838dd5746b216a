import { createRng, type Rng } from '../../src/base/index.ts';
import { type ProofCase, proofCases } from '../../src/cli/proof/proof-cases.ts';
import { type Differing, proveWorld } from '../../src/cli/proof/prove-world.ts';
import { tracedRules } from '../../src/cli/proof/traced-rules.ts';
import { enterSandbox } from '../../src/lab/exec/ffi/index.ts';
import { openLab } from '../../src/lab/index.ts';
import { kernelPlane } from '../../src/lab/observe/index.ts';
import { loadWorld } from '../../src/load/index.ts';
import type { World } from '../../src/world/index.ts';
import { balancedCluster } from '../generate/random-balancers.ts';
import { withRandomFilters } from '../generate/random-filters.ts';
import type { RandomCluster } from './clusters.ts';

/** Walks through the load balancers of a random cluster, in the model and on the kernel. */
export interface BalancerReport {
  readonly compared: number;
  readonly packets: number;
  readonly differences: readonly string[];
  /** Differences that did not come again. */
  readonly transient: readonly string[];
  /** Walks of which one of the planes does not know how they end. */
  readonly undecided: number;
  readonly unknown: readonly string[];
}

const KNOBS: readonly (readonly [string, readonly string[]])[] = [
  ['AWS_VPC_K8S_CNI_EXTERNALSNAT', ['true', 'false']],
  ['AWS_VPC_K8S_CNI_CONNMARK', ['0x80', '0x400']],
  ['vpcCniVersion', ['1.20.4', '1.23.1']],
  ['kubeProxy.mode', ['nftables', 'nftables', 'iptables']],
];

export function randomBalancers(seed: number): RandomCluster {
  const rng = createRng(seed);
  const knobs = KNOBS.flatMap(([key, values]) =>
    rng.next() < 0.4 ? [{ key, value: rng.pick(values), source: { file: key } }] : [],
  );
  const { world, issues } = loadWorld(balancedCluster(seed), knobs);
  if (world === undefined)
    throw new Error(issues.map(({ message, expected }) => `${message} ${expected ?? ''}`).join('\n'));
  const filtered = rng.next() < 0.25;
  const made = tracedRules(filtered ? withRandomFilters(world, rng) : world).world;
  const turned = knobs.map(({ key, value }) => ` ${key}=${value}`).join('');
  const kinds = made.fabric.loadBalancers.map(({ type }) => type).join(', ');
  return { name: `balancers ${seed}: ${kinds}${turned}${filtered ? ', filters' : ''}`, world: made };
}

/** Random walks to the listeners of a random cluster's load balancers, from inside and from the internet. */
export async function proveBalancers(seed: number, walks: number): Promise<BalancerReport> {
  const { name, world } = randomBalancers(seed);
  const lab = await openLab(world);
  try {
    enterSandbox();
    const plane = kernelPlane(world, lab, { served: false });
    try {
      const cases = sample(toBalancers(world), walks, createRng(seed));
      const first = await proveWorld(world, plane, cases);
      const again = await proveWorld(
        world,
        plane,
        first.differences.map((each) => each.case),
      );
      const lasting = new Set(again.differences.map((each) => each.case));
      return {
        compared: first.walks - first.undecided,
        packets: first.packets,
        differences: again.differences.map((each) => told(name, each)),
        transient: first.differences.filter((each) => !lasting.has(each.case)).map((each) => told(name, each)),
        undecided: first.undecided,
        unknown: first.unknown.map(({ what }) => what),
      };
    } finally {
      plane.close();
    }
  } finally {
    lab.holder.end();
  }
}

function toBalancers(world: World): readonly ProofCase[] {
  const enis = world.fabric.enis.filter(({ owner }) => owner.startsWith('lb/'));
  const addresses = new Set(enis.flatMap((eni) => [...eni.addresses, ...eni.publicAddresses.values()]));
  return proofCases(world, { most: Number.POSITIVE_INFINITY, seed: 1 }).cases.filter(({ probe }) =>
    addresses.has(probe.dst),
  );
}

function sample<T>(of: readonly T[], most: number, rng: Rng): readonly T[] {
  const left = [...of];
  const taken: T[] = [];
  while (taken.length < most && left.length > 0) taken.push(...left.splice(rng.int(0, left.length - 1), 1));
  return taken;
}

function told(name: string, { case: { to, probe }, lines, difference }: Differing): string {
  const said = (side: 'sim' | 'kernel'): string =>
    lines[side].map(({ where, text }) => `  ${where}: ${text}`).join('\n');
  return [
    name,
    JSON.stringify({ to, ...probe }),
    `differ at ${difference?.at}`,
    `--- the kernel\n${said('kernel')}`,
    `--- the model\n${said('sim')}`,
  ].join('\n');
}
