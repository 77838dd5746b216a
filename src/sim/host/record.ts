import { type Link, placeOfEntry } from '../../linux/index.ts';
import type { Disposition, DropCause, Evidence, Headers } from '../../trace/index.ts';
import type { FibLookup } from '../fib/index.ts';
import { mtu6Setting, tableName } from '../fib/index.ts';
import { type Ct, headersOf, type Packet, type Skb } from '../packet.ts';
import { settingsOf } from '../settings.ts';
import type { Device, Host, Outcome, Undecided, Walk } from '../types.ts';
import { isLinkLocal6 } from './flow-query.ts';

/** Evidence for what the kernel does by itself: the function, and the artefact it read where there is one. */
export const byKernel = (host: Host, text: string, file = 'sysctl'): Evidence => ({
  plane: 'sim',
  artefact: { file: `${host.folder}/${file}` },
  text,
});

export function byLink(host: Host, link: Link): Evidence {
  const index = host.netns.links.indexOf(link);
  return {
    plane: 'sim',
    artefact: placeOfEntry(host.folder, 'ip-link.json', index, link.written),
    text: `${link.ifindex}: ${link.ifname}: <${link.flags.join(',')}> mtu ${link.mtu}`,
    ...(link.origin === undefined ? {} : { by: link.origin.by }),
    ...(link.origin?.because === undefined ? {} : { setting: link.origin.because }),
  };
}

/** Evidence for what a packet of a length was measured by: the device's MTU, IPv6's own of the device, or the route's. */
export function byMtu(host: Host, { link, mtu6, name }: Device, mtu: number, route: Evidence | undefined): Evidence {
  if (link?.mtu === mtu) return byLink(host, link);
  if (mtu6 === mtu) return byKernel(host, `${mtu6Setting(name)} = ${mtu}`);
  return route ?? byKernel(host, `mtu ${mtu}`, 'ip-route.json');
}

/** Headers before a change, for a step to come; undefined when nothing is recorded. */
export const snapshot = (skb: Skb, walk: Walk): Headers | undefined =>
  walk.record === undefined ? undefined : headersOf(skb);

/** Ends a packet here, with the `drop` step that says so. */
export function die(
  host: Host,
  skb: Skb,
  walk: Walk,
  disposition: Disposition,
  cause: DropCause,
  because: string,
  evidence: string | Evidence,
  error?: Packet | Undecided,
): Outcome {
  if (walk.record !== undefined) {
    const now = headersOf(skb);
    const proof = typeof evidence === 'string' ? byKernel(host, evidence) : evidence;
    walk.record({
      kind: 'drop',
      disposition,
      cause,
      action: 'dropped',
      because,
      evidence: proof,
      before: now,
      after: now,
    });
  }
  return died(host, skb, walk, disposition, because, error);
}

/** As `die`, for a death a step already shows. Says which error goes back, and ties it to the connection. */
export function died(
  host: Host,
  skb: Skb,
  walk: Walk,
  disposition: Disposition,
  because: string,
  error: Packet | Undecided | undefined,
  resets?: boolean,
): Outcome {
  if (error === undefined || 'what' in error) return { kind: 'died', packet: skb.packet, disposition, because, error };
  if (walk.record !== undefined) recordError(host, skb, walk, error);
  const { ct } = skb;
  const ties = { ct: errorCt(ct), mark: reflectedMark(host, skb), oif: answersBy(skb), resets };
  return { kind: 'died', packet: skb.packet, disposition, because, error, ties };
}

/** Who is on one link is answered there (net/ipv6/icmp.c icmp6_send, tcp_ipv6.c tcp_v6_send_response). */
export const answersBy = ({ packet, iif }: Skb): string | undefined =>
  packet.family === 6 && isLinkLocal6(packet.src) ? iif : undefined;

