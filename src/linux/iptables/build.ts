/**
 * Small constructors for rules, one a match or target, so that whoever compiles a component's rules writes them in the
 * order iptables-save prints them: addresses, interfaces, protocol, then the modules in the order of their `-m`.
 *
 * @example
 * ipt.rule([ipt.destination('172.20.0.10'), ipt.protocol('udp'), ipt.comment('a name'), ipt.dport('udp', 53)], ipt.jump('X'))
 */
import { type Cidr, cidr, type Family, type Ip, ip, type Protocol } from '../../net/index.ts';
import type { Origin } from '../origin.ts';
import type { AddrType, CtState, Match, PortMatch, PortRange, RejectWith, Rule, Target } from './types.ts';

export type Block = Cidr | string;

export const ALL_BITS = 0xffffffff;

export function rule(matches: readonly Match[], target?: Target, origin?: Origin): Rule {
  return origin === undefined ? { matches, target } : { matches, target, origin };
}

const block = (of: Block): Cidr => (typeof of === 'string' ? cidr(of) : of);

export const source = (of: Block, not = false): Match => ({ kind: 'source', not, cidr: block(of) });
export const destination = (of: Block, not = false): Match => ({ kind: 'destination', not, cidr: block(of) });

/** `name` as it is typed, a wildcard's `+` included: `eth0`, `eni+`. */
export const inInterface = (name: string, not = false): Match => ({
  kind: 'in-interface',
  not,
  name,
  wildcard: name.endsWith('+'),
});
export const outInterface = (name: string, not = false): Match => ({
  kind: 'out-interface',
  not,
  name,
  wildcard: name.endsWith('+'),
});

export const protocol = (of: Protocol, not = false): Match => ({ kind: 'protocol', not, protocol: of });
export const comment = (text: string): Match => ({ kind: 'comment', text });

type Transport = Extract<Match, { kind: 'transport' }>['protocol'];
export const portRange = (from: number, to = from): PortRange => ({ from, to });
const portMatch = (of: number | PortRange, not: boolean): PortMatch => ({
  not,
  range: typeof of === 'number' ? portRange(of) : of,
});

/** `-m tcp` on its own, as `-p tcp -m tcp` saves it. */
export const transport = (of: Transport): Match => ({ kind: 'transport', protocol: of });
export const dport = (of: Transport, port: number | PortRange, not = false): Match => ({
  kind: 'transport',
  protocol: of,
  dport: portMatch(port, not),
});
export const sport = (of: Transport, port: number | PortRange, not = false): Match => ({
  kind: 'transport',
  protocol: of,
  sport: portMatch(port, not),
});

/** `-m mark --mark value/mask`. */
export const mark = (value: number, mask = ALL_BITS, not = false): Match => ({ kind: 'mark', not, value, mask });
export const connmark = (value: number, mask = ALL_BITS, not = false): Match => ({
  kind: 'connmark',
  not,
  value,
  mask,
});

export const ctstate = (states: readonly CtState[], not = false): Match => ({
  kind: 'conntrack',
  tests: [{ kind: 'ctstate', not, states }],
});

interface AddrTypeOptions {
  readonly src?: readonly AddrType[];
  readonly notSrc?: boolean;
  readonly dst?: readonly AddrType[];
  readonly notDst?: boolean;
  readonly limitIfaceIn?: boolean;
  readonly limitIfaceOut?: boolean;
}
export const addrtype = (of: AddrTypeOptions): Match => ({
  kind: 'addrtype',
  ...(of.src === undefined ? {} : { src: { not: of.notSrc ?? false, types: of.src } }),
  ...(of.dst === undefined ? {} : { dst: { not: of.notDst ?? false, types: of.dst } }),
  limitIfaceIn: of.limitIfaceIn ?? false,
  limitIfaceOut: of.limitIfaceOut ?? false,
});

const PROBABILITY_ONE = 0x80000000;

