import type { Match, PortMatch } from '../../../linux/index.ts';
import type { Protocol } from '../../../net/index.ts';
import type { Packet } from '../../packet.ts';
import type { MatchEval, MatchModule } from '../types.ts';
import { type PortTest, portTest, testPort } from './by-port.ts';

export interface Ports {
  readonly sport: number;
  readonly dport: number;
}

/** Ports of a packet that has them. */
export function portsOf({ l4 }: Packet): Ports | undefined {
  return l4.kind === 'tcp' || l4.kind === 'ports' ? l4 : undefined;
}

const testOf = (match: PortMatch | undefined): PortTest | undefined =>
  match === undefined ? undefined : portTest([match.range], match.not);

/** xt_tcpudp.c, xt_sctp.c: ports, and for TCP the flags under a mask. */
export const transport: MatchModule<Extract<Match, { kind: 'transport' }>> = {
  byPort: true,
  eval({ protocol, sport, dport, tcpFlags }) {
    if (sport === undefined && tcpFlags === undefined) return toPorts(protocol, dport);
    const from = testOf(sport);
    const to = testOf(dport);
    const flags = tcpFlags === undefined ? undefined : flagTest(tcpFlags);
    return (frame) => {
      const { packet } = frame.skb;
      if (packet.protocol !== protocol) return false;
      const ports = portsOf(packet);
      if (ports === undefined || (flags !== undefined && !flags(packet))) return false;
      if (to !== undefined && !testPort(frame, to, ports.dport)) return false;
      return from === undefined || testPort(frame, from, ports.sport);
    };
  },
};

/** What most rules ask: thousands of Services have the same port, and so one function. */
function toPorts(protocol: Protocol, { not, range: { from, to } }: PortMatch = ANY_PORT): MatchEval {
  const key = `${protocol} ${not} ${from} ${to}`;
  const known = askers.get(key);
  if (known !== undefined) return known;
  const test = portTest([{ from, to }], not);
  const made: MatchEval = (frame) => {
    const { packet } = frame.skb;
    if (packet.protocol !== protocol) return false;
    const ports = portsOf(packet);
    return ports !== undefined && testPort(frame, test, ports.dport);
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
  byPort: true,
  eval({ not, side, ports: ranges }) {
    const among = portTest(ranges, false);
    return (frame) => {
      const ports = portsOf(frame.skb.packet);
      if (ports === undefined) return false;
      const hit =
        (side !== 'dports' && testPort(frame, among, ports.sport)) ||
        (side !== 'sports' && testPort(frame, among, ports.dport));
      return hit !== not;
    };
  },
};
