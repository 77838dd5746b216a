import type { Link, Netns } from '../../linux/index.ts';
import { familyOf } from '../../net/index.ts';
import type { PodEntry, World } from '../../world/index.ts';
import { type CableEnd, cableWords, macFor } from './cables.ts';
import { FabricNetns } from './fabric/fabric-netns.ts';
import { lowerFabric } from './fabric/lower-fabric.ts';
import type { Lowering } from './fabric/lowering.ts';
import { planHost } from './host/plan-host.ts';
import { Lines } from './lines.ts';
import { fnv1a, ShortNames } from './names.ts';
import { batch, configureSteps, type NetnsPlan, sysctls } from './netns-plan.ts';
import type { LabPlan, PlanGap } from './types.ts';
import { Wiring } from './wiring.ts';

/**
 * A World as a lab: one namespace for each of its own, one for each part of its fabric, a veth pair for each wire, and
 * everything a packet's path depends on as the World says it. Pure: the same World gives the same commands. `named`: what
 * namespaces of a lab that is up are called, by their labels; they keep their names.
 *
 * @example
 * const { phases, gaps } = planLab(world)
 */
export function planLab(world: World, named: ReadonlyMap<string, string> = new Map()): LabPlan {
  const names = new ShortNames(named.values());
  const worldNames = new Map(
    [...world.netns.keys()].map((id) => [id as string, named.get(id) ?? names.make(wantedName(id), id)]),
  );
  const gaps: PlanGap[] = [];
  const wiring = new Wiring();
  const families = speaksIpv6(world) ? ([4, 6] as const) : ([4] as const);
  const fabric: FabricNetns[] = [];
  const on: Lowering = {
    fabric: world.fabric,
    wiring,
    gaps,
    netns: (wanted, label, hops = 'kept') => {
      const made = new FabricNetns(named.get(label) ?? names.make(wanted, label), label, { hops, families, gaps });
      fabric.push(made);
      return made;
    },
    worldDevice: (netns, dev) => deviceOf(world, worldNames, netns, dev),
  };
  connectWorld(world, on);
  const raise = wiring.toRaise();
  const nsids = netnsids(world, worldNames, wiring);
  const pods = new Map(world.directory.pods.filter((pod) => !pod.hostNetwork).map((pod) => [pod.netns, pod]));
  const hostPods = new Map<string, PodEntry[]>();
  for (const pod of world.directory.pods)
    if (pod.hostNetwork) hostPods.set(pod.netns, [...(hostPods.get(pod.netns) ?? []), pod]);
  const plans: NetnsPlan[] = [...world.netns.values()].map((netns) => {
    const name = worldNames.get(netns.id) ?? '';
    return planHost(netns, {
      name,
      raise: raise.get(name) ?? [],
      netnsids: nsids.get(name) ?? new Map(),
      pod: pods.get(netns.id),
      hostPods: hostPods.get(netns.id) ?? [],
      gaps,
    });
  });
  for (const each of fabric) plans.push(each.plan(raise.get(each.name) ?? []));
  return assemble(plans, wiring, gaps);
}

const speaksIpv6 = ({ fabric }: World): boolean =>
  [...fabric.vpcs, ...fabric.subnets].some(({ cidrs }) => cidrs.some((each) => each.family === 6)) ||
  fabric.internetHosts.some((host) => host.addresses.some((address) => familyOf(address) === 6));

/** `pod/NS/NAME` and `node/HOST.DOMAIN` are known by their last name, without the domain. */
function wantedName(id: string): string {
  const last = id.slice(id.lastIndexOf('/') + 1);
  return id.startsWith('node/') ? (last.split('.')[0] ?? last) : last;
}

function deviceOf(world: World, names: ReadonlyMap<string, string>, netns: string, dev: string): CableEnd | undefined {
  const name = names.get(netns);
  const link = world.netns.get(netns as Netns['id'])?.links.find((each) => each.ifname === dev); // any text may be asked for
  return name === undefined || link === undefined ? undefined : endOf(name, link);
}

const endOf = (netns: string, link: Link): CableEnd => ({
  netns,
  dev: link.ifname,
  ifindex: link.ifindex,
  mac: link.address,
  mtu: link.mtu,
  up: link.flags.includes('UP'),
});

