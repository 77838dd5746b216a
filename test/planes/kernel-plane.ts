import { spawnSync } from 'node:child_process';
import { closeSync, writeFileSync } from 'node:fs';
import {
  abi,
  bindUdp,
  closeSocket,
  createNetns,
  enterSandbox,
  listenTcp,
  netnsPath,
  sendTo,
  sockaddrLink,
  socketIn,
  withNetns,
} from '../../src/lab/exec/ffi/index.ts';
import {
  type KernelWalk,
  Observer,
  readPacket,
  type Watched,
  walksOf,
  writePacket,
} from '../../src/lab/observe/index.ts';
import { planConnections } from '../../src/lab/plan/host/connections.ts';
import type { Netns } from '../../src/linux/index.ts';
import { ip, isUnspecified } from '../../src/net/index.ts';
import type { Headers } from '../../src/trace/index.ts';
import { sendFromSocket } from './kernel-sender.ts';
import { type Bench, LostEvents, type Placed, type Plane, type Walked } from './plane.ts';
import { type RouterText, routerOf, speaks } from './router.ts';
import { TcpNumbers } from './tcp-numbers.ts';

/**
 * The kernel as a plane: the namespace of a case, made; its devices' other ends lie in this process's own sandbox, where
 * packets are put on the wire. Whatever the namespace sends is seen on its devices and goes nowhere.
 */
export const kernelPlane: Plane = { name: 'kernel', open: (router) => new KernelBench(router) };

let observer: Observer | undefined;
let benches = 0;

/** Sockets and programs that observe: once a process, in its sandbox. */
export function theObserver(): Observer {
  if (observer === undefined) {
    enterSandbox();
    writeSysctl('net.ipv6.conf.default.disable_ipv6', '1');
    observer = new Observer();
  }
  return observer;
}

interface Wire {
  readonly ifindex: number;
  /** Destination and source MAC, type. */
  readonly ethernet: Buffer;
}

class KernelBench implements Bench {
  readonly #netns: number;
  readonly #watched: Watched;
  readonly #observer = theObserver();
  readonly #wires: ReadonlyMap<string, Wire>;
  readonly #injector: number;
  readonly #sockets: number[] = [];
  readonly #numbers = new TcpNumbers();
  #id = 0;
  disturbed = false;

