import {
  anyHolds,
  blockHolds,
  type Eni,
  type Held,
  type Subnet,
  showRule,
  showTraffic,
  standsFor,
  tellStandIn,
} from '../../../fabric/index.ts';
import type { Cidr, Ip } from '../../../net/index.ts';
import type { DropCause, SecurityGroupCause } from '../../../trace/index.ts';
import type { Packet } from '../../packet.ts';
import { type Crossing, die, type FabricWalk, recordFabric } from '../fabric-walk.ts';
import { decideByPort, type PortRule } from './decide-by-port.ts';
import { type Guard, type GuardRule, isForAll, isUntracked } from './filter-index.ts';
import { hiddenGroup } from './hidden-group.ts';
import { fits, fitsProtocol, trafficOf } from './match-traffic.ts';
import { lineOf, namesOf, placesOf, rulesText, writerOf } from './say.ts';
import type { Way } from './tracked-flows.ts';

/** What an ENI's groups are asked: a packet that passes it, and the ENI at the other end, where the fabric sees one. */
interface Passing {
  readonly eni: Eni;
  readonly way: Way;
  readonly packet: Packet;
  /** Undefined behind a gateway that translates, or outside what groups can refer to. */
  readonly other: () => Eni | undefined;
}

/** How a packet that may not pass ends; undefined: it passes. Source and destination check come before and after. */
export function leaveByGroups(on: FabricWalk, eni: Eni, subnet: Subnet, packet: Packet): Crossing | undefined {
  const guard = on.index.filters?.guard(eni);
  if (guard === undefined) return undefined;
  return pass(on, guard, { eni, way: 'egress', packet, other: () => receiverOf(on, subnet, packet) });
}

/**
 * `sender`: the ENI the packet left last, as the VPC knows it. What a NAT gateway or an internet gateway sends on comes from
 * none that a group could name (VPC guide, security group rules). What a network load balancer sends on comes from its ENI
 * though the source is the client's (NLB user guide, security groups).
 */
export function enterByGroups(on: FabricWalk, eni: Eni, packet: Packet, sender: Eni | undefined): Crossing | undefined {
  const guard = on.index.filters?.guard(eni);
  if (guard === undefined) return undefined;
  const isSeen = sender !== undefined && (isBalancer(sender) || on.index.owns(sender, packet.src));
  const other = isSeen ? sender : undefined;
  return pass(on, guard, { eni, way: 'ingress', packet, other: () => other });
}

function pass(on: FabricWalk, guard: Guard, passing: Passing): Crossing | undefined {
  const { eni, way, packet } = passing;
  const flows = on.tracked(eni.id);
  const { now } = on.walk;
  if (flows.admits(packet, way, now)) return undefined;
  const decided = decide(on, guard, passing);
  decideByPort(on, packet, namesOf(guard.groups), () => byPort(on, guard, passing), 'denied');
  switch (decided.kind) {
    case 'allowed':
      if (!isUntracked(guard, way, packet) || isAlwaysTracked(on, passing)) flows.open(packet, way, now);
      recordAllowed(on, passing, decided.by);
      return undefined;
    case 'unknown':
      return { kind: 'unknown', what: decided.what, packet };
    case 'denied':
      return refuse(on, guard, passing);
  }
}

type Decision =
  | { readonly kind: 'allowed'; readonly by: GuardRule }
  | { readonly kind: 'denied' }
  | { readonly kind: 'unknown'; readonly what: string };

