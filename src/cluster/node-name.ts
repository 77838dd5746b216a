import { familyOf, type Ip, parseIp } from '../net/index.ts';
import type { NodeSpec } from './network.ts';
import type { Node } from './objects.ts';

/**
 * The primary IPv4 address of a node whose object lists IPv6 alone, as the one of an IPv6 cluster does: an instance has one there
 * too, and its IP name says it (EC2 guide, instance hostname types: `ip-10-0-1-10.eu-west-1.compute.internal`).
 */
export function ipv4OfName({ metadata, status }: Pick<Node, 'metadata' | 'status'>): Ip | undefined {
  const listed = status.addresses.flatMap(({ type, address }) =>
    type === 'InternalIP' ? (parseIp(address) ?? []) : [],
  );
  if (listed.length === 0 || listed.some((address) => familyOf(address) === 4)) return undefined;
  const said = /^ip-(\d+)-(\d+)-(\d+)-(\d+)(?:\.|$)/.exec(metadata.name);
  return said === null ? undefined : parseIp(said.slice(1).join('.'));
}

/** What to say of the nodes whose name was believed. */
export function namedByAddress(nodes: readonly Node[], specs: readonly NodeSpec[]): readonly string[] {
  const primaries = new Map(specs.map(({ name, primaryIp }) => [name, primaryIp]));
  const believed = nodes.filter((node) => {
    const address = ipv4OfName(node);
    return address !== undefined && primaries.get(node.metadata.name) === address;
  });
  const [first] = believed;
  if (first === undefined) return [];
  const example = `${first.metadata.name}: ${primaries.get(first.metadata.name)}`;
  return [`primary IPv4 addresses of nodes that list IPv6 alone are taken from their names (${example})`];
}