  constructor(text: RouterText) {
    const netns = routerOf(text);
    const descriptor = createNetns();
    this.#netns = descriptor;
    const bench = benches++;
    try {
      makeDevices(descriptor, netns, bench);
      fill(descriptor, netns, text);
    } catch (error) {
      // Else what the kernel would not take stays, with its devices, as long as this process.
      closeSync(descriptor);
      throw error;
    }
    this.#wires = wiresOf(netns, bench);
    this.#injector = socketIn('/proc/self/ns/net', abi.AF_PACKET, abi.SOCK_RAW, 0);
    for (const { protocol, local, port, dev } of netns.sockets) {
      const address = local === '*' ? ip(speaks(netns.addresses) === 6 ? '::' : '0.0.0.0') : ip(local);
      this.#sockets.push(
        protocol === 'tcp'
          ? listenTcp(this.#netns, address, port, 4096, { dev })
          : bindUdp(this.#netns, address, port, { dev }),
      );
    }
    this.#watched = this.#observer.watch('r', { kind: 'node', name: 'r' }, this.#netns);
    this.#observer.drain();
  }

  put(placed: Placed): readonly Walked[] {
    const before = walksOf(this.#observer.drain(), () => undefined);
    this.disturbed ||= before.some((walk) => !isHousekeeping(walk));
    this.#observer.takeLost();
    const failed = placed.at === 'local' ? this.#send(placed.headers) : this.#inject(placed);
    const seen = this.#observer.drain();
    if (this.#observer.takeLost()) throw new LostEvents();
    const all = walksOf(seen, () => undefined).filter((walk) => !isHousekeeping(walk));
    const caused = causedBy(placed, all);
    this.disturbed ||= caused.length < all.length;
    const walks = caused.map((walk): Walked => {
      if (walk.end.kind !== 'sent') return { trace: walk.trace, end: { kind: walk.end.kind } };
      const { dev, packet } = walk.end;
      this.#numbers.left(packet, isTracked(walk));
      return { trace: walk.trace, end: { kind: 'sent', dev, headers: readPacket(packet) ?? placed.headers } };
    });
    return failed === undefined || walks.length > 0 ? walks : [failed];
  }

  #inject({ at, headers }: Placed): undefined {
    const wire = this.#wires.get(at);
    if (wire === undefined) throw new Error(`Cannot put a packet on "${at}": no such device`);
    this.#id = (this.#id % 65535) + 1;
    const type = Buffer.from(headers.family === 4 ? [8, 0] : [0x86, 0xdd]);
    const frame = Buffer.concat([wire.ethernet, type, bytesOf(headers, this.#id, this.#numbers)]);
    const errno = sendTo(this.#injector, frame, sockaddrLink(0, wire.ifindex));
    if (errno !== 0) throw new Error(`Cannot put a packet on "${at}": errno ${errno}`);
    return undefined;
  }

  #send(headers: Headers): Walked | undefined {
    const { fd, disposition } = sendFromSocket(this.#netns, headers);
    // What could not send is given up: nobody listens by it.
    if (disposition === undefined) this.#sockets.push(fd);
    else closeSocket(fd);
    if (disposition === undefined) return undefined;
    const hops = [{ where: this.#watched.place, steps: [] }];
    return { trace: { probability: 1, disposition, hops }, end: { kind: 'died' } };
  }

  close(): void {
    this.#observer.unwatch(this.#watched);
    for (const fd of this.#sockets) closeSocket(fd);
    closeSocket(this.#injector);
    closeSync(this.#netns);
    this.#observer.drain();
  }
}

const isTracked = ({ trace }: KernelWalk): boolean =>
  trace.hops.some(({ steps }) => steps.some((step) => step.kind === 'conntrack' && step.state !== 'invalid'));

/**
 * The packet's own walk, and what came of it. What began before it, a socket sent anew by itself; and so is a SYN that is
 * not the packet's own, whenever it is sent: what comes in causes none.
 */
function causedBy(placed: Placed, seen: readonly KernelWalk[]): readonly KernelWalk[] {
  const own = seen.findIndex((walk) => isPlaced(placed, walk));
  if (own < 0 && placed.at === 'local') return [];
  return seen.slice(Math.max(0, own)).filter((walk) => isPlaced(placed, walk) || !isOwnSyn(walk));
}

function isPlaced({ at, headers }: Placed, { stays: [first] }: KernelWalk): boolean {
  if (first === undefined) return false;
  if (at !== 'local') return first.entered !== undefined;
  const { dst, protocol, sport, icmp } = first.first;
  const same =
    (dst === headers.dst || isUnspecified(headers.dst)) && protocol === headers.protocol && sport === headers.sport;
  return first.entered === undefined && same && icmp?.id === headers.icmp?.id;
}

/** A SYN this host sends though nobody asked for it just now: a socket's second try. */
function isOwnSyn({ stays: [first] }: KernelWalk): boolean {
  if (first === undefined || first.entered !== undefined) return false;
  const flags = first.headers.tcpFlags ?? [];
  return flags.includes('SYN') && !flags.includes('ACK');
}

/** What an IPv6 host says by itself goes to groups: neighbour discovery, group membership (RFC 4861, RFC 3810). */
function isHousekeeping({ stays: [first] }: KernelWalk): boolean {
  return first !== undefined && first.entered === undefined && first.first.dst.startsWith('ff');
}

function bytesOf(headers: Headers, id: number, numbers: TcpNumbers): Buffer {
  const { icmp } = headers;
  if (icmp?.quoted === undefined) return writePacket(headers, { id, ...numbers.of(headers) });
  const about = writePacket({ ...icmp.quoted, length: 0 }, { id: 1, ...numbers.of(icmp.quoted) });
  return writePacket({ ...headers, length: 0 }, { id, quoted: about });
}

const END = (bench: number, at: number): string => `w${bench}x${at}`;

function makeDevices(fd: number, { links }: Netns, bench: number): void {
  const lines: string[] = [];
  links.forEach((link, at) => {
    if (link.ifname === 'lo') return;
    const end = END(bench, at);
    lines.push(
      `link add ${end} mtu 65535 type veth peer name ${link.ifname} mtu ${link.mtu} address ${link.address} netns ${netnsPath(fd)}`,
      `link set ${end} up arp off`,
    );
  });
  batch(lines);
}

/** The other ends by the device they lead to, for frames that look as if a neighbour sent them. */
function wiresOf({ links }: Netns, bench: number): ReadonlyMap<string, Wire> {
  const { stdout } = spawnSync('ip', ['-j', 'link'], { encoding: 'utf8' });
  const here = JSON.parse(stdout) as readonly { readonly ifindex: number; readonly ifname: string }[]; // iproute2's keys
  const wires = new Map<string, Wire>();
  links.forEach((link, at) => {
    const ifindex = here.find(({ ifname }) => ifname === END(bench, at))?.ifindex;
    if (ifindex === undefined) return;
    const to = Buffer.from(link.address.replaceAll(':', ''), 'hex');
    wires.set(link.ifname, { ifindex, ethernet: Buffer.concat([to, Buffer.from([2, 0, 0, 0, 2, at])]) });
  });
  return wires;
}

function fill(fd: number, netns: Netns, text: RouterText): void {
  withNetns(fd, () => {
    if (speaks(netns.addresses) === 6) quieten(netns);
    else
      for (const ifname of ['default', ...netns.links.map((link) => link.ifname)])
        writeSysctl(`net.ipv6.conf.${ifname}.disable_ipv6`, '1');
    batch(deviceLines(netns));
    batch(routeLines(text), speaks(netns.addresses));
    for (const [name, value] of netns.sysctls) writeSysctl(name, value);
    // Of two chains with one priority iptables' is taken to be first: the later one registered.
    if (text.nft !== undefined) feed('nft', ['-f', '-'], text.nft);
    if (text.ipsets !== undefined) feed('ipset', ['restore'], text.ipsets);
    if (text.iptables !== undefined) feed('iptables-nft-restore', [], text.iptables);
    if (text.ip6tables !== undefined) feed('ip6tables-nft-restore', [], text.ip6tables);
    for (const line of planConnections(netns, [])) feed('conntrack', line.split(' '), '');
  });
}

/** An IPv6 host speaks by itself: of its own addresses, of its groups, of routers. Here it does so once, and at once. */
function quieten({ links }: Netns): void {
  for (const { ifname } of links) {
    writeSysctl(`net.ipv6.conf.${ifname}.disable_ipv6`, '0');
    writeSysctl(`net.ipv6.conf.${ifname}.addr_gen_mode`, '1');
    writeSysctl(`net.ipv6.conf.${ifname}.accept_dad`, '0');
    writeSysctl(`net.ipv6.conf.${ifname}.router_solicitations`, '0');
    writeSysctl(`net.ipv6.conf.${ifname}.mldv2_unsolicited_report_interval`, '1');
  }
}

function deviceLines({ links, addresses }: Netns): string[] {
  const added = addresses.flatMap(({ dev, family, local, prefixlen, broadcast }) => {
    if (dev === 'lo') return [];
    const brd = broadcast === undefined ? '' : `brd ${broadcast} `;
    return [`addr add ${local}/${prefixlen} ${brd}dev ${dev}${family === 6 ? ' nodad' : ''}`];
  });
  const up = links.flatMap(({ ifname }) => (ifname === 'lo' ? [] : [`link set ${ifname} arp off up`]));
  // An IPv6 address is usable once its device is up (addrconf_dad_start).
  return ['link set lo up', ...(speaks(addresses) === 6 ? [...up, ...added] : [...added, ...up])];
}

function routeLines({ routes = '', rules = '' }: RouterText): string[] {
  const lines: string[] = [];
  for (const line of routes.split('\n')) if (line.trim() !== '') lines.push(`route add ${line}`);
  for (const line of rules.split('\n')) {
    if (line.trim() !== '') lines.push(`rule add ${line.replace(/^\s*(\d+):/, 'pref $1')}`);
    if (line.endsWith(' lookup local')) lines.push('rule del pref 0');
  }
  return lines;
}

const batch = (lines: readonly string[], family?: 4 | 6): void =>
  feed('ip', [...(family === undefined ? [] : [`-${family}`]), '-batch', '-'], `${lines.join('\n')}\n`);

function feed(command: string, args: readonly string[], input: string): void {
  const run = spawnSync(command, args, { input, encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`${command} refused: ${run.stderr}\n${input}`);
}

/** procfs shows the sysctls of the namespace this thread is in. */
function writeSysctl(name: string, value: string): void {
  writeFileSync(`/proc/sys/${name.replaceAll('.', '/')}`, value);
}
