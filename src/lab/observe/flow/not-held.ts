import { type Eni, type Listener, unsureOf } from '../../../fabric/index.ts';
import {
  enslaved,
  type IpRule,
  type Netns,
  type NetnsId,
  type NftObject,
  overAbsentDevice,
  showRoute,
  tableRoom,
  type Unmodelled,
} from '../../../linux/index.ts';
import { type Cidr, cidrContains, type Family, familyOf, type Ip } from '../../../net/index.ts';
import type { World } from '../../../world/index.ts';
import {
  type BalancerNode,
  balancerAt,
  endpointLabel,
  type PlanGap,
  sharedTables,
  tellShared,
} from '../../plan/index.ts';
import type { Stay } from '../stays.ts';
import type { KernelWalk } from '../traces.ts';
import type { LabView } from './lab-view.ts';
import { standInsAt } from './stand-ins-at.ts';

/**
 * What the real system has on a walk's way and the lab has not: a filter no artefact holds, a load balancer, a cluster's public endpoint, a device that leads nowhere, a
 * route whose target nothing stands for. What the kernel did without it is no answer.
 */
export function notHeld(world: World, view: LabView, walks: readonly KernelWalk[]): string[] {
  const found = walks.flatMap(({ stays, end }) =>
    stays.flatMap((stay, i) => [
      ...hiddenAt(world, view, stay),
      ...balancedAt(world, view, stay),
      ...unsureAt(world, view, stay),
      ...endpointAt(world, view, stay),
      ...standInsAt(world, view, stay),
      ...exitAt(world, view, stay, stays[i + 1]),
      ...(i === stays.length - 1 && end.kind === 'died'
        ? [...missingAt(view, stay), ...notBalanced(world, view, stay)]
        : []),
    ]),
  );
  return [...new Set([...found, ...walks.flatMap(lostInPieces)])];
}

/** Where nothing tracks connections, a host puts pieces together behind its last hook that sees them (ip_local_deliver). */
const lostInPieces = ({ stays, end }: KernelWalk): string[] =>
  end.kind === 'died' && end.reason === 'silence' && stays.some(({ fragments }) => fragments > 1)
    ? [
        'the packet went in pieces, which the events of the kernel do not tie together: a smaller one is told to its end',
      ]
    : [];

/** As the model asks: of the namespace, of the devices it came and went by, of the cards and subnets behind those. */
function hiddenAt(world: World, view: LabView, stay: Stay): string[] {
  const id = view.planned(stay.at)?.id;
  const devices = [stay.entered, stay.left].flatMap((record) => {
    const dev = record === undefined ? undefined : stay.at.devices.get(record.ifindex);
    return dev === undefined ? [] : [dev];
  });
  if (id === undefined) return hiddenInFabric(world, stay);
  const netns = world.netns.get(id);
  return [
    ...(netns?.unmodelled ?? []).filter(({ scope }) => bites(scope, stay, devices)).map(({ what }) => what),
    ...(netns === undefined
      ? []
      : [...portsAt(netns, devices), ...routesAt(netns, stay), ...chainsAt(netns, stay), ...tableAt(netns, stay)]),
    ...devices.flatMap((dev) => hiddenBehind(world, cardAt(world, id, dev))),
  ];
}

/** Chains the lab was not given; and rules of ARP, which it asks nothing: the neighbours it knows are permanent. */
function chainsAt(netns: Netns, { first: { family }, entered, left }: Stay): string[] {
  const shared = sharedTables(netns).filter((table) => table.family === (family === 4 ? 'ip' : 'ip6'));
  const asks = family === 4 && (entered !== undefined || left !== undefined);
  const arp = asks ? netns.nft.filter((table) => table.family === 'arp' && table.objects.some(isMet)) : [];
  return [
    ...shared.map(tellShared),
    ...arp.map(({ name }) => `table arp ${name}: the lab asks for no neighbour it knows`),
  ];
}

/** The size of a table is the machine's, and the lab's tables are all but empty. */
function tableAt(netns: Netns, { ct }: Stay): string[] {
  const room = ct === 'new' ? tableRoom(netns) : undefined;
  if (room === undefined || room.count < room.max) return [];
  return [`the connection table is full (${room.text}), and the lab's is not`];
}

const isMet = (object: NftObject): boolean => object.kind === 'unsupported' && object.meets !== undefined;

