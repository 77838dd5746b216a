import type { Place } from '../../trace/index.ts';
import { type NetnsHandle, netnsInode, withNetns } from '../exec/ffi/index.ts';
import { runTool } from '../exec/run-tool.ts';
import { type KernelEvent, openKernelEvents } from './bpf/kernel-events.ts';
import { type LinkRecord, LinkTap } from './link-tap.ts';
import { eachAttribute, textAt } from './netlink/attributes.ts';
import { CONNTRACK_NEW_GROUP, type KernelConn, readConn } from './netlink/conntrack-events.ts';
import { EventSocket, numberNetns } from './netlink/event-socket.ts';
import { NETLINK_ROUTE, netlinkRequest } from './netlink/request.ts';
import { type RuleEvent, readRuleEvent, TRACE_GROUP } from './netlink/rule-events.ts';
import { OBSERVER_TABLE, type RuleBook, readRuleBook, readWhenAsked } from './rule-book.ts';

/**
 * Turns tracing on, and shows a packet's header where the rules' own events do not: behind conntrack, behind each side of
 * nat, at both ends of INPUT. It is an nft table: iptables-save does not list it. What a killed observer left goes first.
 */
const OBSERVE = `table inet ${OBSERVER_TABLE} {}
delete table inet ${OBSERVER_TABLE}
table inet ${OBSERVER_TABLE} {
	chain pre   { type filter hook prerouting priority -350; policy accept; meta nftrace set 1; }
	chain pre1  { type filter hook prerouting priority -199; policy accept; }
	chain pre2  { type filter hook prerouting priority 350; policy accept; }
	chain out   { type filter hook output priority -350; policy accept; meta nftrace set 1; }
	chain out1  { type filter hook output priority -199; policy accept; }
	chain out2  { type filter hook output priority 350; policy accept; }
	chain in    { type filter hook input priority -350; policy accept; }
	chain in2   { type filter hook input priority 350; policy accept; }
	chain thru  { type filter hook forward priority -350; policy accept; }
	chain post  { type filter hook postrouting priority -350; policy accept; }
	chain post2 { type filter hook postrouting priority 350; policy accept; }
}
`;

/** One namespace under observation. */
export interface Watched {
  readonly name: string;
  readonly place: Place;
  readonly fd: number;
  readonly nsid: number;
  readonly inode: number;
  readonly tap: LinkTap;
  devices: ReadonlyMap<number, string>;
  rules: RuleBook;
}

/** What the kernel told since the last time, each kind in the order it happened. */
export interface Observation {
  readonly links: ReadonlyMap<Watched, readonly LinkRecord[]>;
  readonly rules: readonly RuleEvent[];
  readonly kernel: readonly KernelEvent[];
  readonly connections: readonly KernelConn[];
}

/** Sockets and BPF programs of one lab: they end with this process, whatever it ends by. */
export class Observer {
  readonly #events = new EventSocket([TRACE_GROUP, CONNTRACK_NEW_GROUP]);
  readonly #kernel = openKernelEvents();
  readonly #watched = new Map<number, Watched>();
  #inodes: ReadonlySet<number> = new Set();

  /** Starts to observe a namespace whose devices exist. */
  watch(name: string, place: Place, fd: number): Watched {
    const nsid = numberNetns(fd);
    const run = withNetns(fd, () => runTool(['nft', '-f', '-'], OBSERVE));
    if (run.status !== 0) throw new Error(`Cannot observe ${name}: ${run.stderr}`);
    const watched: Watched = {
      name,
      place,
      fd,
      nsid,
      inode: netnsInode(fd),
      tap: new LinkTap(fd),
      devices: readDevices(fd),
      rules: readWhenAsked(() => readRuleBook(fd)),
    };
    this.#watched.set(nsid, watched);
    this.#inodes = new Set([...this.#watched.values()].map(({ inode }) => inode));
    return watched;
  }

  /** Stops observing a namespace that stays: nothing of the observation is left in it. */
  withdraw(watched: Watched): void {
    withNetns(watched.fd, () => runTool(['nft', 'delete', 'table', 'inet', OBSERVER_TABLE]));
    this.unwatch(watched);
  }

  /** Stops observing a namespace that ends now. */
  unwatch(watched: Watched): void {
    watched.tap.close();
    this.#watched.delete(watched.nsid);
    this.#inodes = new Set([...this.#watched.values()].map(({ inode }) => inode));
  }

  get watched(): readonly Watched[] {
    return [...this.#watched.values()];
  }

  byId(nsid: number): Watched | undefined {
    return this.#watched.get(nsid);
  }

  /** Reads every source until it is empty. Nothing is waited for: the kernel has walked the packet when `sendto` returns. */
  drain(): Observation {
    const rules: RuleEvent[] = [];
    const connections: KernelConn[] = [];
    this.#events.drain((nsid, bytes) => {
      if (!this.#watched.has(nsid)) return;
      const event = readRuleEvent(nsid, bytes);
      if (event !== undefined) return void rules.push(event);
      const conn = readConn(nsid, bytes);
      if (conn !== undefined) connections.push(conn);
    });
    const links = new Map(this.watched.map((each) => [each, each.tap.drain()]));
    return { rules, connections, links, kernel: this.#kernel.drain(this.#inodes) };
  }

  /** True when any source lost events since this was last asked: what was seen meanwhile proves nothing, repeat it. */
  takeLost(): boolean {
    const taps = this.watched.map(({ tap }) => tap.takeLost());
    return [this.#events.takeLost(), this.#kernel.takeLost(), ...taps].includes(true);
  }

  close(): void {
    for (const watched of this.watched) this.unwatch(watched);
    this.#events.close();
    this.#kernel.close();
  }
}

/** Devices of a namespace by index (RTM_GETLINK; struct ifinfomsg, IFLA_IFNAME). */
export function readDevices(netns: NetnsHandle): ReadonlyMap<number, string> {
  const devices = new Map<number, string>();
  for (const message of netlinkRequest(netns, NETLINK_ROUTE, RTM_GETLINK, Buffer.alloc(16), 'dump')) {
    const index = message.readInt32LE(4);
    eachAttribute(message, 16, message.length, (type, at, length) => {
      if (type === IFLA_IFNAME) devices.set(index, textAt(message, at, length));
    });
  }
  return devices;
}

const RTM_GETLINK = 18;
const IFLA_IFNAME = 3;
