import type { Link, Netns } from '../../linux/index.ts';
import type { Ip } from '../../net/index.ts';
import { SeenFlows } from '../bpf/index.ts';
import { createConntrack } from '../conntrack/index.ts';
import { ConnectionTable } from '../netfilter/index.ts';
import { type Kept, keptOf, perNetns } from '../per-netns.ts';
import { PortBuckets } from '../port-buckets.ts';
import type { Conntrack, Host, IpvsTable, OpenSocket } from '../types.ts';

/** A namespace ready for packets. `folder` is where its artefacts lie in a World folder. */
export const createHost = (netns: Netns, folder: string, kept: Kept = keptOf(netns)): Host =>
  new WalkedHost(netns, folder, kept);

/** A walk makes one of these for every namespace it visits: what only some packets need is made when they do. */
class WalkedHost implements Host {
  readonly netns: Netns;
  readonly folder: string;
  readonly kept: Kept;
  readonly openSockets = new PortBuckets<OpenSocket>();
  private connections: Conntrack | undefined;
  private balanced: IpvsTable | undefined;
  private lists: Map<string, Map<Ip, number[]>> | undefined;
  private sets: Host['written'] | undefined;
  private seen: SeenFlows | undefined;
  private counts: WeakMap<object, number> | undefined;

  constructor(netns: Netns, folder: string, kept: Kept) {
    this.netns = netns;
    this.folder = folder;
    this.kept = kept;
  }

  get links(): ReadonlyMap<string, Link> {
    return linksOf(this);
  }
  get conntrack(): Conntrack {
    this.connections ??= createConntrack(this.netns);
    return this.connections;
  }
  get ipvs(): IpvsTable {
    this.balanced ??= new ConnectionTable();
    return this.balanced;
  }
  get flows(): SeenFlows {
    this.seen ??= new SeenFlows();
    return this.seen;
  }
  get recent(): Map<string, Map<Ip, number[]>> {
    this.lists ??= new Map();
    return this.lists;
  }
  get written(): Host['written'] {
    this.sets ??= new Map();
    return this.sets;
  }
  get counters(): WeakMap<object, number> {
    this.counts ??= new WeakMap();
    return this.counts;
  }
  sysctl(name: string): string | undefined {
    return this.netns.sysctls.get(name);
  }
}

/** Devices by name. */
const linksOf = perNetns((netns): ReadonlyMap<string, Link> => new Map(netns.links.map((link) => [link.ifname, link])));