/** Ports of the lab stand alone, and both ends of its cables are plugged in. */
const portsAt = ({ links }: Netns, devices: readonly string[]): string[] =>
  devices.flatMap((dev) => {
    const unplugged = links.some(({ ifname, flags }) => ifname === dev && flags.includes('NO-CARRIER'));
    return [enslaved(links, dev) ?? [], unplugged ? `${dev} has no carrier, and the lab's has one` : []].flat();
  });

/**
 * Routes and rules the lab was not given because not all of them is modelled, that a packet of this stay may have asked: by
 * where it went, or, where it died, by where it came from.
 */
const routesAt = (netns: Netns, { first, headers, left }: Stay): string[] =>
  unheldRoutes(netns, first.family, new Set([first.dst, headers.dst, ...(left === undefined ? [first.src] : [])]));

const reaches = (block: Cidr | undefined, asked: ReadonlySet<Ip>): boolean =>
  block === undefined || [...asked].some((address) => cidrContains(block, address));

/** Those for one of these addresses. */
export function unheldRoutes({ links, routes, rules }: Netns, family: Family, asked: ReadonlySet<Ip>): string[] {
  const touches = (each: Pick<IpRule, 'dst' | 'family'>): boolean => each.family === family && reaches(each.dst, asked);
  const devices = new Set(links.map(({ ifname }) => ifname));
  const notRouted = routes.filter(touches).flatMap((route) => {
    const why = route.flags.includes('dead')
      ? "the lab's is not dead"
      : route.unsupported === undefined
        ? overAbsentDevice(route, devices)
        : `${route.unsupported} is not modelled`;
    return why === undefined ? [] : [`route ${showRoute(route)}: ${why}`];
  });
  return [
    ...notRouted,
    ...rules
      .filter((rule) => rule.unsupported !== undefined && touches(rule))
      .map(({ priority, unsupported }) => `ip rule ${priority}: ${unsupported} is not modelled`),
  ];
}

/** Whether forwarding and its filters were asked of a packet is not told apart: it came by a device. */
function bites(scope: Unmodelled['scope'], stay: Stay, devices: readonly string[]): boolean {
  if (scope.kind === 'dev') return devices.includes(scope.dev);
  if (scope.kind === 'sockets')
    return stay.reachedInput && (scope.protocol === undefined || stay.headers.protocol === scope.protocol);
  if (scope.kind === 'socket')
    return stay.reachedInput && stay.headers.protocol === scope.protocol && stay.headers.dport === scope.port;
  if (scope.kind === 'destination') return stay.first.dst === scope.address;
  if (scope.kind === 'table' || scope.kind === 'hook' || scope.kind === 'routes')
    return scope.family === stay.first.family;
  return scope.kind === 'netns' || stay.entered !== undefined;
}

/** Where nothing of the lab stands for a load balancer, whoever took a packet for one of its addresses was not meant. */
const balancedAt = ({ fabric }: World, view: LabView, { first }: Stay): string[] =>
  fabric.loadBalancers.flatMap(({ id, zones }) =>
    zones
      .filter(({ zone, eni }) => view.at(`lb/${id}@${zone}`) === undefined && ownsAddress(fabric, eni, first.dst))
      .map(() => `${first.dst} is load balancer ${id}, which the lab has nothing for`),
  );

const ownsAddress = ({ enis }: World['fabric'], id: string, address: Ip): boolean => {
  const eni = enis.find((each) => each.id === id);
  return eni !== undefined && [...eni.addresses, ...eni.publicAddresses.values()].includes(address);
};

/** The lab sends on to targets that a node may not have. */
function unsureAt(world: World, view: LabView, stay: Stay): string[] {
  const { node, listener } = listenerAt(world, view, stay) ?? {};
  const action = listener?.rules.at(-1)?.action;
  if (node === undefined || action?.kind !== 'forward') return [];
  return node.groups.flatMap(({ group }) =>
    action.targetGroups.some(({ id }) => id === group.id) ? (unsureOf(group) ?? []) : [],
  );
}

interface AtListener {
  readonly node: BalancerNode;
  readonly listener: Listener;
}

/** Of a network load balancer: what a packet that came to a node of one was meant for. */
function listenerAt({ fabric }: World, view: LabView, { at, first }: Stay): AtListener | undefined {
  const node = balancerAt(fabric, view.planned(at)?.label ?? '');
  const listener = node?.loadBalancer.listeners.find(({ port }) => port === first.dport);
  return listener === undefined || node?.loadBalancer.type !== 'network' ? undefined : { node, listener };
}

