import type { Listener, ListenerAction } from '../../../../fabric/index.ts';
import { type Family, familyOf, type Ip } from '../../../../net/index.ts';
import { block, table } from '../nft-text.ts';
import type { BalancedGroup, BalancerNode } from './balancer-nodes.ts';

/** The table of a node's own rules, in `ip` and `ip6`. */
export const BALANCE = 'balance';

/** Chains of a target group and of its targets, by their place in the node's list. */
export const groupChain = (group: number): string => `group_${group}`;
export const targetChain = (group: number, target: number): string => `target_${group}_${target}`;

/** Whether a target gets new flows: by the places of its group and of itself. */
export type InUse = (group: number, target: number) => boolean;

/** Connections whose source becomes the node's. */
const STANDS_IN = 1;
const FAMILIES = { 4: 'ip', 6: 'ip6' } as const;

export type L4 = 'tcp' | 'udp';
const PROTOCOLS: readonly L4[] = ['tcp', 'udp'];
/** Seeds of the hashes; the protocol is part of what is hashed. */
const SEED = { tcp: 6, udp: 17 } as const;

/** What a listener hears: TLS is TCP to a packet. */
export const heard = ({ protocol }: Listener): readonly L4[] =>
  protocol === 'TCP_UDP' ? PROTOCOLS : protocol === 'UDP' ? ['udp'] : ['tcp'];

const forwards = ({ rules }: Listener): (ListenerAction & { readonly kind: 'forward' }) | undefined => {
  const action = rules.at(-1)?.action;
  return action?.kind === 'forward' ? action : undefined;
};

const ownOf = ({ eni }: BalancerNode, family: Family): readonly Ip[] =>
  eni.addresses.filter((address) => familyOf(address) === family);

export const familiesOf = (node: BalancerNode): readonly Family[] =>
  ([4, 6] as const).filter((family) => ownOf(node, family).length > 0);

/**
 * A node of a network load balancer, one table a family (NLB user guide, introduction and target groups):
 *
 *     prerouting    an address of its own, a listener's port  →  listener_PROTOCOL_PORT
 *     listener_...  one of the target groups, by weight       →  group_N
 *     group_N       one of the targets in use                 →  target_N_M   destination rewritten
 *     postrouting   where the client's address is not kept: the node's, and a port from 1024 up
 *
 * Connection tracking undoes both for the answers. Only `group_N` depends on the targets' health.
 */
export function balanceTables(node: BalancerNode, inUse: InUse): readonly string[] {
  const tables = familiesOf(node).map((family) =>
    table(FAMILIES[family], BALANCE, [
      ...node.groups.flatMap(({ targets }, g) =>
        targets.flatMap((target, t) =>
          familyOf(target.ip) === family ? [block(`chain ${targetChain(g, t)}`, [toTarget(target)])] : [],
        ),
      ),
      ...node.groups.map((_, g) => block(`chain ${groupChain(g)}`, groupRules(node, g, family, inUse))),
      ...listenersOf(node).map((listener) => block(`chain ${chainOf(listener)}`, [chooseGroup(node, listener)])),
      block('chain prerouting', [
        'type nat hook prerouting priority -100; policy accept',
        ...listenersOf(node).flatMap((listener) =>
          heard(listener).map((l4) => `${toOwn(node, family)} ${l4} dport ${listener.port} goto ${chainOf(listener)}`),
        ),
      ]),
      block('chain postrouting', [
        'type nat hook postrouting priority 100; policy accept',
        `ct mark ${STANDS_IN} meta l4proto { tcp, udp } snat to ${ended(ownOf(node, family)[0] ?? '', '1024-65535')} fully-random`,
      ]),
    ]),
  );
  return [...tables, guard(node)];
}

/** Commands of nft that make a node use other targets; connections go on. */
export function useTargets(node: BalancerNode, inUse: InUse): string {
  const lines = familiesOf(node).flatMap((family) =>
    node.groups.flatMap((_, g) => {
      const chain = `${FAMILIES[family]} ${BALANCE} ${groupChain(g)}`;
      return [`flush chain ${chain}`, ...groupRules(node, g, family, inUse).map((rule) => `add rule ${chain} ${rule}`)];
    }),
  );
  return `${lines.join('\n')}\n`;
}

const listenersOf = ({ loadBalancer }: BalancerNode): readonly Listener[] =>
  loadBalancer.listeners.filter((listener) => forwards(listener) !== undefined);