/** Wires between namespaces, then the fabric, then what leads nowhere the World describes. */
function connectWorld(world: World, on: Lowering): void {
  const used = new Set<string>();
  const key = (end: { readonly netns: string; readonly dev: string }): string => `${end.netns} ${end.dev}`;
  const busy = new Map<string, number>();
  for (const { a, b } of world.fabric.wires)
    for (const { netns } of [a, b]) busy.set(netns, (busy.get(netns) ?? 0) + 1);
  for (const wire of world.fabric.wires) {
    const [first, second] =
      (busy.get(wire.a.netns) ?? 0) > (busy.get(wire.b.netns) ?? 0) ? [wire.b, wire.a] : [wire.a, wire.b];
    const [end, other] = [on.worldDevice(first.netns, first.dev), on.worldDevice(second.netns, second.dev)];
    if (end === undefined || other === undefined) continue;
    on.wiring.connect(end, other);
    used.add(key(wire.a)).add(key(wire.b));
  }
  for (const { attachment } of world.fabric.enis) if (attachment !== null) used.add(key(attachment));
  for (const host of world.fabric.internetHosts) used.add(key(host));
  for (const { hosts } of world.fabric.onPremises) for (const host of hosts) used.add(key(host));
  const open = [...world.netns.values()].flatMap((netns) =>
    netns.links
      .filter((link) => link.ifname !== 'lo' && !used.has(`${netns.id} ${link.ifname}`))
      .map((link) => ({ netns: netns.id, dev: link.ifname })),
  );
  const isInternet = (end: { readonly netns: string }): boolean => end.netns.startsWith('internet/');
  lowerFabric(on, open.filter(isInternet));
  connectNowhere(
    on,
    open.filter((end) => !isInternet(end)),
  );
}

/** A device nothing is connected to is still there, and up: its far end is in a namespace where nobody listens. */
function connectNowhere(on: Lowering, open: readonly { readonly netns: string; readonly dev: string }[]): void {
  if (open.length === 0) return;
  const nowhere = on.netns('nowhere', 'nowhere', 'counted');
  for (const { netns, dev } of open) {
    const end = on.worldDevice(netns, dev);
    if (end === undefined) continue;
    const mac = macFor(`nowhere ${netns} ${dev}`);
    on.wiring.connect(end, on.wiring.device({ netns: nowhere.name, wanted: dev, mac, mtu: end.mtu }));
    on.gaps.push({ where: netns, what: dev, because: 'the World does not say what it leads to' });
  }
}

/**
 * The numbers a World's veths know their peers' namespaces by. The kernel gives 0 to the first one it meets, so who knows
 * only one other namespace needs no line.
 */
function netnsids(
  world: World,
  names: ReadonlyMap<string, string>,
  { cables }: Wiring,
): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const wanted = new Map<string, number>();
  for (const { id, links } of world.netns.values())
    for (const { ifname, link_netnsid } of links)
      if (link_netnsid !== undefined) wanted.set(`${names.get(id)} ${ifname}`, link_netnsid);
  const peers = new Map<string, Map<string, number | undefined>>();
  for (const { a, b } of cables)
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const known = peers.get(from.netns) ?? new Map<string, number | undefined>();
      peers.set(from.netns, known);
      const nsid = wanted.get(`${from.netns} ${from.dev}`);
      if (from.netns !== to.netns && known.get(to.netns) === undefined) known.set(to.netns, nsid);
    }
  return new Map([...peers].map(([name, known]) => [name, distinct(known)]));
}

/**
 * A number taken twice, or the only one and 0, is left to the kernel. What the World has no number for is given one of the
 * lab's own, out of the way of those that are yet to come: the kernel would take the lowest.
 */
function distinct(known: ReadonlyMap<string, number | undefined>): ReadonlyMap<string, number> {
  const taken = new Set<number>();
  const ids = new Map<string, number>();
  for (const [name, nsid] of known) {
    if (nsid === 0 && known.size === 1) continue;
    let number = nsid ?? OWN_NUMBERS + (fnv1a(name) % OWN_NUMBERS);
    while (nsid === undefined && taken.has(number)) number++;
    if (taken.has(number)) continue;
    taken.add(number);
    ids.set(name, number);
  }
  return ids;
}

const OWN_NUMBERS = 1_000_000;

function assemble(plans: readonly NetnsPlan[], wiring: Wiring, gaps: PlanGap[]): LabPlan {
  const cables = new Lines('wires', gaps);
  for (const cable of wiring.cables) cables.add(...cableWords(cable));
  return {
    namespaces: plans.map(({ name, id, label }) => ({
      name,
      id,
      label,
    })),
    hostPods: plans.flatMap(({ name, hostPods }) => hostPods.map((label) => ({ label, netns: name }))),
    wires: wiring.cables.map(({ a, b }) => ({
      a: { netns: a.netns, dev: a.dev },
      b: { netns: b.netns, dev: b.dev },
    })),
    phases: [
      { title: 'namespaces', steps: [{ kind: 'netns-add', names: plans.map((plan) => plan.name) }] },
      {
        title: 'settings',
        steps: plans.flatMap((plan) => [...sysctls(plan.name, plan.before), ...batch(plan.name, 4, plan.numbers)]),
      },
      { title: 'wires', steps: batch(undefined, 4, cables.lines) },
      { title: 'links', steps: plans.flatMap((plan) => batch(plan.name, 4, plan.raise)) },
      { title: 'artefacts', steps: plans.flatMap(configureSteps) },
    ],
    gaps,
  };
}