/** What a node would have sent on, and no rule of the kernel does. */
function notBalanced(world: World, view: LabView, stay: Stay): string[] {
  const found = listenerAt(world, view, stay);
  if (found === undefined) return [];
  const { node, listener } = found;
  const { first } = stay;
  const what = `listener ${listener.protocol} ${listener.port} of ${node.loadBalancer.id}`;
  const action = listener.rules.at(-1)?.action;
  if (action?.kind !== 'forward') return [`${what} does not forward, and the lab does nothing else`];
  const other = node.groups.some(
    ({ group, targets }) =>
      action.targetGroups.some(({ id }) => id === group.id) && targets.some(({ ip }) => familyOf(ip) !== first.family),
  );
  return other ? [`${what} has targets of the other IP family, and the kernel does not translate between them`] : [];
}

/** A way out of a transit gateway into a VPC: the lab has one for all zones of the attachment, and no network ACL is on it. */
function exitAt({ fabric }: World, view: LabView, { at }: Stay, next: Stay | undefined): string[] {
  const [here, there] = [at, next?.at].map((each) => (each === undefined ? undefined : view.planned(each)?.label));
  const gateway = fabric.transitGateways.find(({ id }) => `transit-gateway/${id}` === here);
  return (gateway?.attachments ?? []).flatMap(({ id, to }) => {
    if (to.kind !== 'vpc' || `vpc/${to.vpc}` !== there) return [];
    const tables = fabric.subnets.flatMap((subnet) => (to.subnets.includes(subnet.id) ? subnet.routeTable : []));
    const filtered = fabric.networkAcls.filter(({ subnets }) => subnets.some((each) => to.subnets.includes(each)));
    return [
      ...(new Set(tables).size > 1
        ? [`the subnets of attachment ${id} have several route tables, and the lab asks one`]
        : []),
      ...filtered.map((acl) => `network ACL ${acl.id} on a subnet of attachment ${id} is not in the lab`),
    ];
  });
}

/** Of a cluster's public endpoint only what the model has: without an internet the lab has none of it. */
const endpointAt = ({ fabric }: World, view: LabView, { first }: Stay): string[] =>
  fabric.controlPlanes
    .filter(({ publicAddresses }) => publicAddresses.includes(first.dst))
    .flatMap((endpoint) => {
      if (view.at(endpointLabel(endpoint)) === undefined)
        return [`${first.dst} is the public endpoint of ${endpoint.id}, which the lab has nothing for`];
      return first.protocol === 'tcp' && first.dport === API
        ? []
        : [`only TCP ${API} of the public endpoint of ${endpoint.id} is modelled`];
    });

const API = 443;

const cardAt = ({ fabric }: World, id: NetnsId, dev: string): Eni | undefined =>
  fabric.enis.find(({ attachment }) => attachment?.netns === id && attachment.dev === dev);

function hiddenBehind({ fabric }: World, eni: Eni | undefined): string[] {
  if (eni === undefined) return [];
  const vpc = fabric.subnets.find(({ id }) => id === eni.subnet)?.vpc;
  return fabric.unmodelled
    .filter(({ scope: { kind, id } }) => id === { eni: eni.id, subnet: eni.subnet, vpc }[kind])
    .map(({ what }) => what);
}

/** Gateways, and cards without a namespace: by the addresses the packet has there. */
function hiddenInFabric(world: World, { at, first }: Stay): string[] {
  const { kind, name } = at.place;
  const { enis, natGateways, unmodelled } = world.fabric;
  if (kind === 'control-plane' || kind === 'vpc-endpoint' || kind === 'load-balancer')
    return hiddenBehind(
      world,
      enis.find(({ addresses }) => addresses.includes(first.dst) || addresses.includes(first.src)),
    );
  const subnet = kind === 'nat-gateway' ? natGateways.find(({ id }) => id === name)?.subnet : undefined;
  return unmodelled.filter(({ scope }) => scope.kind === 'subnet' && scope.id === subnet).map(({ what }) => what);
}

/** A packet that died where the lab is known to lack something may have died of that. */
function missingAt(view: LabView, stay: Stay): string[] {
  const label = view.planned(stay.at)?.label;
  if (label === 'nowhere') return ['a device on the way leads nowhere the input describes'];
  return label?.startsWith('vpc/') === true ? view.gaps.filter(({ where }) => where === label).map(tellGap) : [];
}

const tellGap = ({ where, what, because }: PlanGap): string => `${where}: ${what}: ${because}`;
