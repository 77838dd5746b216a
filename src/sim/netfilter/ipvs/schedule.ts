import { type RealServer, showVirtualAddress, type VirtualServer } from '../../../linux/index.ts';
import { cidrOf, familyOf, type Ip, widthOf } from '../../../net/index.ts';
import { headersOf } from '../../packet.ts';
import type { Frame } from '../types.ts';
import { serviceEvidence } from './services.ts';

export type Scheduled =
  | { readonly kind: 'server'; readonly server: RealServer; readonly keptBy?: string }
  /** No real server takes a new connection. */
  | { readonly kind: 'none' }
  | { readonly kind: 'unknown'; readonly what: string };

/**
 * A real server for a new connection (net/netfilter/ipvs/ip_vs_core.c, ip_vs_schedule and ip_vs_sched_persist). What a
 * scheduler decides by state no World holds, such as where its rotation stands, is a choice in which every real server is as
 * likely as its weight; what it decides after that follows.
 */
export function schedule(frame: Frame, service: VirtualServer, client: Ip): Scheduled {
  const { host, walk } = frame;
  const undecided = undecidedOf(service);
  if (undecided !== undefined) return { kind: 'unknown', what: undecided };
  if (service.persistent === undefined) return chosen(frame, service, client);
  const key = `${showVirtualAddress(service.at)} for ${clientBlock(service, client)}`;
  const kept = host.ipvs.keptFor(key, walk.now);
  const usable = kept !== undefined && kept.weight > 0 && service.realServers.includes(kept);
  const found: Scheduled = usable ? { kind: 'server', server: kept } : chosen(frame, service, client);
  if (found.kind !== 'server') return found;
  host.ipvs.keep(key, found.server, walk.now + service.persistent);
  return { ...found, keptBy: key };
}

/** Options and methods nothing here carries out. */
function undecidedOf({ at, unsupported, realServers, onePacket }: VirtualServer): string | undefined {
  const name = showVirtualAddress(at);
  if (at.kind === 'fwmark') return `a virtual service of a firewall mark (${name}) is not modelled`;
  if (at.port === 0) return `a virtual service of all ports (${name}) is not modelled`;
  if (onePacket && at.protocol === 'udp') return `one-packet scheduling (${name} -o) is not modelled`;
  if (unsupported !== undefined) return `${unsupported} of virtual service ${name} is not modelled`;
  const other = realServers.find(({ forward, unsupported: left }) => forward !== 'masquerading' || left !== undefined);
  if (other === undefined) return undefined;
  return other.unsupported === undefined
    ? `forwarding by ${other.forward} (${name}) is not modelled`
    : `${other.unsupported} of a real server of ${name} is not modelled`;
}

function clientBlock({ netmask }: VirtualServer, client: Ip): string {
  const family = familyOf(client);
  return netmask === undefined || netmask >= widthOf(family) ? client : cidrOf(client, netmask).text;
}

/** What each scheduler goes by (ipvsadm(8), SCHEDULING METHODS). */
const ROTATES = new Set(['rr', 'wrr']);
const HASHES_SOURCE = new Set(['sh', 'mh']);
const HASHES_DESTINATION = new Set(['dh', 'lblc', 'lblcr']);
const COUNTS = new Set(['lc', 'wlc', 'sed', 'nq']);

function chosen(frame: Frame, service: VirtualServer, client: Ip): Scheduled {
  const usable = service.realServers.filter(({ weight }) => weight > 0);
  const [only] = usable;
  if (only === undefined) return { kind: 'none' };
  const { scheduler } = service;
  const name = showVirtualAddress(service.at);
  if (ROTATES.has(scheduler)) return { kind: 'server', server: rotated(frame, service, usable) };
  if (usable.length === 1) return { kind: 'server', server: only };
  if (COUNTS.has(scheduler)) {
    const why = `which real server of ${name} has the fewest connections (IPVS scheduler ${scheduler}) is not known`;
    return { kind: 'server', server: drawn(frame, service, usable, why) };
  }
  const key = hashKey(scheduler, name, client);
  if (key === undefined) return { kind: 'unknown', what: `IPVS scheduler "${scheduler}" (${name}) is not modelled` };
  const { host } = frame;
  const why = `which real server of ${name} the hash of IPVS scheduler ${scheduler} gives is not known: it follows from the order they were added in`;
  const server = host.ipvs.keptFor(key, frame.walk.now) ?? drawn(frame, service, usable, why);
  host.ipvs.keep(key, server, Number.POSITIVE_INFINITY);
  return { kind: 'server', server };
}

function hashKey(scheduler: string, name: string, client: Ip): string | undefined {
  if (HASHES_SOURCE.has(scheduler)) return `${scheduler} ${name} from ${client}`;
  return HASHES_DESTINATION.has(scheduler) ? `${scheduler} ${name}` : undefined;
}

/** The next one after the last (ip_vs_rr_schedule). Unequal weights are woven into the rotation: each its share. */
function rotated(frame: Frame, service: VirtualServer, usable: readonly RealServer[]): RealServer {
  const { ipvs } = frame.host;
  const even = service.scheduler === 'rr' || usable.every(({ weight }) => weight === usable[0]?.weight);
  const last = even ? ipvs.lastOf(service) : undefined;
  const at = last === undefined ? -1 : usable.indexOf(last);
  const next = at < 0 ? undefined : usable[(at + 1) % usable.length];
  const why = `where the rotation of IPVS scheduler ${service.scheduler} stands for ${showVirtualAddress(service.at)} is not known: each real server may be next`;
  const server = next ?? drawn(frame, service, usable, why, even);
  ipvs.setLast(service, server);
  return server;
}

function drawn(
  frame: Frame,
  service: VirtualServer,
  usable: readonly RealServer[],
  why: string,
  even = false,
): RealServer {
  const [only] = usable;
  if (only !== undefined && usable.length === 1) return only;
  const { walk, skb, host } = frame;
  const sum = usable.reduce((total, { weight }) => total + weight, 0);
  const of = usable.map(({ address, port, weight }) => ({
    p: even ? 1 / usable.length : weight / sum,
    label: familyOf(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`,
  }));
  const taken = walk.dice.choose(of);
  walk.assumptions.add(why);
  if (walk.record !== undefined) {
    const headers = headersOf(skb);
    walk.record({
      kind: 'choice',
      taken,
      of,
      action: `choose ${of[taken]?.label ?? ''}`,
      because: `IPVS scheduler ${service.scheduler}`,
      evidence: serviceEvidence(host, service),
      before: headers,
      after: headers,
    });
  }
  const server = usable[taken];
  return server ?? (only as RealServer); // `taken` is one of the options
}
