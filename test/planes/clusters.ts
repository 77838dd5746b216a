import { closeSync, openSync, writeFileSync } from 'node:fs';
import { closeSocket, withNetns } from '../../src/lab/exec/ffi/index.ts';
import { type Lab, openLab } from '../../src/lab/index.ts';
import { comparable, walksOf } from '../../src/lab/observe/index.ts';
import type { Netns, NetnsId } from '../../src/linux/index.ts';
import { openSocket } from '../../src/sim/host/index.ts';
import type { packetHeaders } from '../../src/sim/packet.ts';

import { probePacket } from '../../src/sim/probe-packet.ts';
import { createSessionState, type SessionState } from '../../src/sim/session-state.ts';
import { type Start, walkPacket } from '../../src/sim/walk-packet.ts';
import type { Hop, Probe, Step } from '../../src/trace/index.ts';
import { type Dice, placeOf, type World } from '../../src/world/index.ts';
import { theObserver } from './kernel-plane.ts';
import { sendFromSocket } from './kernel-sender.ts';
import { LostEvents } from './plane.ts';

/** What a probe and everything it caused did in the namespaces of a World, stay by stay; the fabric between is not told. */
export interface ClusterBench {
  put(probe: Probe, seen?: readonly Step[]): { readonly stays: readonly string[]; readonly steps: readonly Step[] };
  close(): void;
}

/** Answers about answers end soon; a loop of them would be a fault of its own. */
const MAX_WALKS = 6;

/**
 * The World as both planes can play it. Nobody listens: closed ports answer by themselves, and no program has to run. Rules
 * are iptables-nft's, for those of iptables-legacy are not traced; they are the same rules.
 */
export const plain = (world: World): World => ({
  ...world,
  netns: new Map(
    [...world.netns].map(([id, netns]): [NetnsId, Netns] => [
      id,
      { ...netns, sockets: [], iptables: { ...netns.iptables, variant: 'nft' } },
    ]),
  ),
});

export function openSimCluster(world: World): ClusterBench {
  const state = createSessionState(world);
  return {
    put: (probe, seen = []) => simStays(state, probe, seen),
    close() {},
  };
}

function simStays(state: SessionState, probe: Probe, seen: readonly Step[]): ReturnType<ClusterBench['put']> {
  const from = probe.from as NetnsId; // a probe names a namespace
  const host = state.host(from)?.host;
  if (host === undefined) throw new Error(`The World has no ${from}`);
  const made = probePacket(host, probe);
  if (!made.ok) return { stays: [], steps: [] };
  openSocket(host, made.packet, probe.src === undefined ? 'unbound' : 'bound');
  const walk = { dice: drawnAs(seen), now: 0, assumptions: new Set<string>() };
  const hops: Hop[] = [];
  let start: Start | undefined = { kind: 'host', netns: from, packet: made.packet };
  for (let i = 0; i < MAX_WALKS && start !== undefined; i++) {
    const end = walkPacket({ state, start, walk, detail: 'full' });
    hops.push(...end.hops);
    start = end.answer;
  }
  const places = new Set([...state.world.netns.keys()].map((id) => keyOf(placeOf(id))));
  return { stays: hops.filter(({ where }) => places.has(keyOf(where))).flatMap(tell), steps: [] };
}

/**
 * Chance as the kernel settled it: a draw took the rule whose target the kernel went to (every endpoint has a chain of its
 * own), and a drawn port is the next one a translation shows.
 */
function drawnAs(seen: readonly Step[]): Dice {
  const targets = new Set(
    seen.flatMap((step) =>
      step.kind === 'rule' ? (step.target ?? / -[jg] (\S+)/.exec(step.evidence.text)?.[1] ?? []) : [],
    ),
  );
  const ports = seen.flatMap((step) => {
    if (step.kind !== 'nat' || step.manip !== 'src' || step.reply) return [];
    const [before, after] = [step.before, step.after].map(({ icmp, sport }) => icmp?.id ?? sport ?? 0);
    return after === undefined || after === before ? [] : [after];
  });
  return {
    choose: (options) => {
      const taken = options.findIndex(({ label }) => targets.has(label));
      return taken < 0 ? options.length - 1 : taken;
    },
    port(min, max) {
      const at = ports.findIndex((port) => port >= min && port <= max);
      return at < 0 ? min : (ports.splice(at, 1)[0] ?? min);
    },
  };
}