/** Rules have no order: one that allows is enough, whatever else is not known. */
function decide(on: FabricWalk, guard: Guard, passing: Passing): Decision {
  const { eni, way, packet } = passing;
  const fitting = guard.rules[way].filter(({ rule }) => fits(rule, packet));
  const by = fitting.find((each) => isPeer(on, each, passing) === 'yes');
  if (by !== undefined) return { kind: 'allowed', by };
  const verb = way === 'ingress' ? 'lets in' : 'lets out';
  const asked = `${showTraffic(trafficOf(packet))} ${way === 'ingress' ? 'from' : 'to'} ${peerOf(passing)}`;
  const [unknown] = guard.unknown;
  if (unknown !== undefined)
    return {
      kind: 'unknown',
      what: `security group ${unknown} of ${eni.id} is named and not described: whether it ${verb} ${asked} is not known (${lineOf(eni.origin) ?? 'fabric.json'})`,
    };
  const list = fitting.find(
    ({ rule }) => rule.peer.kind === 'prefix-list' && on.index.filters?.prefixList(rule.peer.id) === undefined,
  );
  if (list !== undefined)
    return {
      kind: 'unknown',
      what: `prefix list of rule "${showRule(way, list.rule)}" of ${list.group.id} is not described: whether it ${verb} ${asked} is not known (${lineOf(list.rule.origin) ?? 'fabric.json'})`,
    };
  const maybe = fitting.filter((each) => isPeer(on, each, passing) === 'unsure');
  const [unsure] = maybe;
  const standIn = unsure === undefined ? undefined : on.index.standIn(peerOf(passing));
  if (unsure !== undefined && anyHolds(blocksOf(on, maybe), peerOf(passing), standIn) === 'yes')
    return { kind: 'allowed', by: unsure };
  if (unsure !== undefined && standIn !== undefined)
    return {
      kind: 'unknown',
      what: `${tellStandIn(peerOf(passing), standIn)}; whether rule "${showRule(way, unsure.rule)}" of ${unsure.group.id} is for it is not known (${writerOf(unsure.rule.origin ?? unsure.group.origin) ?? 'fabric.json'})`,
    };
  return { kind: 'denied' };
}

/** Blocks of addresses the rules are for. */
const blocksOf = (on: FabricWalk, rules: readonly GuardRule[]): readonly Cidr[] =>
  rules.flatMap(({ rule: { peer } }) => {
    if (peer.kind === 'cidr') return [peer.cidr];
    return peer.kind === 'prefix-list' ? (on.index.filters?.prefixList(peer.id) ?? []) : [];
  });

/** What `decide` would say of a packet like this one to any port. */
function byPort(on: FabricWalk, guard: Guard, passing: Passing): readonly PortRule[] {
  const { way, packet } = passing;
  const fitting = guard.rules[way].filter(({ rule }) => fitsProtocol(rule, packet));
  const portsOf = ({ rule }: GuardRule): PortRule['ports'] => (rule.protocol === 'all' ? undefined : rule.ports);
  const allowing = fitting.filter((each) => isPeer(on, each, passing) === 'yes');
  const unsure = fitting.filter((each) => isPeer(on, each, passing) === 'unsure');
  return [
    ...allowing.map((each) => ({ ports: portsOf(each), verdict: 'allowed' })),
    ...(guard.unknown.length > 0 ? [{ ports: undefined, verdict: 'unknown' }] : []),
    ...unsure.map((each) => ({ ports: portsOf(each), verdict: 'unknown' })),
  ];
}

const peerOf = ({ way, packet }: Passing): Ip => (way === 'ingress' ? packet.src : packet.dst);

/** `unsure` of a list nobody describes, and of an address nobody gave. */
function isPeer(on: FabricWalk, { rule: { peer } }: GuardRule, passing: Passing): Held {
  const address = peerOf(passing);
  switch (peer.kind) {
    case 'cidr':
      return blockHolds(peer.cidr, address, on.index.standIn(address));
    case 'prefix-list': {
      const blocks = on.index.filters?.prefixList(peer.id);
      return blocks === undefined ? 'unsure' : anyHolds(blocks, address, on.index.standIn(address));
    }
    case 'security-group':
      return passing.other()?.securityGroups.includes(peer.id) === true ? 'yes' : 'no';
  }
}

/** The ENI that a packet is for, where it gets there inside the VPC or over a peering within the Region. */
function receiverOf({ index }: FabricWalk, subnet: Subnet, { dst }: Packet): Eni | undefined {
  const target = index.lookup(subnet.routeTable, dst)?.target;
  if (target?.kind === 'local') return index.eniOwning(subnet.vpc, dst);
  if (target?.kind !== 'vpc-peering') return undefined;
  const peering = index.peering(target.id);
  const other = peering?.requester === subnet.vpc ? peering.accepter : peering?.requester;
  if (other === undefined || index.vpc(other)?.region !== index.vpc(subnet.vpc)?.region) return undefined;
  return index.eniOwning(other, dst);
}

const BALANCER = 'lb/';

