import type { KubeProxyConfig } from '../../../cluster/index.ts';
import { ipt, type Match, type Origin, type Rule, type TableName, type Target } from '../../../linux/index.ts';
import { cidr, type Family, protocolNumber } from '../../../net/index.ts';
import type { BuiltinRules } from '../../types.ts';
import { markMasqueradeRules, masqueradeMark, postroutingRules } from '../fixed-rules.ts';
import { isNotLocalMatch } from '../local-detector.ts';
import type { ServicePortInfo } from '../service-port.ts';
import type { Sets } from './collect-sets.ts';
import { commentOf, type SetName, setName } from './sets.ts';

const origin: Origin = { by: 'kube-proxy' };

type Flags = readonly ('src' | 'dst')[];
const DST: Flags = ['dst'];
const DST_DST: Flags = ['dst', 'dst'];
const DST_DST_SRC: Flags = ['dst', 'dst', 'src'];

/** The first release whose nodes keep their own ports from service addresses (kubernetes #119613, taken back to 1.27). */
const FILTERS_FROM = 27;

/** Jumps as they are saved: each was inserted at the head, in the order of `iptablesJumpChain`. */
export function ipvsJumps(version: string): readonly BuiltinRules[] {
  const jump = (chain: string, comment: string): Rule => ipt.rule([ipt.comment(comment)], ipt.jump(chain), origin);
  const firewall = jump('KUBE-PROXY-FIREWALL', 'kube-proxy firewall rules');
  const filter = filters(version) ? [jump('KUBE-IPVS-FILTER', 'kubernetes ipvs access filter')] : [];
  const out = filters(version) ? [jump('KUBE-IPVS-OUT-FILTER', 'kubernetes ipvs access filter')] : [];
  const portals = jump('KUBE-SERVICES', 'kubernetes service portals');
  const health = jump('KUBE-NODE-PORT', 'kubernetes health check rules');
  return [
    { table: 'filter', chain: 'INPUT', rules: [...filter, firewall, health] },
    { table: 'filter', chain: 'FORWARD', rules: [firewall, jump('KUBE-FORWARD', 'kubernetes forwarding rules')] },
    { table: 'filter', chain: 'OUTPUT', rules: out },
    { table: 'nat', chain: 'PREROUTING', rules: [portals] },
    { table: 'nat', chain: 'OUTPUT', rules: [portals] },
    { table: 'nat', chain: 'POSTROUTING', rules: [jump('KUBE-POSTROUTING', 'kubernetes postrouting rules')] },
  ];
}

const filters = (version: string): boolean => Number(version.split('.')[1] ?? 0) >= FILTERS_FROM;

export interface ChainContext {
  readonly config: KubeProxyConfig;
  readonly family: Family;
  readonly version: string;
  /** Every set, by its IPv4 name: rules about an empty one are left out. */
  readonly sets: Sets;
  /** Service ports whose source ranges leave the node out. */
  readonly barred: readonly ServicePortInfo[];
}

type Chains = ReadonlyMap<string, readonly Rule[]>;

/** The small fixed rule set of the mode (pkg/proxy/ipvs/proxier.go, writeIptablesRules): sets stand for the Services. */
export function ipvsChains(context: ChainContext): ReadonlyMap<TableName, Chains> {
  return new Map([
    ['nat', natChains(context)],
    ['filter', filterChains(context)],
  ]);
}

/** Rules that ask sets of one family, some only where the set holds something. */
class SetRules {
  private readonly family: Family;
  private readonly sets: Sets;

  constructor({ family, sets }: ChainContext) {
    this.family = family;
    this.sets = sets;
  }

  has(name: SetName): boolean {
    return (this.sets.get(name)?.elements.length ?? 0) > 0;
  }

  match(name: SetName, flags: Flags): Match {
    return ipt.inSet(setName(name, this.family), flags);
  }

