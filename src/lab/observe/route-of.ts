import { LOCAL_TABLE, MAIN_TABLE, tableName } from '../../linux/index.ts';
import { protocolNumber } from '../../net/index.ts';
import type { FibEvent } from './bpf/kernel-events.ts';
import type { Stay } from './stays.ts';

/**
 * The look that found the route a packet took: the last of those for the device it left by, for what was found before was
 * suppressed, or routed again. But where both ends are one address its way back, looked up behind it, looks the same: then all
 * stand there twice, where no mark or port tells them apart. A look for another protocol is about the packet an ICMP error
 * quotes (icmp.c icmp_route_lookup), one for another mark about a packet whose source was to be verified (fib_frontend.c
 * __fib_validate_source), one from no device about the type of an address (fib_frontend.c inet_addr_type). A packet made here may
 * be routed again between two rules that mark it.
 */
export function routeOf(stay: Stay, looks: readonly FibEvent[]): FibEvent | undefined {
  const { src, dst, sport, dport, iif, protocol, mark } = stay.routed;
  const index = iif === undefined ? 1 : [...stay.at.devices].find(([, name]) => name === iif)?.[0];
  const left = stay.left?.ifindex;
  const number = protocolNumber(protocol);
  const fits = (look: FibEvent): boolean =>
    (left === undefined || (look.dev === left && look.error === 0)) &&
    look.netns === stay.at.inode &&
    look.dst === dst &&
    (look.mark === mark || look.mark === stay.first.mark || (iif === undefined && hadMark(stay, look.mark))) &&
    (look.protocol === 0 || look.protocol === number) &&
    (look.src === src || (iif === undefined && look.src === '0.0.0.0')) &&
    look.iif === index;
  if (iif === undefined || src !== dst) return looks.findLast(fits);
  const hasPorts = (look: FibEvent): boolean =>
    look.dport === 0 || sport === undefined || (look.sport === sport && look.dport === dport);
  const found = looks.filter((look) => fits(look) && look.mark === mark && hasPorts(look));
  const half = found.length / 2;
  const isTwice = found.slice(0, half).every((look, i) => isSameLook(look, found[i + half]));
  return Number.isInteger(half) && isTwice ? found[half - 1] : found.at(-1);
}

const isSameLook = (one: FibEvent, other: FibEvent | undefined): boolean =>
  one.table === other?.table && one.dev === other.dev && one.gateway === other.gateway;

/** A mark that is taken off again before the next chain begins is shown by no event but that of the rule that set it. */
const hadMark = ({ steps }: Stay, mark: number): boolean =>
  steps.some(
    ({ before, after, evidence }) => before.mark === mark || after.mark === mark || setsMark(evidence.text, mark),
  );

function setsMark(rule: string, mark: number): boolean {
  const [, value, mask] = /-j MARK --set-xmark (0x[0-9a-f]+)\/(0x[0-9a-f]+)/.exec(rule) ?? [];
  return value !== undefined && mask !== undefined && (mark & Number(mask)) >>> 0 === Number(value);
}

/** Until the first custom ip rule, local and main are one trie, and every look says local (fib_frontend.c fib_unmerge). */
export const tableOf = (look: FibEvent): string => tableName(look.table === LOCAL_TABLE ? MAIN_TABLE : look.table);
