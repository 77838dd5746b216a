import type { NftElement, NftSet, NftVerdict, Origin } from '../../../linux/index.ts';
import { type Family, familyOf, type Ip, ipBits, protocolNumber } from '../../../net/index.ts';
import type { ServicePortInfo } from '../service-port.ts';

type Protocol = ServicePortInfo['protocol'];

/** An element, and what nft sorts it by when it lists its set. */
export interface Keyed {
  readonly sortKey: string;
  readonly element: NftElement;
}

/** What an element says beside its key. */
export interface Said {
  readonly verdict?: NftVerdict;
  readonly comment?: string;
  readonly origin?: Origin;
}

export const addressElement = (address: Ip, origin: Origin): Keyed => ({
  sortKey: octets(address).map(hex).join(''),
  element: { key: [{ from: address, to: address }], origin },
});

/** `ADDRESS . PROTOCOL . PORT`. */
export const serviceElement = (address: Ip, protocol: Protocol, port: number, said: Said): Keyed =>
  concatenated([octets(address), [protocolNumber(protocol)], shortOctets(port)], [address, protocol, port], said);

/** `PROTOCOL . PORT`. */
export const portElement = (protocol: Protocol, port: number, said: Said): Keyed =>
  concatenated([[protocolNumber(protocol)], shortOctets(port)], [protocol, port], said);

/** nft takes the octets of a concatenation for one number of the machine's byte order: the last weighs most (src/mergesort.c). */
function concatenated(
  parts: readonly (readonly number[])[],
  values: readonly (Ip | Protocol | number)[],
  said: Said,
): Keyed {
  return {
    sortKey: parts.flat().reverse().map(hex).join(''),
    element: { key: values.map((value) => ({ from: value, to: value })), ...said },
  };
}

const hex = (octet: number): string => octet.toString(16).padStart(2, '0');
const shortOctets = (value: number): readonly number[] => [value >> 8, value & 255];

function octets(address: Ip): readonly number[] {
  const size = familyOf(address) === 4 ? 4 : 16;
  const found: number[] = [];
  for (let rest = BigInt(ipBits(address)); found.length < size; rest >>= 8n) found.unshift(Number(rest & 255n));
  return found;
}

/** As a listing has them: sorted, and of two with one key the first. */
export function listed(elements: readonly Keyed[]): readonly NftElement[] {
  const byKey = new Map<string, Keyed>();
  for (const each of elements) if (!byKey.has(each.sortKey)) byKey.set(each.sortKey, each);
  return [...byKey.values()]
    .sort((a, b) => (a.sortKey < b.sortKey ? -1 : a.sortKey > b.sortKey ? 1 : 0))
    .map(({ element }) => element);
}

/** The sets and maps every Service has elements in, in the order they are made. */
export const MAPS = [
  'no-endpoint-services',
  'no-endpoint-nodeports',
  'firewall-ips',
  'service-ips',
  'service-nodeports',
] as const;
export type MapName = (typeof MAPS)[number];

const COMMENTS: Readonly<Record<MapName, string>> = {
  'no-endpoint-services': 'vmap to drop or reject packets to services with no endpoints',
  'no-endpoint-nodeports': 'vmap to drop or reject packets to service nodeports with no endpoints',
  'firewall-ips': 'destinations that are subject to LoadBalancerSourceRanges',
  'service-ips': 'ClusterIP, ExternalIP and LoadBalancer IP traffic',
  'service-nodeports': 'NodePort traffic',
};

const addressType = (family: Family): 'ipv4_addr' | 'ipv6_addr' => (family === 4 ? 'ipv4_addr' : 'ipv6_addr');

export function mapOf(name: MapName, family: Family, elements: readonly NftElement[]): NftSet {
  const ports = name === 'no-endpoint-nodeports' || name === 'service-nodeports';
  return {
    kind: 'vmap',
    name,
    type: ports ? ['inet_proto', 'inet_service'] : [addressType(family), 'inet_proto', 'inet_service'],
    flags: [],
    autoMerge: false,
    comment: COMMENTS[name],
    elements,
  };
}

export const addressSet = (name: string, comment: string, family: Family, elements: readonly NftElement[]): NftSet => ({
  kind: 'set',
  name,
  type: [addressType(family)],
  flags: [],
  autoMerge: false,
  comment,
  elements,
});

/** What the kernel gives a set that packets write to and nobody gave a size (src/evaluate.c, stmt_evaluate_set). */
const DYNAMIC_SIZE = 65_535;

/** Who was sent to an endpoint lately: a source is forgotten so many seconds after its last connection. */
export function affinitySet(name: string, family: Family, seconds: number): NftSet {
  return {
    kind: 'set',
    name,
    type: [addressType(family)],
    size: DYNAMIC_SIZE,
    flags: ['dynamic', 'timeout'],
    timeout: seconds * 1000,
    autoMerge: false,
    elements: [],
  };
}