  /** With the set's comment. */
  commented(name: SetName, flags: Flags, target: Target, protocol?: 'tcp' | 'udp' | 'sctp'): readonly Rule[] {
    if (!this.has(name)) return [];
    const head = protocol === undefined ? [] : [ipt.protocol(protocol)];
    return [ipt.rule([...head, ipt.comment(commentOf(name)), this.match(name, flags)], target, origin)];
  }

  plain(name: SetName, flags: Flags, target: Target): Rule {
    return ipt.rule([this.match(name, flags)], target, origin);
  }
}

const MARK = ipt.jump('KUBE-MARK-MASQ');

function natChains(context: ChainContext): Chains {
  const { config } = context;
  const on = new SetRules(context);
  return new Map([
    [
      'KUBE-LOAD-BALANCER',
      [...on.commented('KUBE-LOAD-BALANCER-LOCAL', DST_DST, ipt.returnTarget), ipt.rule([], MARK, origin)],
    ],
    ['KUBE-MARK-MASQ', markMasqueradeRules(config)],
    [
      'KUBE-NODE-PORT',
      [
        ...on.commented('KUBE-NODE-PORT-LOCAL-TCP', DST, ipt.returnTarget, 'tcp'),
        ...on.commented('KUBE-NODE-PORT-TCP', DST, MARK, 'tcp'),
        ...on.commented('KUBE-NODE-PORT-LOCAL-UDP', DST, ipt.returnTarget, 'udp'),
        ...on.commented('KUBE-NODE-PORT-UDP', DST, MARK, 'udp'),
        ...on.commented('KUBE-NODE-PORT-LOCAL-SCTP-HASH', DST_DST, ipt.returnTarget, 'sctp'),
        ...on.commented('KUBE-NODE-PORT-SCTP-HASH', DST_DST, MARK, 'sctp'),
      ],
    ],
    [
      'KUBE-POSTROUTING',
      [...on.commented('KUBE-LOOP-BACK', DST_DST_SRC, ipt.masquerade()), ...postroutingRules(config)],
    ],
    ['KUBE-SERVICES', servicesChain(context, on)],
  ]);
}

const LOOPBACK = { 4: cidr('127.0.0.0/8'), 6: cidr('::1/128') } as const;

function servicesChain({ config, family }: ChainContext, on: SetRules): readonly Rule[] {
  const accepted = (['KUBE-CLUSTER-IP', 'KUBE-LOAD-BALANCER'] as const).filter((name) => on.has(name));
  return [
    ipt.rule([ipt.source(LOOPBACK[family])], ipt.returnTarget, origin),
    ...on.commented('KUBE-LOAD-BALANCER', DST_DST, ipt.jump('KUBE-LOAD-BALANCER')),
    ...clusterIpRule(config, family, on),
    ...externalIpRules(on, 'KUBE-EXTERNAL-IP', true),
    ...externalIpRules(on, 'KUBE-EXTERNAL-IP-LOCAL', false),
    ipt.rule([ipt.addrtype({ dst: ['LOCAL'] })], ipt.jump('KUBE-NODE-PORT'), origin),
    ...accepted.map((name) => on.plain(name, DST_DST, ipt.accept)),
  ];
}

/**
 * Who is masqueraded on the way to a cluster IP: all, or all but pods where they can be told; else what has a cluster IP for its
 * source too, as a process of the node has, since the dummy device's address is the nearest there is.
 */
function clusterIpRule(config: KubeProxyConfig, family: Family, on: SetRules): readonly Rule[] {
  const name = 'KUBE-CLUSTER-IP';
  if (config.masqueradeAll) return on.commented(name, DST_DST, MARK);
  const foreign = isNotLocalMatch(config, family);
  if (foreign === undefined) return on.commented(name, ['src', 'dst'], MARK);
  if (!on.has(name)) return [];
  return [ipt.rule([foreign, ipt.comment(commentOf(name)), on.match(name, DST_DST)], MARK, origin)];
}

