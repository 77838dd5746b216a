import { type LbFrontend, showFrontend, showLbLine } from '../../linux/index.ts';
import { familyOf, firstOctet, type Ip, ip, type Protocol } from '../../net/index.ts';
import type { Evidence } from '../../trace/index.ts';
import { addressType } from '../fib/index.ts';
import { perNetns } from '../per-netns.ts';
import type { Host } from '../types.ts';

interface Frontends {
  readonly byEnd: ReadonlyMap<string, LbFrontend>;
  /** Of its line of slot 0. */
  readonly lines: ReadonlyMap<LbFrontend, number>;
}

const frontendsOf = perNetns(({ lbMap = [] }): Frontends => {
  const lines = new Map<LbFrontend, number>();
  let line = 2;
  for (const front of lbMap) {
    lines.set(front, line);
    line += 1 + front.backends.length;
  }
  return { byEnd: new Map(lbMap.map((front) => [showFrontend(front), front])), lines };
});

const exact = (
  host: Host,
  protocol: Protocol,
  address: Ip,
  port: number,
  scope: LbFrontend['scope'],
): LbFrontend | undefined =>
  protocol === 'tcp' || protocol === 'udp' || protocol === 'sctp'
    ? frontendsOf(host).byEnd.get(showFrontend({ protocol, address, port, scope }))
    : undefined;

/** What a packet that arrives is looked up as. */
export const arrivingAt = (host: Host, protocol: Protocol, address: Ip, port: number): LbFrontend | undefined =>
  exact(host, protocol, address, port, 'external');

/** Ports a frontend of no address stands for (NODEPORT_PORT_MIN, NODEPORT_PORT_MAX). */
const WILDCARD = { first: 30_000, last: 32_767 } as const;
const ANY = { 4: ip('0.0.0.0'), 6: ip('::') } as const;

export type SocketLookup =
  | { readonly kind: 'none' }
  | { readonly kind: 'frontend'; readonly front: LbFrontend }
  | { readonly kind: 'unknown'; readonly what: string };

/**
 * The frontend a socket asks for (Cilium: bpf/bpf_sock.c, __sock4_xlate_fwd): of its address and port, in the scope for sockets
 * where it has two; else a node port of this host, at any address of its own. Whose another address is, a map says that no
 * list of frontends has.
 */
export function lookUpSocket(node: Host, inNode: boolean, protocol: Protocol, dst: Ip, port: number): SocketLookup {
  const front = exact(node, protocol, dst, port, 'external');
  if (front !== undefined) return { kind: 'frontend', front: scoped(node, front) };
  const family = familyOf(dst);
  const wildcard =
    port >= WILDCARD.first && port <= WILDCARD.last ? exact(node, protocol, ANY[family], port, 'external') : undefined;
  if (wildcard === undefined) return { kind: 'none' };
  const loopback = family === 4 ? firstOctet(dst) === 127 : dst === '::1';
  if (loopback) return inNode ? { kind: 'frontend', front: scoped(node, wildcard) } : { kind: 'none' };
  if (addressType(node, dst) === 'LOCAL') return { kind: 'frontend', front: scoped(node, wildcard) };
  const { file, line } = frontEvidence(node, wildcard).artefact;
  const what = `${file}:${line ?? 0}: whether ${dst} is another node's address decides about node port ${port}, and the input does not hold the map that says so (ipcache)`;
  return { kind: 'unknown', what };
}

const scoped = (node: Host, front: LbFrontend): LbFrontend =>
  front.flags.includes('two-scopes')
    ? (exact(node, front.protocol, front.address, front.port, 'internal') ?? front)
    : front;

/** The line of a frontend, or of one of its backends' slots, and who wrote it. */
export function frontEvidence(node: Host, front: LbFrontend, slot = 0): Evidence {
  const first = frontendsOf(node).lines.get(front);
  const { origin } = front;
  return {
    plane: 'sim',
    artefact: { file: `${node.folder}/cilium-bpf-lb-list`, ...(first === undefined ? {} : { line: first + slot }) },
    text: showLbLine(front, slot),
    ...(origin === undefined ? {} : { by: origin.by }),
    ...(origin?.because === undefined ? {} : { setting: origin.because }),
  };
}
