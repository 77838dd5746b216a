import { type ConntrackEntry, type Netns, showConntrack, type Tuple } from '../../../linux/index.ts';
import { familyOf, type Ip } from '../../../net/index.ts';
import type { PlanGap } from '../types.ts';

/**
 * Lines of `conntrack -R` for the connections a namespace already has (conntrack(8)). Each says its translation, also where
 * it is none: else the kernel would hold both sides for undecided, and read the nat rules once more for packets of a
 * connection without an answer (net/netfilter/nf_conntrack_netlink.c ctnetlink_setup_nat, nf_nat_proto.c nf_nat_inet_fn).
 */
export function planConnections({ id, conntrack }: Netns, gaps: PlanGap[]): readonly string[] {
  const lines: string[] = [];
  const left: ConntrackEntry[] = [];
  for (const entry of conntrack) {
    const words = connectionWords(entry);
    if (words === undefined) left.push(entry);
    else lines.push(words.join(' '));
  }
  const [first] = left;
  if (first !== undefined) {
    const more = left.length === 1 ? '' : ` and ${left.length - 1} more`;
    const because =
      'the lab makes TCP, UDP and ICMP connections whose state it knows, and of CLOSE not how it came about';
    gaps.push({ where: id, what: `${showConntrack(first)}${more}`, because });
  }
  return lines;
}

/** The line that ends what one of those began. */
export const endConnection = (line: string): string =>
  line.replace(/^-A .*?(-s )/, '-D $1').replace(/ (?:--state|-g) .*$/, '');

/** Not CLOSE: of one that is made the kernel takes it that an end has begun to close it, of one that was reset not always. */
const TCP_STATES = /^(?:NONE|SYN_SENT2?|SYN_RECV|ESTABLISHED|FIN_WAIT|CLOSE_WAIT|LAST_ACK|TIME_WAIT|LISTEN)$/;

function connectionWords(entry: ConntrackEntry): readonly string[] | undefined {
  const { original, reply, mark, state, timeout, zone } = entry;
  const tuple = tupleWords(original);
  if (tuple === undefined || (original.protocol === 'tcp' && !TCP_STATES.test(state ?? ''))) return undefined;
  const status = [...(entry.unreplied ? [] : ['SEEN_REPLY']), ...(entry.assured ? ['ASSURED'] : [])];
  const translated = (address: Ip, port: number): string => {
    if (original.icmp !== undefined) return address;
    return familyOf(address) === 4 ? `${address}:${port}` : `[${address}]:${port}`;
  };
  return [
    ...['-A', '-t', `${timeout}`],
    ...(status.length === 0 ? [] : ['-u', status.join(',')]),
    ...(zone === undefined ? [] : ['-w', `${zone}`]),
    ...['-m', `${mark}`],
    ...['-s', original.src, '-d', original.dst, ...tuple],
    ...(original.protocol === 'tcp' && state !== undefined ? ['--state', state] : []),
    ...['-g', translated(reply.src, reply.sport)],
    ...(entry.srcNat ? ['-n', translated(reply.dst, reply.dport)] : []),
  ];
}

function tupleWords({ protocol, sport, dport, icmp }: Tuple): readonly string[] | undefined {
  if (protocol === 'tcp' || protocol === 'udp' || protocol === 'udplite')
    return ['-p', protocol, '--sport', `${sport}`, '--dport', `${dport}`];
  if (icmp === undefined) return undefined;
  const name = protocol === 'icmp' ? 'icmp' : 'icmpv6';
  return [
    ...['-p', name, `--${name}-type`, `${icmp.type}`],
    ...[`--${name}-code`, `${icmp.code}`, `--${name}-id`, `${icmp.id}`],
  ];
}
