import {
  type Fabric,
  isEveryPort,
  type SecurityGroup,
  type SecurityGroupRule,
  type Subnet,
  showPorts,
  TRACKING_TIMEOUTS,
} from '../../../../fabric/index.ts';
import { cidrCovers, type Family, protocolNumber } from '../../../../net/index.ts';
import { block } from '../nft-text.ts';
import { cardOf, flowChain, ignoreErrors, type Way } from './flow-keys.ts';
import { IS_HIDDEN } from './hidden-senders.ts';
import { IP, peerWords, trafficWords } from './match-words.ts';

/** What security groups are lowered with. */
export interface GroupLowering {
  readonly fabric: Fabric;
  readonly families: readonly Family[];
  /** The set of addresses of those who wear a group; of those alone whom packets of a subnet reach directly. */
  readonly membersOf: (group: string, family: Family, from: Subnet | undefined) => string;
  /** Matches for what those who wear a group send in other names than theirs; for all there is of that without a group. */
  readonly sentFor: (group: string | undefined, family: Family) => readonly string[];
  /** What goes to the resolver or stays on the link is not filtered. */
  readonly exempt: Readonly<Record<Way, readonly string[]>>;
}

/** Flows the groups of the VPC's ENIs know: the port's device, and the flow's number. */
const FLOWS = 'flows';

export const flowSet: readonly string[] = block(`set ${FLOWS}`, [
  'type iface_index . mark',
  'size 262144',
  'flags dynamic,timeout',
]);

/** Chains that every guard uses: what a flow's number is, and how a flow is remembered. */
export const sharedChains = (families: readonly Family[]): readonly (readonly string[])[] =>
  (['egress', 'ingress'] as const).flatMap((way) => [
    flowChain(way, families),
    rememberChain('open', way, families, TRACKING_TIMEOUTS.udp),
    rememberChain('seen', way, families, TRACKING_TIMEOUTS.udpStream),
  ]);

function rememberChain(name: string, way: Way, families: readonly Family[], udp: number): readonly string[] {
  const update = (seconds: number): string => `update @${FLOWS} { ${cardOf[way]} . meta mark timeout ${seconds}s }`;
  return block(`chain ${name}_${way}`, [
    ...ignoreErrors(families),
    `meta l4proto tcp ${update(TRACKING_TIMEOUTS.tcp)} return`,
    `meta l4proto udp ${update(udp)} return`,
    update(TRACKING_TIMEOUTS.other),
  ]);
}

/** Who a packet is from: whoever has its source, a load balancer's ENI that keeps its client's address, or nobody a group sees. */
type From = 'source' | 'balancer' | 'hidden';

/**
 * One direction of one list of groups: a packet of a known flow passes; one that a rule allows passes and is remembered, but
 * for what is not tracked; the rest is dropped. What a load balancer sends on in a client's name has a chain of its own.
 */
export function guardChains(
  name: string,
  way: Way,
  groups: readonly SecurityGroup[],
  subnet: Subnet,
  on: GroupLowering,
): readonly (readonly string[])[] {
  const [balanced, hidden] = [`${name}_balanced`, `${name}_hidden`];
  const sent = way === 'egress' ? [] : on.families.flatMap((family) => sentBy(family, on));
  const allowed = (from: From): readonly string[] => [
    ...untracked(way, groups, subnet, on),
    ...groups
      .flatMap((group) => group[way])
      .flatMap((rule) =>
        on.families.flatMap((family) =>
          ruleWords(rule, { way, subnet, from }, family, on).map((words) => `${words.join(' ')} goto open_${way}`),
        ),
      ),
    'drop',
  ];
  const known = [`jump flow_${way}`, `${cardOf[way]} . meta mark @${FLOWS} goto seen_${way}`];
  const seesSenders = way === 'ingress' && groups.some(({ ingress }) => ingress.some(namesGroup));
  return [
    ...(sent.length === 0 ? [] : [block(`chain ${balanced}`, allowed('balancer'))]),
    ...(seesSenders ? [block(`chain ${hidden}`, [...known, ...allowed('hidden')])] : []),
    block(`chain ${name}`, [
      'meta protocol != { ip, ip6 } return',
      ...on.exempt[way],
      ...(seesSenders ? [`${IS_HIDDEN} goto ${hidden}`] : []),
      ...known,
      ...sent.map((words) => `${words} goto ${balanced}`),
      ...allowed('source'),
    ]),
  ];
}

