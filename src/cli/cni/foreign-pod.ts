import { type Executor, type LabPlan, readBack } from '../../lab/index.ts';
import type { ListenSocket, Netns, NetnsId } from '../../linux/index.ts';
import type { World } from '../../world/index.ts';
import type { PortMapping } from './plugin-chain.ts';

/** A pod that somebody else's plugins wired: where it is, and which ports were published for it. */
export interface ForeignPod {
  readonly namespace: string;
  readonly name: string;
  readonly label: NetnsId;
  readonly node: { readonly label: NetnsId; readonly netns: string; readonly name: string };
  readonly published: readonly PortMapping[];
}

/**
 * The World after plugins of others were at work: the pod's namespace and its node's as the kernel lists them, and the pair
 * between them. What those plugins made that no walk can follow, such as a bridge, is named.
 */
export async function worldWithForeign(
  world: World,
  plan: LabPlan,
  executor: Executor,
  pod: ForeignPod,
): Promise<World> {
  const draft = { ...world, netns: new Map([...world.netns, [pod.label, blank(world, pod)]]) };
  const names = new Set(
    plan.namespaces.flatMap(({ label, name }) => (label === pod.label || label === pod.node.label ? [name] : [])),
  );
  const back = await readBack(draft, plan, executor, (name) => names.has(name));
  const [inside, outside] = [back.netns.get(pod.label), back.netns.get(pod.node.label)];
  const known = world.netns.get(pod.node.label);
  if (inside === undefined || outside === undefined || known === undefined) return world;
  const made = outside.links.filter(({ ifname }) => !known.links.some((each) => each.ifname === ifname));
  const node: Netns = {
    ...outside,
    sysctls: withDevices(
      outside,
      made.map(({ ifname }) => ifname),
      executor,
      pod.node.netns,
    ),
  };
  const eth0 = inside.links.find(({ ifname }) => ifname === 'eth0');
  const far = node.links.find(({ ifindex }) => ifindex === eth0?.link_index);
  const wires = far === undefined ? [] : [{ a: end(pod.label, 'eth0'), b: end(pod.node.label, far.ifname) }];
  const addresses = inside.addresses.filter(({ dev }) => dev !== 'lo').map(({ local }) => local);
  return {
    ...world,
    netns: new Map([...world.netns, [node.id, node], [inside.id, inside]]),
    fabric: { ...world.fabric, wires: [...world.fabric.wires, ...wires] },
    directory: { ...world.directory, pods: [...world.directory.pods, entryOf(pod, addresses)] },
    assumptions:
      pod.published.length === 0
        ? world.assumptions
        : [...world.assumptions, `pod ${pod.namespace}/${pod.name} is taken to listen where its ports are published`],
  };
}

const end = (netns: NetnsId, dev: string) => ({ netns, dev });

const entryOf = (
  { namespace, name, label, node, published }: ForeignPod,
  addresses: Netns['addresses'][number]['local'][],
) => ({
  namespace,
  name,
  netns: label,
  node: node.name,
  addresses,
  hostNetwork: false,
  ports: published.map(({ containerPort, protocol }) => ({ port: containerPort, protocol })),
});

/** What is asked of the kernel: the settings another pod has, and nothing taken as known. */
function blank(world: World, { label, published }: ForeignPod): Netns {
  const like = [...world.netns.values()].find(({ id }) => id.startsWith('pod/'));
  const sockets: readonly ListenSocket[] = published.map(({ containerPort, protocol }) => ({
    protocol,
    local: '*',
    port: containerPort,
    process: 'published',
  }));
  return {
    id: label,
    ...{ links: [], addresses: [], routes: [], rules: [], neighbours: [], nft: [], conntrack: [], unmodelled: [] },
    sysctls: like?.sysctls ?? new Map(),
    iptables: { variant: 'nft', ip: new Map(), ip6: new Map() },
    sockets,
    ...(like?.resolvConf === undefined ? {} : { resolvConf: like.resolvConf }),
  };
}

/** Settings of devices the node did not have: those its other devices have. */
function withDevices(
  { links, sysctls }: Netns,
  made: readonly string[],
  executor: Executor,
  netns: string,
): Netns['sysctls'] {
  const like = links.find(({ ifname }) => ifname !== 'lo')?.ifname ?? 'lo';
  const names = [...sysctls.keys()].filter((name) => name.includes(`.conf.${like}.`));
  const asked = made.flatMap((dev) => names.map((name) => name.replace(`.${like}.`, `.${dev.replaceAll('.', '/')}.`)));
  return new Map([...sysctls, ...executor.getSysctls(netns, asked)]);
}
