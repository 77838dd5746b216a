import type { Neighbour } from '../../linux/index.ts';
import type { Ip, Mac } from '../../net/index.ts';
import type { KnownNeighbour, Neighbours } from '../types.ts';

/** What a device without entries has. */
const NOBODY: Neighbours = { get: () => undefined };

/** A device's neighbour entries by address, of a namespace's whole list. Of two for one address the later counts. */
export function neighboursOn(dev: string, list: readonly Neighbour[]): Neighbours {
  const known = new Map<Ip, KnownNeighbour>();
  list.forEach((entry, index) => {
    if (entry.dev !== dev) return;
    const { dst, lladdr, state } = entry;
    known.set(dst, { dst, lladdr, failed: state === 'FAILED', entry, index });
  });
  const [only, another] = known.values();
  if (only === undefined) return NOBODY;
  return another === undefined ? new OnlyNeighbour(only) : known;
}

/** A veth has one: the gateway on the pod's side, the pod on the node's. */
class OnlyNeighbour implements Neighbours, KnownNeighbour {
  readonly dst: Ip;
  readonly lladdr: Mac | undefined;
  readonly failed: boolean;
  readonly entry: Neighbour;
  readonly index: number;

  constructor({ dst, lladdr, failed, entry, index }: KnownNeighbour) {
    this.dst = dst;
    this.lladdr = lladdr;
    this.failed = failed;
    this.entry = entry;
    this.index = index;
  }
  get(address: Ip): KnownNeighbour | undefined {
    return address === this.dst ? this : undefined;
  }
}