const sentBy = (family: Family, { sentFor }: GroupLowering): readonly string[] =>
  sentFor(undefined, family).map((words) => `meta protocol ${IP[family]} meta l4proto { tcp, udp } ${words}`);

const namesGroup = ({ peer }: SecurityGroupRule): boolean => peer.kind === 'security-group';

interface Asked {
  readonly way: Way;
  readonly subnet: Subnet;
  readonly from: From;
}

/** Each of which allows a packet. To a rule that names a group a load balancer is the sender, not its client. */
function ruleWords(
  rule: SecurityGroupRule,
  { way, subnet, from }: Asked,
  family: Family,
  on: GroupLowering,
): readonly (readonly string[])[] {
  const traffic = trafficWords(rule, family);
  const field = way === 'ingress' ? 'saddr' : 'daddr';
  const peers = ((): readonly (readonly string[] | undefined)[] => {
    switch (rule.peer.kind) {
      case 'cidr':
        return [peerWords(field, [rule.peer.cidr], family)];
      case 'security-group': {
        const { id } = rule.peer;
        if (from === 'hidden') return [];
        if (from === 'balancer') return on.sentFor(id, family).map((words) => [words]);
        return [[`${IP[family]} ${field} @${on.membersOf(id, family, way === 'egress' ? subnet : undefined)}`]];
      }
      case 'prefix-list': {
        const { id } = rule.peer;
        return [peerWords(field, on.fabric.prefixLists.find((list) => list.id === id)?.cidrs ?? [], family)];
      }
    }
  })();
  return peers.flatMap((peer) => (traffic === undefined || peer === undefined ? [] : [[...peer, ...traffic]]));
}

const PROTOCOLS = ['tcp', 'udp'] as const;

/** As the model has it: allowed to everybody, with the other direction open to everybody on all ports. */
function untracked(
  way: Way,
  groups: readonly SecurityGroup[],
  subnet: Subnet,
  { fabric, families }: GroupLowering,
): readonly string[] {
  const back = way === 'egress' ? 'ingress' : 'egress';
  const lines: string[] = [];
  for (const family of families) {
    for (const protocol of PROTOCOLS) {
      const forAll = (of: Way): readonly SecurityGroupRule[] =>
        groups.flatMap((group) => group[of]).filter((rule) => isForAll(rule, protocol, family));
      const isOpen = (of: Way): boolean => forAll(of).some(({ ports }) => isEveryPort(ports));
      const nat = way === 'egress' ? behindNat(fabric, subnet, family) : [];
      const add = (of: Way, field: 'dport' | 'sport'): void => {
        for (const { ports } of forAll(of)) {
          const words = `meta protocol ${IP[family]} ${ports === undefined || isEveryPort(ports) ? `meta l4proto ${protocol}` : `${protocol} ${field} ${showPorts(ports)}`}`;
          for (const towards of nat) lines.push(`${words} ${towards} goto open_${way}`);
          lines.push(`${words} return`);
        }
      };
      if (isOpen(back)) add(way, 'dport');
      if (isOpen(way)) add(back, 'sport');
    }
  }
  return [...new Set(lines)];
}

const isForAll = ({ peer, protocol }: SecurityGroupRule, of: 'tcp' | 'udp', family: Family): boolean =>
  peer.kind === 'cidr' &&
  peer.cidr.prefix === 0 &&
  peer.cidr.family === family &&
  (protocol === 'all' || protocolNumber(protocol) === protocolNumber(of));

const TRACKS: ReadonlySet<string> = new Set(['nat-gateway', 'transit-gateway']);

/** Destinations a subnet's route table sends to a NAT gateway or a transit gateway: what goes through one is always tracked. */
function behindNat({ routeTables }: Fabric, { routeTable }: Subnet, family: Family): readonly string[] {
  const routes = routeTables.find(({ id }) => id === routeTable)?.routes ?? [];
  return routes
    .filter(({ target, destination }) => TRACKS.has(target.kind) && destination.family === family)
    .map(({ destination }) => {
      const nearer = routes.filter(
        (each) =>
          !TRACKS.has(each.target.kind) &&
          each.destination.text !== destination.text &&
          cidrCovers(destination, each.destination),
      );
      const word = IP[family];
      const inside = destination.prefix === 0 ? '' : `${word} daddr ${destination.text} `;
      const outside =
        nearer.length === 0 ? '' : `${word} daddr != { ${nearer.map((each) => each.destination.text).join(', ')} }`;
      return `${inside}${outside}`.trim();
    });
}
