import type { Link, Netns } from '../../linux/index.ts';
import { createConntrack } from '../conntrack/index.ts';
import type { Host } from '../types.ts';

/** A namespace ready for packets. `folder` is where its artefacts lie in a World folder. */
export function createHost(netns: Netns, folder: string): Host {
  return {
    netns,
    folder,
    links: linksOf(netns),
    conntrack: createConntrack(netns),
    openSockets: new Set(),
    recent: new Map(),
    counters: new WeakMap(),
    sysctl: (name) => netns.sysctls.get(name),
  };
}

const indexes = new WeakMap<Netns, ReadonlyMap<string, Link>>();

/** Devices by name: the same for every walk through this namespace. */
function linksOf(netns: Netns): ReadonlyMap<string, Link> {
  const known = indexes.get(netns);
  if (known !== undefined) return known;
  const made = new Map(netns.links.map((link) => [link.ifname, link]));
  indexes.set(netns, made);
  return made;
}
