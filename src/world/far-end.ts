import { reservedFor, type Vpc } from '../fabric/index.ts';
import { cidrContains, type Ip } from '../net/index.ts';
import type { FarEnd } from '../trace/index.ts';
import { ENDPOINT, ownerOf, serviceRange } from './owners.ts';
import type { World } from './types.ts';

/** A packet where it ended, and what is known of that place. */
export interface Arrival {
  readonly src: Ip;
  readonly sport: number | null;
  readonly dst: Ip;
  readonly dport: number | null;
  readonly ttl: number;
  readonly reached: boolean;
  /** What the place is called, where the packet reached one that has a name of its own. */
  readonly place: string | undefined;
  /** What a header before the data says of the client. */
  readonly proxyProtocol?: string | null;
}

/** Who the far end is and what it sees; of a packet that died, the end it was on its way to and the source it died with. */
export function farEndOf(world: World, arrival: Arrival): FarEnd {
  const { src, sport, dst, dport, ttl, reached, place, proxyProtocol } = arrival;
  const { kind, name, sharedBy } = ownerOf(world, src);
  return {
    reached,
    name: (reached ? place : undefined) ?? ownerName(world, dst),
    address: showEnd(dst, dport),
    sees: { ip: src, port: sport, identity: { kind, name }, sharedBy },
    ttl,
    forwardedFor: [],
    proxyProtocol: (reached ? proxyProtocol : null) ?? null,
  };
}

/** `10.0.3.193:8080`, `[2600::1]:80`, or the bare address. */
export const showEnd = (ip: Ip, port: number | null): string =>
  port === null ? ip : ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;

/** Who has an address that the input gives to nobody, in a VPC it does not describe. */
export const NOBODY_GIVEN = 'nobody in the input';

const isUnshown = ({ fabric }: World, address: Ip): boolean =>
  fabric.vpcs.some(
    (vpc) => shownIn(vpc)?.has(address) === false && vpc.cidrs.some((block) => cidrContains(block, address)),
  );

const indexes = new WeakMap<Vpc, ReadonlySet<Ip>>();

function shownIn(vpc: Vpc): ReadonlySet<Ip> | undefined {
  if (vpc.shown === undefined) return undefined;
  let index = indexes.get(vpc);
  if (index === undefined) {
    index = new Set(vpc.shown);
    indexes.set(vpc, index);
  }
  return index;
}

/** What an address is called; a host of the internet that nobody declared by itself. */
export function ownerName(world: World, address: Ip): string {
  const { kind, name } = ownerOf(world, address);
  switch (kind) {
    case 'pod':
      return name;
    case 'unowned': {
      if (serviceRange(world.directory, address) !== undefined) return name;
      const kept = reservedFor(world.fabric, address);
      if (kept !== undefined) return `reserved (${kept})`;
      return isUnshown(world, address) ? `${NOBODY_GIVEN} (${address})` : `nobody (${address})`;
    }
    case 'node':
      return isUnshown(world, address) ? `${NOBODY_GIVEN} (${address})` : `${kind}/${name}`;
    case 'internet-client':
      return `internet/${address}`;
    case 'server': {
      if (name.startsWith('svc/') || name.startsWith(ENDPOINT) || name === 'loopback') return name;
      const host = world.directory.hosts.find((each) => each.addresses.includes(address));
      return `${host?.kind === 'internet' ? 'internet' : 'host'}/${name}`;
    }
    default:
      return `${kind}/${name}`;
  }
}
