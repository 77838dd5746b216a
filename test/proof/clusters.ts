import { createRng, type Rng } from '../../src/base/index.ts';
import type { KnobSetting } from '../../src/cluster/index.ts';
import { type InputFile, loadWorld } from '../../src/load/index.ts';
import type { Ip, Protocol } from '../../src/net/index.ts';
import type { Probe } from '../../src/trace/index.ts';
import type { World } from '../../src/world/index.ts';
import { generateCluster } from '../generate/generate-cluster.ts';
import { withRandomBranches } from '../generate/random-branches.ts';
import { withRandomClassifiers } from '../generate/random-classifiers.ts';
import { withRandomRoutes } from '../generate/random-connections.ts';
import { withRandomFilters } from '../generate/random-filters.ts';
import { exampleFiles, ipv6Files } from '../lab/worlds.ts';
import { type ClusterBench, openKernelCluster, openSimCluster, plain } from '../planes/clusters.ts';
import { LostEvents } from '../planes/plane.ts';

/** A compiled cluster, one time or another: the same for the same seed. */
export interface RandomCluster {
  readonly name: string;
  readonly world: World;
}

export interface ClusterReport {
  readonly compared: number;
  /** Stays of packets in namespaces that were compared, line by line. */
  readonly stays: number;
  readonly differences: readonly string[];
  /** Differences that did not come again with another source port: an event lost, a busy machine. */
  readonly transient: readonly string[];
  /** Probes of which the kernel lost events, twice: they prove nothing, and are not counted. */
  readonly lost: readonly string[];
}

const EXAMPLES = [
  ...['article', 'external-snat', 'custom-networking', 'eksctl-shop', 'six', 'ipv6'],
  ...['peering', 'on-prem', 'fargate'],
];
const KNOBS: readonly (readonly [string, readonly string[]])[] = [
  ['AWS_VPC_K8S_CNI_EXTERNALSNAT', ['true', 'false']],
  ['AWS_VPC_K8S_CNI_RANDOMIZESNAT', ['none', 'hashrandom', 'prng']],
  ['AWS_VPC_K8S_CNI_CONNMARK', ['0x80', '0x400']],
  // From 1.23 on the CNI's marks are rules of a native table.
  ['vpcCniVersion', ['1.20.4', '1.23.1']],
  ['kubeProxy.mode', ['nftables', 'nftables', 'iptables']],
];
const ARTICLE_KNOBS: readonly (readonly [string, readonly string[]])[] = [
  ['svc/packetlab/echo-nodeport:spec.externalTrafficPolicy', ['Local', 'Cluster']],
  ['svc/packetlab/echo-nodeport:spec.internalTrafficPolicy', ['Local', 'Cluster']],
  ['svc/packetlab/echo-clusterip:spec.sessionAffinity', ['ClientIP', 'None']],
];

export function randomCluster(seed: number): RandomCluster {
  const rng = createRng(seed);
  const example = rng.pick([...EXAMPLES, 'generated', 'generated']);
  const files: readonly InputFile[] =
    example === 'generated'
      ? generateCluster({
          nodes: rng.int(1, 5),
          pods: rng.int(3, 12),
          services: rng.int(1, 6),
          endpointsOf: () => rng.int(0, 4),
          seed,
        })
      : example === 'six'
        ? ipv6Files()
        : exampleFiles(example);
  const known = [...KNOBS, ...(example === 'article' ? ARTICLE_KNOBS : [])];
  const drawnKnobs = known.flatMap(([key, values]) =>
    rng.next() < 0.4 ? [{ key, value: rng.pick(values), source: { file: key } }] : [],
  );
  const { knobs, world } = load(files, drawnKnobs, createRng(seed + BRANCHES), example === 'article' ? 0 : 0.4);
  const turned = knobs.map(({ key, value }) => ` ${key}=${value}`).join('');
  const filtered = rng.next() < 0.5;
  const rerouted = rng.next() < 0.4;
  const routed = rerouted ? withRandomRoutes(world, rng) : world;
  const guarded = filtered ? withRandomFilters(routed, rng) : routed;
  const classified = rng.next() < 0.5;
  const made = classified ? withRandomClassifiers(guarded, rng) : guarded;
  const drawn = `${filtered ? ', filters' : ''}${rerouted ? ', routes' : ''}${classified ? ', classifiers' : ''}`;
  return { name: `cluster ${seed}: ${example}${turned}${drawn}`, world: plain(made) };
}

/** Drawn apart: a seed's cluster is otherwise the same. */
const BRANCHES = 1_000_000_007;

/** As often as `p`, with security groups for some of its pods; nodes that are described ENI by ENI, as the article's, have no trunk. */
function load(files: readonly InputFile[], knobs: readonly KnobSetting[], rng: Rng, p: number) {
  const plainly = worldOf(files, knobs);
  if (rng.next() >= p) return { knobs, world: plainly };
  const own = plainly.directory.pods.filter((pod) => !pod.hostNetwork && pod.namespace !== 'kube-system');
  const branched = withRandomBranches(files, [...new Set(own.map(({ namespace }) => namespace))], rng);
  const all = [...knobs, ...branched.knobs];
  return { knobs: all, world: worldOf(branched.files, all) };
}