const isBalancer = ({ owner }: Eni): boolean => owner.startsWith(BALANCER);

/** Flows through a NAT gateway, a transit gateway or a load balancer, whatever the rules (EC2 guide, automatically tracked connections). */
function isAlwaysTracked({ index }: FabricWalk, { eni, way, packet, other }: Passing): boolean {
  const met = other();
  if (met !== undefined && isBalancer(met)) return true;
  const subnet = way === 'egress' ? index.subnet(eni.subnet) : undefined;
  const target = subnet === undefined ? undefined : index.lookup(subnet.routeTable, packet.dst)?.target.kind;
  return target === 'nat-gateway' || target === 'transit-gateway';
}

/** Everything out to everybody is what a reader expects. */
function recordAllowed(on: FabricWalk, { eni, way, packet }: Passing, { group, rule }: GuardRule): void {
  const isPlain = way === 'egress' && rule.protocol === 'all' && isForAll(rule, packet.family);
  if (on.walk.record === undefined || isPlain) return;
  const by = writerOf(rule.origin ?? group.origin);
  recordFabric(on, 'security-group', packet, packet, {
    action: `${namesOf([group])} lets ${way === 'ingress' ? 'in' : 'out'} ${showRule(way, rule)}`,
    text: `${eni.id} ${group.id} ${way}: ${showRule(way, rule)}`,
    ...(by === undefined ? {} : { by }),
  });
}

function refuse(on: FabricWalk, guard: Guard, passing: Passing): Crossing {
  const { eni, way, packet } = passing;
  const traffic = showTraffic(trafficOf(packet));
  const what = `${traffic} ${way === 'ingress' ? 'from' : 'to'} ${peerOf(passing)}`;
  const other = passing.other();
  const farSide = way === 'egress' && other !== undefined ? refusedThere(on, eni, other, packet) : undefined;
  const hidden = other === undefined && way === 'ingress' ? hiddenGroup(on, guard, eni, packet) : {};
  if (hidden.across?.kind === 'transit-gateway')
    on.walk.assumptions.add(`security group referencing support of ${hidden.across.id} is taken as off, its default`);
  const groups = guard.groups.map(({ id }) => id);
  const cause: DropCause = {
    kind: 'security-group',
    direction: way,
    eni: eni.id,
    groups,
    traffic,
    peer: peerOf(passing),
    ...standsFor(on.index.standIn(peerOf(passing))),
    ...(other === undefined || other.securityGroups.length === 0 ? {} : { peerGroups: other.securityGroups }),
    ...hidden,
    ...(farSide === undefined ? {} : { farSide: { ...farSide, sender: packet.src } }),
    ...writtenFor(on, guard, eni),
  };
  const because = `no ${way} rule of ${namesOf(guard.groups)} allows ${what} (${ownerOf(eni)})`;
  return die(on, packet, 'dropped', cause, because, {
    text: rulesText(eni, guard, way),
    by: placesOf(guard),
  });
}

/** A controller writes its load balancer's own group anew: rules of anybody else's do not stay. Groups of somebody else it leaves. */
function writtenFor({ index }: FabricWalk, { groups }: Guard, { owner }: Eni): Pick<SecurityGroupCause, 'written'> {
  const of = owner.startsWith(BALANCER) ? index.loadBalancer(owner.slice(BALANCER.length)) : undefined;
  if (of === undefined || !groups.some(({ id }) => id === of.ownGroup)) return {};
  return { written: { type: of.type, madeFor: of.madeFor } };
}

const ownerOf = ({ id, owner }: Eni): string => (owner === '' ? id : `${id} of ${owner}`);

/** The other end would refuse it as well: both rules are missing. */
function refusedThere(
  on: FabricWalk,
  sender: Eni,
  eni: Eni,
  packet: Packet,
): { readonly eni: string; readonly groups: readonly string[] } | undefined {
  const guard = on.index.filters?.guard(eni);
  if (guard === undefined || on.tracked(eni.id).knows(packet, 'ingress', on.walk.now)) return undefined;
  const there = decide(on, guard, { eni, way: 'ingress', packet, other: () => sender });
  return there.kind === 'denied' ? { eni: eni.id, groups: guard.groups.map(({ id }) => id) } : undefined;
}