/**
 * `-m statistic --mode random --probability p`. iptables stores lround(2^31 * p) (extensions/libxt_statistic.c,
 * statistic_parse), so the numerator is what the kernel draws against, not p.
 */
export const probability = (p: number, not = false): Match => ({
  kind: 'statistic-random',
  not,
  numerator: Math.round(PROBABILITY_ONE * p),
});

interface RecentOptions {
  readonly seconds?: number;
  readonly hitcount?: number;
  readonly reap?: boolean;
  readonly family?: Family;
  readonly not?: boolean;
}
/** `-m recent --OP --name NAME`, keyed by the whole source address. */
export const recent = (op: 'set' | 'rcheck' | 'update' | 'remove', name: string, of: RecentOptions = {}): Match => ({
  kind: 'recent',
  not: of.not ?? false,
  op,
  name,
  ...(of.seconds === undefined ? {} : { seconds: of.seconds }),
  ...(of.hitcount === undefined ? {} : { hitcount: of.hitcount }),
  reap: of.reap ?? false,
  rttl: false,
  mask: of.family === 6 ? FULL_MASK_6 : FULL_MASK_4,
  side: 'rsource',
});
const FULL_MASK_4 = ip('255.255.255.255');
const FULL_MASK_6 = ip('ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff');

/** `-m set --match-set NAME FLAGS`. */
export const inSet = (name: string, flags: readonly ('src' | 'dst')[], not = false): Match => ({
  kind: 'set',
  not,
  name,
  flags,
  returnNomatch: false,
});
export const nfacct = (name: string): Match => ({ kind: 'nfacct', name });
export const multiport = (side: 'sports' | 'dports' | 'ports', ports: readonly PortRange[], not = false): Match => ({
  kind: 'multiport',
  not,
  side,
  ports,
});

export const accept: Target = { kind: 'ACCEPT' };
export const drop: Target = { kind: 'DROP' };
export const returnTarget: Target = { kind: 'RETURN' };
export const notrack: Target = { kind: 'NOTRACK' };
export const jump = (chain: string): Target => ({ kind: 'jump', chain });
export const goto = (chain: string): Target => ({ kind: 'goto', chain });
export const reject = (family: Family, kind?: RejectWith): Target => ({
  kind: 'REJECT',
  with: kind ?? (family === 4 ? 'icmp-port-unreachable' : 'icmp6-port-unreachable'),
});

/** `--set-xmark value/mask`. */
export const setXmark = (value: number, mask = ALL_BITS): Target => ({ kind: 'MARK', value, mask });
/** `--or-mark bits` is `--set-xmark bits/bits`; `--xor-mark bits` is `--set-xmark bits/0x0` (libxt_MARK.c). */
export const orMark = (bits: number): Target => setXmark(bits, bits);
export const xorMark = (bits: number): Target => setXmark(bits, 0);

export const connmarkSetXmark = (value: number, mask = ALL_BITS): Target => ({
  kind: 'CONNMARK',
  op: { kind: 'set', value, mask },
});
export const connmarkRestore = (mask = ALL_BITS): Target => ({
  kind: 'CONNMARK',
  op: { kind: 'restore', nfmask: mask, ctmask: mask },
});

interface NatOptions {
  readonly random?: boolean;
  readonly randomFully?: boolean;
  readonly persistent?: boolean;
}
const nat =
  (kind: 'DNAT' | 'SNAT') =>
  (to: Ip, port?: number, of: NatOptions = {}): Target => ({
    kind,
    range: port === undefined ? { from: to } : { from: to, ports: portRange(port) },
    random: of.random ?? false,
    randomFully: of.randomFully ?? false,
    persistent: of.persistent ?? false,
  });
export const dnat = nat('DNAT');
export const snat = nat('SNAT');
export const masquerade = (of: Omit<NatOptions, 'persistent'> = {}): Target => ({
  kind: 'MASQUERADE',
  random: of.random ?? false,
  randomFully: of.randomFully ?? false,
});
