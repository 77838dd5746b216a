import type { Netns } from '../../linux/index.ts';
import { createConntrack } from '../conntrack/index.ts';
import type { Host } from '../types.ts';

/** A namespace ready for packets. `folder` is where its artefacts lie in a World folder. */
export function createHost(netns: Netns, folder: string): Host {
  return {
    netns,
    folder,
    links: new Map(netns.links.map((link) => [link.ifname, link])),
    conntrack: createConntrack(netns),
    openSockets: new Set(),
    recent: new Map(),
    counters: new WeakMap(),
    sysctl: (name) => netns.sysctls.get(name),
  };
}
