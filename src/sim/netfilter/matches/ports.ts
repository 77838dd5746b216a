import type { Match, PortMatch, PortRange } from '../../../linux/index.ts';
import type { Packet } from '../../packet.ts';
import type { MatchModule } from '../types.ts';

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
    const mask = tcpFlags === undefined ? [] : expandFlags(tcpFlags.mask);
    const comp = new Set<string>(tcpFlags === undefined ? [] : expandFlags(tcpFlags.comp));
    return ({ skb: { packet } }) => {
      if (packet.protocol !== protocol) return false;
      const ports = portsOf(packet);
      if (ports === undefined) return false;
      if (!portHolds(sport, ports.sport) || !portHolds(dport, ports.dport)) return false;
      if (tcpFlags === undefined) return true;
      if (packet.l4.kind !== 'tcp') return false;
      const set: readonly string[] = packet.l4.flags;
      return mask.every((flag) => set.includes(flag) === comp.has(flag)) !== tcpFlags.not;
    };
  },
};

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
