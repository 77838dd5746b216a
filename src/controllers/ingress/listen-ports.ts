import type { Annotations } from './annotations.ts';
import type { Member } from './groups.ts';

export type ListenProtocol = 'HTTP' | 'HTTPS';

const EXPECTED = 'a list such as [{"HTTP": 80}, {"HTTPS": 443}]';

/** Port -> protocol: HTTP 80, or HTTPS 443 where a certificate is set (model_build_listener.go computeIngressListenPorts). */
export function listenPorts(annotations: Annotations): ReadonlyMap<number, ListenProtocol> {
  const text = annotations.text('listen-ports');
  if (text === undefined)
    return annotations.list('certificate-arn').length > 0 ? new Map([[443, 'HTTPS']]) : new Map([[80, 'HTTP']]);
  const ports = new Map<number, ListenProtocol>();
  const entries = annotations.json('listen-ports', EXPECTED);
  if (entries === undefined) return ports;
  if (!Array.isArray(entries) || entries.length === 0) {
    annotations.complain('listen-ports', text, EXPECTED);
    return ports;
  }
  for (const entry of entries as readonly unknown[]) {
    for (const [protocol, port] of pairsOf(entry)) {
      const known = protocol === 'HTTP' || protocol === 'HTTPS';
      if (known && typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65_535)
        ports.set(port, protocol);
      else annotations.complain('listen-ports', text, EXPECTED);
    }
  }
  return ports;
}

const pairsOf = (entry: unknown): readonly (readonly [string, unknown])[] =>
  typeof entry === 'object' && entry !== null && !Array.isArray(entry) ? Object.entries(entry) : [['', entry]];

/** Each port the group listens on, with the members whose rules it has: only those that name the port themselves. */
export interface ListenPort {
  readonly port: number;
  readonly protocol: ListenProtocol;
  readonly members: readonly Member[];
}

/** model_builder.go mergeListenPortConfigs. `conflict` hears of two members that want one port for two protocols. */
export function mergePorts(
  members: readonly Member[],
  conflict: (what: string, first: Member, second: Member, key: string) => void,
): readonly ListenPort[] {
  const merged = new Map<number, { protocol: ListenProtocol; members: Member[] }>();
  for (const member of members) {
    for (const [port, protocol] of listenPorts(member.annotations)) {
      const known = merged.get(port);
      const [first] = known?.members ?? [];
      if (known === undefined) merged.set(port, { protocol, members: [member] });
      else if (known.protocol === protocol) known.members.push(member);
      else if (first !== undefined)
        conflict(`${known.protocol} and ${protocol} on port ${port}`, first, member, 'listen-ports');
    }
  }
  return [...merged].toSorted(([a], [b]) => a - b).map(([port, rest]) => ({ port, ...rest }));
}
