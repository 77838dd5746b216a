import { didYouMean, type Issue, showSource } from '../../base/index.ts';
import type { Cluster, NodeSpec } from '../../cluster/index.ts';
import { instanceRows } from './instance-rows.ts';

/** What one instance type can hold, as EC2 DescribeInstanceTypes says it (network card 0 only). */
export interface InstanceLimits {
  readonly enis: number;
  /** IPv4 addresses per ENI, its primary included. */
  readonly addressesPerEni: number;
  /** Nitro or bare metal: what prefix delegation needs. */
  readonly nitro: boolean;
  readonly vcpus: number;
  /** Whether one of its ENIs may be a trunk, and is wanted. */
  readonly trunks?: boolean;
}

const xenFamilies = new Set('c1 c3 c4 cr1 d2 f1 g2 g3 h1 hs1 i2 i3 m1 m2 m3 m4 p2 p3 r3 r4 t1 t2 x1 x1e'.split(' '));

const types: ReadonlyMap<string, InstanceLimits> = readRows();

/** Limits of a type, undefined where it is not in the table. */
export const instanceLimits = (type: string): InstanceLimits | undefined => types.get(type);

/** Types whose size does not say their cores: older ones, some without hyperthreads, bare metal. */
const UNSIZED = /^(?:[a-z]+1|m2|hs1|c[34]|d2|hpc\w+|u\S*|bmn\S*)\.|\.metal/;

/** The cores Linux counts: 4 an `xlarge`, 2 for `large` and what is smaller, but one for a `medium` of Graviton. */
export function coresOf(type: string): number | undefined {
  const [family = '', size = ''] = type.split('.');
  if (!types.has(type) || UNSIZED.test(type)) return undefined;
  if (size === 'medium' && /^[a-z]+\d+g/.test(family) && !family.startsWith('t')) return 1;
  return /^t2$/.test(family) && size !== 'medium' && !size.includes('large') ? 1 : vcpusOf(size);
}

/** Every type we know, for near misses and completion. */
export const instanceTypes = (): readonly string[] => [...types.keys()];

/**
 * Nodes of a type we do not know whose ENIs would have to be made: what can be said of nodes before they are settled. Told once
 * for each place that says so: a node group is one, however many nodes it has.
 */
export function checkInstanceTypes({ nodeSpecs }: Pick<Cluster, 'nodeSpecs'>): readonly Issue[] {
  const unknown = nodeSpecs.filter(
    ({ computeType, enis, instanceType }) =>
      computeType === undefined && enis.length === 0 && instanceType !== '' && !types.has(instanceType),
  );
  return byPlace(unknown).map(([first, ...more]) => ({
    code: 'instance-type-unknown',
    severity: 'error',
    at: first.source,
    message: `Unknown instance type "${first.instanceType}" of ${nodesNamed(first, more)}`,
    expected: 'an EC2 type such as "m5.large", or the node with all its ENIs given',
    ...didYouMean(first.instanceType, types.keys()),
  }));
}

type Some = [NodeSpec, ...NodeSpec[]];

/** Nodes of one type that one place of the input describes. */
export function byPlace(specs: readonly NodeSpec[]): readonly Some[] {
  const places = new Map<string, Some>();
  for (const spec of specs) {
    const place = `${showSource(spec.source)} ${spec.instanceType}`;
    const known = places.get(place);
    if (known === undefined) places.set(place, [spec]);
    else known.push(spec);
  }
  return [...places.values()];
}

/** `node "a"`, `3 nodes, such as "a"` */
export const nodesNamed = (first: NodeSpec, more: readonly NodeSpec[]): string =>
  more.length === 0 ? `node "${first.name}"` : `${more.length + 1} nodes, such as "${first.name}"`;

function readRows(): Map<string, InstanceLimits> {
  const read = new Map<string, InstanceLimits>();
  for (const [families, limits] of instanceRows) {
    for (const group of limits.split(', ')) {
      const [shape = '', ...sizes] = group.split(' ');
      const [enis = 0, addressesPerEni = 0] = shape.split('x').map(Number);
      for (const family of families.split(' ')) {
        for (const size of sizes) {
          const nitro = !xenFamilies.has(family) || size.startsWith('metal');
          read.set(`${family}.${size}`, { enis, addressesPerEni, nitro, vcpus: vcpusOf(size) });
        }
      }
    }
  }
  return read;
}

/** vCPUs by size name: good enough for the one question asked of it, "more than 30?" (EKS max-pods-calculator.sh). */
function vcpusOf(size: string): number {
  const multiple = /^(\d+)xlarge$/.exec(size)?.[1];
  if (multiple !== undefined) return Number(multiple) * 4;
  if (size.startsWith('metal')) return 64;
  return size === 'xlarge' ? 4 : 2;
}
