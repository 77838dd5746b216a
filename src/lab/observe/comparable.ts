import { assertNever } from '../../base/index.ts';
import type { Headers, Step, Trace } from '../../trace/index.ts';

/**
 * What both planes can show of a Trace, and nothing else; the one place that says so. Left out, and why:
 *
 * - rules that did not match, and the ends of user chains: the kernel does not tell them;
 * - policies that accept, and chains without rules: iptables-nft makes base chains when it needs them;
 * - `invalid` conntrack state: the kernel's trace does not tell it from "not looked at";
 * - the ip rule: no event names it; the table of the route does for it;
 * - routes of packets that did not leave: what is looked up for a packet to this host depends on the cache of local routes.
 *   Of a packet that left, the route it left by, wherever it was decided;
 * - the connection of a packet that loops back (it keeps the one it has), and of an error this host makes (nf_ct_attach);
 * - header values between two rules of a chain: the kernel shows them when a base chain begins, so they are compared at
 *   translations, on leaving and on delivery;
 * - a translation in OUTPUT of a packet that dies of it, for want of a route: no header is shown after it;
 * - the port last tried for a connection that found none free: it was drawn, and no packet left with it;
 * - what an ICMP error quotes, where it is delivered: the kernel's events show 20 bytes behind the IP header. It is compared
 *   where the packet leaves;
 * - classifiers that let a packet through: what stands in for them on a kernel says only what it stops;
 * - neighbours, chance (choices), calls of sockets and everything said in words.
 */
export interface ComparableHop {
  readonly where: string;
  /** One a line, in order; two equal walks have equal lines. */
  readonly lines: readonly string[];
}

export interface Comparable {
  readonly disposition: string;
  readonly hops: readonly ComparableHop[];
}

export function comparable(trace: Trace): Comparable {
  const { disposition, hops } = trace;
  return {
    disposition,
    hops: hops.map(({ where, steps }) => ({
      where: `${where.kind}/${where.name}`,
      lines: linesOf(steps, disposition === 'exhausted'),
    })),
  };
}

/** Made where it is, and not let in by a device. */
const isMade = (steps: readonly Step[]): boolean =>
  steps.find(({ kind }) => kind === 'enter' || kind === 'conntrack')?.kind !== 'enter';

/** What shows a packet's header on the kernel, once it is translated. */
const LOOKS: ReadonlySet<Step['kind']> = new Set(['rule', 'policy', 'leave', 'enter', 'deliver']);

function linesOf(steps: readonly Step[], exhausted: boolean): string[] {
  const lines: string[] = [];
  const made = isMade(steps);
  let tracked = false;
  let route: string | undefined;
  const looks = steps.findLastIndex(({ kind }) => LOOKS.has(kind));
  for (const [at, step] of steps.entries()) {
    if (step.kind === 'nat' && ((made && at > looks) || (exhausted && step.manip === 'src'))) continue;
    if (step.kind === 'route') route = routeLine(step);
    if (step.kind === 'leave' && route !== undefined) lines.push(route);
    if (step.kind === 'conntrack') {
      if (tracked || (made && step.state === 'related')) continue;
      // A packet that is tied to nothing is looked at again.
      tracked = step.state !== 'invalid';
    }
    const line = lineOf(step);
    if (line !== undefined) lines.push(line);
  }
  return lines;
}

const routeLine = ({ table, dev, via }: Extract<Step, { kind: 'route' }>): string =>
  `route table ${table} dev ${dev ?? '-'} via ${via ?? '-'}`;

function lineOf(step: Step): string | undefined {
  switch (step.kind) {
    case 'enter':
      return `enter ${step.dev}`;
    case 'leave':
      return `leave ${step.dev} ${showHeaders(step.after)} mark ${hex(step.after.mark)}`;
    case 'rule': {
      const at = step.evidence.artefact.rule;
      return `rule ${step.table} ${step.chain} ${at?.index ?? 0} ${step.verdict} at ${step.hook}`;
    }
    case 'policy':
      return step.verdict === 'drop' ? `policy ${step.table} ${step.hook} drop` : undefined;
    case 'nat':
      return natLine(step);
    case 'conntrack':
      return step.state === 'invalid' ? undefined : `conntrack ${step.state}`;
    case 'deliver':
      return `deliver ${showHeaders(withoutQuoted(step.after))} mark ${hex(step.after.mark)}`;
    case 'drop':
    case 'unknown':
    case 'ip-rule':
    case 'route':
    case 'neighbour':
    case 'choice':
    case 'socket':
    case 'tc':
    case 'ttl':
    case 'icmp-error':
    case 'fabric':
    case 'answer':
      return undefined;
    default:
      return assertNever(step);
  }
}

function natLine({ manip, before, after }: Extract<Step, { kind: 'nat' }>): string | undefined {
  const [was, is] =
    manip === 'src'
      ? [endOf(before.src, before.sport), endOf(after.src, after.sport)]
      : [endOf(before.dst, before.dport), endOf(after.dst, after.dport)];
  return was === is ? undefined : `nat ${manip} ${was} -> ${is}`;
}

function endOf(address: string, port: number | undefined): string {
  if (port === undefined) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
/** The kernel's events show too few bytes of what a delivered error quotes. */
export function withoutQuoted(headers: Headers): Headers {
  if (headers.icmp?.quoted === undefined) return headers;
  const { quoted: _, ...icmp } = headers.icmp;
  return { ...headers, icmp };
}

const hex = (value: number): string => `0x${(value >>> 0).toString(16)}`;

/** A packet in one line, as test cases write it: `tcp 10.1.0.2:40000 > 10.2.0.2:80 S ttl 63`. */
export function showHeaders(headers: Headers): string {
  const { protocol, src, dst, sport, dport, tcpFlags, icmp, ttl } = headers;
  const flags =
    tcpFlags === undefined
      ? ''
      : ` ${tcpFlags
          .map((flag) => flag.charAt(0))
          .sort()
          .join('')}`;
  return `${String(protocol)} ${endOf(src, sport)} > ${endOf(dst, dport)}${flags}${showIcmp(icmp)} ttl ${ttl}`;
}

function showIcmp(icmp: Headers['icmp']): string {
  if (icmp === undefined) return '';
  const mtu = icmp.mtu === undefined || icmp.mtu === 0 ? '' : ` mtu ${icmp.mtu}`;
  const about = icmp.quoted === undefined ? '' : ` [${showQuoted(icmp.quoted)}]`;
  const id = icmp.id === undefined ? '' : ` id ${icmp.id}`;
  return ` ${icmp.type}/${icmp.code}${id}${mtu}${about}`;
}

/** What is quoted is compared by its addresses and ports: its TTL and flags are cut off in some errors. */
function showQuoted({ protocol, src, dst, sport, dport, icmp }: Headers): string {
  const id = icmp?.id === undefined ? '' : ` id ${icmp.id}`;
  return `${String(protocol)} ${endOf(src, sport)} > ${endOf(dst, dport)}${id}`;
}