const chainOf = ({ protocol, port }: Listener): string => `listener_${protocol.toLowerCase()}_${port}`;

const toOwn = (node: BalancerNode, family: Family): string =>
  `${FAMILIES[family]} daddr { ${ownOf(node, family).join(', ')} }`;

const ended = (address: string, port: number | string): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

const toTarget = ({ ip, port }: { readonly ip: Ip; readonly port: number }): string =>
  `meta l4proto { tcp, udp } dnat to ${ended(ip, port)}`;

/** Target groups by their weights; nobody outside knows the hash. */
function chooseGroup({ groups }: BalancerNode, listener: Listener): string {
  const weighed = (forwards(listener)?.targetGroups ?? []).flatMap(({ id, weight }) => {
    const at = groups.findIndex(({ group }) => group.id === id);
    return weight > 0 && at >= 0 ? [{ chain: groupChain(at), weight }] : [];
  });
  const [only] = weighed;
  if (only === undefined) return 'drop';
  if (weighed.length === 1) return `goto ${only.chain}`;
  let from = 0;
  const shares = weighed.map(({ chain, weight }) => {
    const to = from + weight - 1;
    const share = `${weight === 1 ? from : `${from}-${to}`} : goto ${chain}`;
    from = to + 1;
    return share;
  });
  return `numgen random mod ${from} vmap { ${shares.join(', ')} }`;
}

/**
 * One of the targets in use, for each flow anew: by chance for TCP, since its first sequence number is in the hash, by the
 * addresses and ports for UDP, by the addresses alone where clients stick. All are used where none is to be.
 */
function groupRules(node: BalancerNode, g: number, family: Family, inUse: InUse): readonly string[] {
  const balanced = node.groups[g];
  if (balanced === undefined) return [];
  const all = balanced.targets.flatMap((target, t) => (familyOf(target.ip) === family ? [t] : []));
  const chosen = all.filter((t) => inUse(g, t));
  const used = chosen.length === 0 ? all : chosen;
  const chains = used.map((t) => targetChain(g, t));
  const [only] = chains;
  if (only === undefined) return [];
  const mark = balanced.group.preserveClientIp ? [] : [`ct mark set ${STANDS_IN}`];
  if (chains.length === 1) return [...mark, `goto ${only}`];
  const ways = chains.map((chain, i) => `${i} : goto ${chain}`).join(', ');
  return [
    ...mark,
    ...protocolsOf(node, balanced).map(
      (l4) => `meta l4proto ${l4} ${drawn(balanced, family, l4)(chains.length)} vmap { ${ways} }`,
    ),
  ];
}

const protocolsOf = ({ loadBalancer }: BalancerNode, { group }: BalancedGroup): readonly L4[] =>
  PROTOCOLS.filter((l4) =>
    loadBalancer.listeners.some(
      (listener) =>
        heard(listener).includes(l4) && forwards(listener)?.targetGroups.some(({ id }) => id === group.id) === true,
    ),
  );

function drawn({ group }: BalancedGroup, family: Family, l4: L4): (of: number) => string {
  const ends = `${FAMILIES[family]} saddr . ${FAMILIES[family]} daddr`;
  if (group.stickiness === 'source_ip') return (of) => `jhash ${ends} mod ${of} seed ${SEED[l4]}`;
  if (l4 === 'udp') return (of) => `jhash ${ends} . udp sport . udp dport mod ${of} seed ${SEED[l4]}`;
  return (of) => `numgen random mod ${of}`;
}

/**
 * What is balanced passes; what belongs to no connection is reset at a listener's port (NLB user guide, idle timeouts); what the
 * node itself asked is answered; nothing else gets a word.
 */
function guard({ loadBalancer }: BalancerNode): string {
  const ports = [
    ...new Set(loadBalancer.listeners.filter((each) => heard(each).includes('tcp')).map(({ port }) => port)),
  ];
  return table('inet', 'node', [
    block('chain input', [
      'type filter hook input priority 0; policy drop',
      'ct state established,related accept',
      ...(ports.length === 0
        ? []
        : [`ct state invalid tcp dport { ${ports.join(', ')} } tcp flags & rst == 0 reject with tcp reset`]),
      'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept',
    ]),
    block('chain forward', ['type filter hook forward priority 0; policy drop', 'ct status dnat accept']),
  ]);
}