function worldOf(files: readonly InputFile[], knobs: readonly KnobSetting[]): World {
  const { world, issues } = loadWorld(files, knobs);
  if (world === undefined) throw new Error(issues.map((issue) => issue.message).join('\n'));
  return world;
}

/** Puts random probes on both planes; every namespace of the cluster is compared, in both directions. */
export async function proveCluster(seed: number, probes: number): Promise<ClusterReport> {
  const { name, world } = randomCluster(seed);
  const kernel = await openKernelCluster(world);
  try {
    const sim = openSimCluster(world);
    const rng = createRng(seed);
    const ends = endsOf(world);
    const differences: string[] = [];
    const transient: string[] = [];
    const lost: string[] = [];
    let stays = 0;
    const hideDraws = drawsHidden(world);
    const differ = (probe: Probe): string | undefined | 'lost' => {
      const onKernel = putUnlessLost(kernel, probe);
      if (onKernel === undefined) return 'lost';
      const onSim = sim.put(probe, onKernel.steps);
      stays += onKernel.stays.length;
      if (hideDraws(onSim.stays) === hideDraws(onKernel.stays)) return undefined;
      const said = ['--- the kernel', ...onKernel.stays, '--- the model', ...onSim.stays].join('\n\n');
      return `${name}\n${JSON.stringify(probe)}\n${said}`;
    };
    for (let i = 0; i < probes; i++) {
      const probe = randomProbe(rng, ends, 20_000 + i);
      const again = [AGAIN, AGAIN + probes].map((ports): Probe => ({ ...probe, sport: ports + i }));
      let said = differ(probe);
      if (said === 'lost') said = differ(again.shift() ?? probe);
      if (said === 'lost') lost.push(`${name} ${JSON.stringify(probe)}`);
      if (said === undefined || said === 'lost') continue;
      const repeated = differ(again[0] ?? probe);
      if (repeated === undefined || repeated === 'lost') transient.push(said);
      else differences.push(repeated);
    }
    return { compared: probes - lost.length, stays, differences, transient, lost };
  } finally {
    kernel.close();
  }
}

function putUnlessLost(kernel: ClusterBench, probe: Probe): ReturnType<ClusterBench['put']> | undefined {
  try {
    return kernel.put(probe);
  } catch (error) {
    if (error instanceof LostEvents) return undefined;
    throw error;
  }
}

/** Source ports of probes that are put a second time. */
const AGAIN = 40_000;

/** Nobody is told which port or id a NAT gateway drew: beside its addresses any will do. */
function drawsHidden({ fabric }: World): (stays: readonly string[]) => string {
  const addresses = fabric.natGateways.flatMap(({ privateIp, publicIp }) => [privateIp, publicIp ?? privateIp]);
  const line = (text: string): string => {
    const of = addresses.filter((address) => text.includes(address));
    const hidden = of.reduce((said, address) => said.replaceAll(new RegExp(`${address}:\\d+`, 'g'), address), text);
    return of.length > 0 ? hidden.replaceAll(/ id \d+/g, '') : text;
  };
  return (stays) =>
    stays
      .flatMap((stay) => stay.split('\n'))
      .map(line)
      .join('\n');
}

interface Ends {
  readonly from: readonly string[];
  readonly to: readonly { readonly address: Ip; readonly port: number; readonly protocol: Protocol | 'any' }[];
}

/**
 * Pods, nodes, servers, hosts of the internet, Services by every way in, and addresses nobody has. The API server is left
 * out, for no program plays it.
 */
function endsOf({ netns, directory }: World): Ends {
  const to: Ends['to'][number][] = [];
  for (const { addresses } of directory.pods)
    for (const address of addresses) to.push({ address, port: 8080, protocol: 'any' });
  for (const { addresses } of directory.nodes)
    for (const address of addresses) to.push({ address, port: 10_250, protocol: 'any' });
  for (const service of directory.services) {
    if (service.name === 'kubernetes') continue;
    for (const { port, protocol, nodePort } of service.ports) {
      for (const address of service.clusterIPs) {
        to.push({ address, port, protocol }, { address, port, protocol }, { address, port: 9, protocol: 'any' });
      }
      if (nodePort === undefined) continue;
      for (const node of directory.nodes)
        for (const address of node.addresses) to.push({ address, port: nodePort, protocol });
    }
  }
  for (const [id, { addresses }] of netns)
    if (/^(server|host|internet)\//.test(id))
      for (const { local, scope } of addresses)
        if (scope === 'global') to.push({ address: local, port: 80, protocol: 'any' });
  return {
    from: [...netns.keys()],
    // A pod has addresses of its cluster's family, and what it does with the other's is not modelled.
    to: to.filter(({ address }) => address.includes(':') === directory.pods[0]?.addresses[0]?.includes(':')),
  };
}

function randomProbe(rng: Rng, { from, to }: Ends, sport: number): Probe {
  const { address, port, protocol } = rng.pick(to);
  const echo = address.includes(':') ? 'ipv6-icmp' : 'icmp';
  return {
    from: rng.pick(from),
    dst: address,
    dport: port,
    protocol: protocol === 'any' ? rng.pick(['tcp', 'udp', echo] as const) : protocol,
    sport,
    ttl: rng.next() < 0.1 ? rng.int(1, 4) : 64,
  };
}
