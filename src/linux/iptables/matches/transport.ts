import { bad, badValue, bang, type MatchModule, type OptionUse, parseRange, range } from '../option.ts';
import type { Match, PortMatch } from '../types.ts';

type Transport = Extract<Match, { kind: 'transport' }>;
type TcpFlags = NonNullable<Transport['tcpFlags']>;

/** Bit order of the TCP header, which is the order they are saved in (extensions/libxt_tcp.c). */
const FLAGS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'] as const;
const SYN_MASK = ['FIN', 'SYN', 'RST', 'ACK'] as const;

const PORT_OPTIONS = { '--sport': 1, '--source-port': 1, '--dport': 1, '--destination-port': 1 };

export const tcp: MatchModule = { options: { ...PORT_OPTIONS, '--tcp-flags': 2, '--syn': 0 }, parse };
/** `-m udp`, `-m sctp`, `-m udplite`. */
export const datagram: MatchModule = { options: PORT_OPTIONS, parse };

function parse(uses: readonly OptionUse[], _family: unknown, module: string): ReturnType<MatchModule['parse']> {
  if (module !== 'tcp' && module !== 'udp' && module !== 'sctp' && module !== 'udplite') return bad('Not a transport');
  let sport: PortMatch | undefined;
  let dport: PortMatch | undefined;
  let tcpFlags: TcpFlags | undefined;
  for (const use of uses) {
    if (use.name === '--syn') tcpFlags = { not: use.not, mask: SYN_MASK, comp: ['SYN'] };
    else if (use.name === '--tcp-flags') {
      const mask = flagList(use.args[0]);
      const comp = flagList(use.args[1]);
      if (mask === undefined || comp === undefined)
        return badValue(use, `two lists of ${FLAGS.join(',')}, ALL or NONE`);
      tcpFlags = { not: use.not, mask, comp };
    } else {
      const ports = parseRange(use.args[0]);
      if (ports === undefined) return badValue(use, 'a port number or a range such as "1024:65535"');
      if (use.name === '--sport' || use.name === '--source-port') sport = { not: use.not, range: ports };
      else dport = { not: use.not, range: ports };
    }
  }
  return {
    kind: 'transport',
    protocol: module,
    ...(sport === undefined ? {} : { sport }),
    ...(dport === undefined ? {} : { dport }),
    ...(tcpFlags === undefined ? {} : { tcpFlags }),
  };
}

function flagList(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  if (text === 'ALL') return FLAGS;
  if (text === 'NONE') return [];
  const named = text.split(',');
  return named.every((name) => FLAGS.some((flag) => flag === name))
    ? FLAGS.filter((f) => named.includes(f))
    : undefined;
}

/** A range of every port is what no option means. */
const says = (ports: PortMatch | undefined): ports is PortMatch =>
  ports !== undefined && (ports.not || ports.range.from !== 0 || ports.range.to !== 65535);

const sorted = (flags: readonly string[]): string =>
  flags.length === 0 ? 'NONE' : FLAGS.filter((flag) => flags.includes(flag)).join(',');

const flagsSay = (flags: TcpFlags | undefined): flags is TcpFlags =>
  flags !== undefined && (flags.not || flags.mask.length + flags.comp.length > 0);

export function saveTransport(match: Transport): string {
  let text = `-m ${match.protocol}`;
  if (says(match.sport)) text += ` ${bang(match.sport.not)}--sport ${range(match.sport.range)}`;
  if (says(match.dport)) text += ` ${bang(match.dport.not)}--dport ${range(match.dport.range)}`;
  const flags = match.tcpFlags;
  if (flagsSay(flags)) text += ` ${bang(flags.not)}--tcp-flags ${sorted(flags.mask)} ${sorted(flags.comp)}`;
  return text;
}

const listPorts = (name: string, ports: PortMatch): string =>
  ` ${name}${ports.range.from === ports.range.to ? '' : 's'}:${ports.not ? '!' : ''}${range(ports.range)}`;

const bits = (flags: readonly string[]): string =>
  `0x${FLAGS.reduce((sum, flag, bit) => sum + (flags.includes(flag) ? 2 ** bit : 0), 0)
    .toString(16)
    .toUpperCase()
    .padStart(2, '0')}`;

export function listTransport(match: Transport): string {
  let text: string = match.protocol;
  if (says(match.sport)) text += listPorts('spt', match.sport);
  if (says(match.dport)) text += listPorts('dpt', match.dport);
  const flags = match.tcpFlags;
  if (flagsSay(flags)) text += ` flags:${flags.not ? '!' : ''}${bits(flags.mask)}/${bits(flags.comp)}`;
  return text;
}
