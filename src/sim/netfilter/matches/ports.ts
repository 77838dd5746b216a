import type { Match, PortMatch, PortRange } from '../../../linux/index.ts';
import type { Protocol } from '../../../net/index.ts';
import type { Packet } from '../../packet.ts';
import type { MatchEval, MatchModule } from '../types.ts';

export interface Ports {
  readonly sport: number;
  readonly dport: number;
}

/** Ports of a packet that has them. */
export function portsOf({ l4 }: Packet): Ports | undefined {
  return l4.kind === 'tcp' || l4.kind === 'ports' ? l4 : undefined;
}

export const inRange = (range: PortRange, port: number): boolean => port >= range.from && port <= range.to;

const portHolds = (match: PortMatch | undefined, port: number): boolean =>
  match === undefined || inRange(match.range, port) !== match.not;

/** xt_tcpudp.c, xt_sctp.c: ports, and for TCP the flags under a mask. */
export const transport: MatchModule<Extract<Match, { kind: 'transport' }>> = {
  eval({ protocol, sport, dport, tcpFlags }) {
    if (sport === undefined && tcpFlags === undefined) return toPorts(protocol, dport);
    const flags = tcpFlags === undefined ? undefined : flagTest(tcpFlags);
    return ({ skb: { packet } }) => {
      if (packet.protocol !== protocol) return false;
      const ports = portsOf(packet);
      if (ports === undefined || !portHolds(dport, ports.dport) || !portHolds(sport, ports.sport)) return false;
      return flags === undefined || flags(packet);
    };
  },
};

/** What most rules ask: thousands of Services have the same port, and so one function. */
function toPorts(protocol: Protocol, { not, range: { from, to } }: PortMatch = ANY_PORT): MatchEval {
  const key = `${protocol} ${not} ${from} ${to}`;
  const known = askers.get(key);
  if (known !== undefined) return known;
  const made: MatchEval = ({ skb: { packet } }) => {
    if (packet.protocol !== protocol) return false;
    const ports = portsOf(packet);
    return ports !== undefined && (ports.dport >= from && ports.dport <= to) !== not;
  };
  if (askers.size < MAX_ASKERS) askers.set(key, made);
  return made;
}

const ANY_PORT: PortMatch = { not: false, range: { from: 0, to: 65_535 } };
const MAX_ASKERS = 10_000;
const askers = new Map<string, MatchEval>();

type TcpFlags = NonNullable<Extract<Match, { kind: 'transport' }>['tcpFlags']>;

function flagTest({ not, mask, comp }: TcpFlags): (packet: Packet) => boolean {
  const asked = expandFlags(mask);
  const set = new Set(expandFlags(comp));
  return ({ l4 }) => {
    if (l4.kind !== 'tcp') return false;
    const flags: readonly string[] = l4.flags;
    return asked.every((flag) => flags.includes(flag) === set.has(flag)) !== not;
  };
}

const ALL_FLAGS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'];
const expandFlags = (names: readonly string[]): readonly string[] =>
  names.includes('ALL') ? ALL_FLAGS : names.filter((name) => name !== 'NONE');

/** xt_multiport.c. */
export const multiport: MatchModule<Extract<Match, { kind: 'multiport' }>> = {
  eval({ not, side, ports: ranges }) {
    const any = (port: number): boolean => ranges.some((range) => inRange(range, port));
    return ({ skb: { packet } }) => {
      const ports = portsOf(packet);
      if (ports === undefined) return false;
      const hit =
        side === 'sports'
          ? any(ports.sport)
          : side === 'dports'
            ? any(ports.dport)
            : any(ports.sport) || any(ports.dport);
      return hit !== not;
    };
  },
};
