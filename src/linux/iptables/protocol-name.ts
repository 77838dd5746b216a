import { type Protocol, parseProtocol, protocolNumber, protocolOf } from '../../net/index.ts';

/**
 * The names /etc/protocols gives to numbers that have no name in `Protocol` (Debian netbase 6.4, the IANA registry).
 * iptables-save prints a protocol by this file, so these decide the text of `-p`.
 */
const OTHER_NAMES: ReadonlyMap<string, number> = new Map(
  Object.entries({
    ggp: 3,
    st: 5,
    egp: 8,
    igp: 9,
    pup: 12,
    hmp: 20,
    'xns-idp': 22,
    rdp: 27,
    'iso-tp4': 29,
    dccp: 33,
    xtp: 36,
    ddp: 37,
    'idpr-cmtp': 38,
    ipv6: 41,
    'ipv6-route': 43,
    'ipv6-frag': 44,
    idrp: 45,
    rsvp: 46,
    skip: 57,
    'ipv6-nonxt': 59,
    'ipv6-opts': 60,
    rspf: 73,
    vmtp: 81,
    eigrp: 88,
    ospf: 89,
    'ax.25': 93,
    ipip: 94,
    etherip: 97,
    encap: 98,
    pim: 103,
    ipcomp: 108,
    vrrp: 112,
    l2tp: 115,
    isis: 124,
    fc: 133,
    'mobility-header': 135,
    'mpls-in-ip': 137,
    manet: 138,
    hip: 139,
    shim6: 140,
    wesp: 141,
    rohc: 142,
    ethernet: 143,
  }),
);
/** What the IANA registry, and with it /etc/protocols of Amazon Linux (setup), calls what Debian calls otherwise. */
const IANA_NAMES: ReadonlyMap<string, number> = new Map([['ipv4', 4]]);
const OTHER_NUMBERS: ReadonlyMap<number, string> = new Map([...OTHER_NAMES].map(([name, number]) => [number, name]));

/** `-p 0` and `-p all` match every protocol. */
export function parseProtocolWord(word: string): Protocol | 'all' | undefined {
  const lower = word.toLowerCase();
  if (lower === 'all' || lower === '0') return 'all';
  const known = parseProtocol(lower);
  if (known !== undefined) return known;
  const number = OTHER_NAMES.get(lower) ?? IANA_NAMES.get(lower);
  return number === undefined ? undefined : protocolOf(number);
}

export const protocolWord = (protocol: Protocol | 'all'): string =>
  typeof protocol === 'number' ? (OTHER_NUMBERS.get(protocol) ?? `${protocol}`) : protocol;

export const protocolDigits = (protocol: Protocol | 'all'): string =>
  protocol === 'all' ? '0' : `${protocolNumber(protocol)}`;
