import type { TcpFlag } from '../../../trace/index.ts';

/** States of a TCP connection IPVS forwards (include/net/ip_vs.h, IP_VS_TCP_S_*), and the seconds each is kept without a packet. */
const TIMEOUT = {
  NONE: 2,
  ESTABLISHED: 900,
  SYN_SENT: 120,
  SYN_RECV: 60,
  FIN_WAIT: 120,
  TIME_WAIT: 120,
  CLOSE: 10,
  CLOSE_WAIT: 60,
  LAST_ACK: 30,
  LISTEN: 120,
  SYNACK: 120,
} as const;

export type IpvsTcpState = keyof typeof TIMEOUT;

export const tcpTimeout = (state: IpvsTcpState): number => TIMEOUT[state];

const OF: Readonly<Record<string, IpvsTcpState>> = {
  es: 'ESTABLISHED',
  ss: 'SYN_SENT',
  sr: 'SYN_RECV',
  fw: 'FIN_WAIT',
  tw: 'TIME_WAIT',
  cl: 'CLOSE',
  cw: 'CLOSE_WAIT',
  la: 'LAST_ACK',
  li: 'LISTEN',
};

/** Rows: SYN, FIN, ACK, RST, of what the client sends and then of what the server does; columns: the state before. */
const COLUMNS: readonly IpvsTcpState[] = [
  'NONE',
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'SYNACK',
];
const TABLE: Readonly<Record<'input' | 'output', readonly string[]>> = {
  input: [
    'sr es es sr sr sr sr sr sr sr sr',
    'cl cw ss tw tw tw cl cw la li tw',
    'es es ss es fw tw cl cw cl li es',
    'cl cl cl sr cl cl cl cl la li sr',
  ],
  output: [
    'ss es ss sr ss ss ss ss ss li sr',
    'tw fw ss tw fw tw cl tw la li tw',
    'es es ss es fw tw cl cw la es es',
    'cl cl ss cl cl tw cl cl cl cl cl',
  ],
};

/** net/netfilter/ipvs/ip_vs_proto_tcp.c, set_tcp_state with the plain table (secure_tcp off). */
export function nextTcpState(
  state: IpvsTcpState,
  direction: 'input' | 'output',
  flags: readonly TcpFlag[],
): IpvsTcpState {
  const row = flags.includes('RST')
    ? 3
    : flags.includes('SYN')
      ? 0
      : flags.includes('FIN')
        ? 1
        : flags.includes('ACK')
          ? 2
          : -1;
  const cell = TABLE[direction][row]?.split(' ')[COLUMNS.indexOf(state)];
  return OF[cell ?? 'cl'] ?? 'CLOSE';
}