const keyOf = ({ kind, name }: Hop['where']): string => `${kind}/${name}`;

/** A stay as both planes can tell it; one nothing is comparable of is left out. */
function tell(hop: Hop): string[] {
  const { hops } = comparable({ probability: 1, disposition: 'delivered', hops: [hop] });
  // No event names an IPv6 route.
  const six = hop.steps[0]?.before.family === 6;
  const lines = (hops[0]?.lines ?? []).filter((line) => !(six && line.startsWith('route ')));
  return lines.length === 0 ? [] : [[keyOf(hop.where), ...lines].join('\n')];
}

/** The World on the kernel, observed in every namespace that is the World's own. */
export async function openKernelCluster(world: World): Promise<ClusterBench> {
  const observer = theObserver();
  const lab = await openLab(world);
  try {
    const descriptors = new Map<string, number>();
    for (const { name, id } of lab.plan.namespaces) {
      if (id === undefined) continue;
      const fd = openSync(lab.netnsPath(name), 'r');
      descriptors.set(id, fd);
      withNetns(fd, () => writeFileSync('/proc/sys/net/ipv4/ping_group_range', '0 2147483647'));
      observer.watch(id, placeOf(id), fd);
    }
    return bench(lab, descriptors);
  } catch (error) {
    lab.holder.end();
    throw error;
  }
}

function bench(lab: Lab, descriptors: ReadonlyMap<string, number>): ClusterBench {
  const observer = theObserver();
  observer.drain();
  return {
    put(probe) {
      const fd = descriptors.get(probe.from);
      if (fd === undefined) throw new Error(`The lab has no ${probe.from}`);
      observer.drain();
      observer.takeLost();
      const { fd: socket } = sendFromSocket(fd, headersOf(probe));
      const walks = walksOf(observer.drain(), () => undefined);
      // Before it would send again, for want of an answer.
      closeSocket(socket);
      if (observer.takeLost()) throw new LostEvents();
      const hops = walks.flatMap(({ trace }) => trace.hops).filter((hop) => !isDiscovery(hop));
      return { stays: hops.flatMap(tell), steps: hops.flatMap((hop) => hop.steps) };
    },
    close() {
      for (const watched of observer.watched) observer.unwatch(watched);
      for (const fd of descriptors.values()) closeSync(fd);
      lab.holder.end();
    },
  };
}

/** What an IPv6 host asks of its neighbours and groups on its own account (RFC 4861, RFC 3810). */
function isDiscovery({ steps: [first] }: Hop): boolean {
  const { family, dst, icmp } = first?.before ?? {};
  return (
    family === 6 && (dst?.startsWith('ff') === true || (icmp !== undefined && icmp.type >= 133 && icmp.type <= 137))
  );
}

/** The header values a probe asks for, its source left to the kernel. */
function headersOf(probe: Probe): ReturnType<typeof packetHeaders> {
  const { dst, protocol, sport, dport, ttl = 64 } = probe;
  const v6 = dst.includes(':');
  const src = (probe.src ?? (v6 ? '::' : '0.0.0.0')) as typeof dst; // the unspecified address
  const icmp = protocol === 'icmp' || protocol === 'ipv6-icmp';
  return {
    family: v6 ? 6 : 4,
    src,
    dst,
    protocol,
    ...(icmp ? { icmp: { type: v6 ? 128 : 8, code: 0, id: sport ?? 1 } } : { sport: sport ?? 0, dport: dport ?? 0 }),
    ttl,
    length: probe.size ?? 60,
    df: protocol === 'tcp',
    mark: 0,
  };
}