/** The mark of what this host answers by itself (include/net/ip.h IP4_REPLY_MARK, include/net/ipv6.h IP6_REPLY_MARK). */
export const reflectedMark = (host: Host, { packet, mark }: Skb): number =>
  mark !== 0 && settingsOf(host).fwmarkReflect[packet.family] ? mark : 0;

function errorCt(ct: Ct): Ct | undefined {
  // netfilter/core.c nf_ct_attach: a packet that is tied to nothing (skb->_nfct is 0) ties its error to nothing.
  if (ct.kind !== 'tracked') return ct.kind === 'untracked' ? ATTACHED_TO_NONE : undefined;
  // nf_conntrack_core.c nf_conntrack_attach: the error runs against the packet it is about.
  const dir = ct.dir === 'original' ? 'reply' : 'original';
  return { kind: 'tracked', conn: ct.conn, dir, info: 'related' };
}

const ATTACHED_TO_NONE: Ct = { kind: 'invalid', attached: true };

function recordError(host: Host, skb: Skb, walk: Walk, error: Packet): void {
  const { l4 } = error;
  const what =
    l4.kind === 'icmp-error'
      ? `${error.family === 4 ? 'ICMP' : 'ICMPv6'} ${l4.type}/${l4.code}${l4.mtu === undefined ? '' : ` mtu ${l4.mtu}`}`
      : l4.kind === 'tcp'
        ? 'TCP RST'
        : 'SCTP ABORT';
  const fresh: Skb = { ...skb, packet: error, mark: 0, iif: undefined, oif: undefined };
  walk.record?.({
    kind: 'icmp-error',
    action: `${what} to ${error.dst}`,
    because: '',
    evidence: byKernel(host, error.family === 4 ? 'net/ipv4/icmp.c __icmp_send' : 'net/ipv6/icmp.c icmp6_send'),
    before: headersOf(skb),
    after: headersOf(fresh),
  });
}

/** Ends a packet as `unknown`. `evidence`: the line that could not be decided, or the file it would be in. */
export function stopUnknown(
  host: Host,
  skb: Skb,
  walk: Walk,
  what: string,
  evidence: Evidence | string = 'ip-route.json',
): Outcome {
  if (walk.record !== undefined) {
    const now = headersOf(skb);
    walk.record({
      kind: 'unknown',
      action: what,
      because: '',
      evidence: typeof evidence === 'string' ? byKernel(host, what, evidence) : evidence,
      before: now,
      after: now,
    });
  }
  return { kind: 'unknown', packet: skb.packet, what };
}

/** The `ip-rule` and `route` steps of one lookup. */
export function recordLookup(host: Host, skb: Skb, walk: Walk, found: FibLookup, before: Headers | undefined): void {
  if (walk.record === undefined || before === undefined || found.kind === 'unknown') return;
  const after = headersOf(skb);
  const rule = found.ipRule;
  if (rule !== undefined) {
    const evidence =
      found.kind === 'found'
        ? found.rule
        : found.kind === 'refused' && found.by === 'rule'
          ? found.evidence
          : undefined;
    const table = rule.action.kind === 'lookup' ? tableName(rule.action.table) : rule.action.kind;
    const action = rule.action.kind === 'lookup' ? `lookup ${table}` : table;
    const proof = evidence ?? byKernel(host, `${rule.priority}: ${action}`, 'ip-rule.json');
    walk.record({
      kind: 'ip-rule',
      priority: rule.priority,
      table,
      action,
      because: '',
      evidence: proof,
      before,
      after: before,
    });
  }
  if (found.kind !== 'found') return;
  walk.record({
    kind: 'route',
    table: tableName(found.route.table),
    routeType: found.type,
    dev: found.dev,
    ...(found.gateway === undefined ? {} : { via: found.gateway }),
    action:
      found.type === 'local'
        ? 'to this host'
        : `${found.gateway === undefined ? 'on-link' : `via ${found.gateway}`} dev ${found.dev}`,
    because: '',
    evidence: found.evidence ?? byKernel(host, 'fib_table_lookup', 'ip-route.json'),
    before,
    after,
  });
}