function externalIpRules(on: SetRules, name: SetName, masquerades: boolean): readonly Rule[] {
  if (!on.has(name)) return [];
  const base = [ipt.comment(commentOf(name)), on.match(name, DST_DST)];
  const notBridged: Match = { kind: 'physdev', text: '! --physdev-is-in' };
  const notFromHere = ipt.addrtype({ src: ['LOCAL'], notSrc: true });
  return [
    ...(masquerades ? on.commented(name, DST_DST, MARK) : []),
    ipt.rule([...base, notBridged, notFromHere], ipt.accept, origin),
    ipt.rule([...base, ipt.addrtype({ dst: ['LOCAL'] })], ipt.accept, origin),
  ];
}

function filterChains(context: ChainContext): Chains {
  const { config, family, version, barred } = context;
  const on = new SetRules(context);
  const bit = masqueradeMark(config);
  const chains = new Map<string, readonly Rule[]>([
    [
      'KUBE-FORWARD',
      [
        ipt.rule([ipt.comment('kubernetes forwarding rules'), ipt.mark(bit, bit)], ipt.accept, origin),
        ipt.rule(
          [ipt.comment('kubernetes forwarding conntrack rule'), ipt.ctstate(['RELATED', 'ESTABLISHED'])],
          ipt.accept,
          origin,
        ),
      ],
    ],
    [
      'KUBE-NODE-PORT',
      [
        ipt.rule(
          [ipt.comment(commentOf('KUBE-HEALTH-CHECK-NODE-PORT')), on.match('KUBE-HEALTH-CHECK-NODE-PORT', DST)],
          ipt.accept,
          origin,
        ),
      ],
    ],
    [
      'KUBE-PROXY-FIREWALL',
      [...on.commented('KUBE-LOAD-BALANCER-FW', DST_DST, ipt.jump('KUBE-SOURCE-RANGES-FIREWALL'))],
    ],
    [
      'KUBE-SOURCE-RANGES-FIREWALL',
      [
        ...on.commented('KUBE-LOAD-BALANCER-SOURCE-CIDR', DST_DST_SRC, ipt.returnTarget),
        ...on.commented('KUBE-LOAD-BALANCER-SOURCE-IP', DST_DST_SRC, ipt.returnTarget),
        ipt.rule([], ipt.drop, origin),
      ],
    ],
  ]);
  if (filters(version)) {
    chains.set('KUBE-IPVS-FILTER', accessFilter(on, family));
    chains.set('KUBE-IPVS-OUT-FILTER', barred.flatMap(outFilter));
  }
  return chains;
}

/** The node asks a load balancer's address with that very address for its source, so no set of sources can keep it out. */
function outFilter({ loadBalancerVIPs, protocol, port, origin: by }: ServicePortInfo): readonly Rule[] {
  return loadBalancerVIPs.map((address) => {
    const text = `-m ipvs --vproto ${protocolNumber(protocol)} --vaddr ${address} --vport ${port}`;
    return ipt.rule([ipt.source(address), { kind: 'unsupported', text }], ipt.drop, by);
  });
}

/** A service address is the node's own here: what is for no port of a Service must not reach the node's processes by it. */
function accessFilter(on: SetRules, family: Family): readonly Rule[] {
  const served = ['KUBE-LOAD-BALANCER', 'KUBE-CLUSTER-IP', 'KUBE-EXTERNAL-IP', 'KUBE-EXTERNAL-IP-LOCAL'] as const;
  return [
    ...served.map((name) => on.plain(name, DST_DST, ipt.returnTarget)),
    on.plain('KUBE-HEALTH-CHECK-NODE-PORT', DST, ipt.returnTarget),
    ipt.rule([ipt.ctstate(['NEW']), on.match('KUBE-IPVS-IPS', DST)], ipt.reject(family), origin),
  ];
}
