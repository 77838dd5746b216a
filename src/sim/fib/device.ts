import type { Link, Neighbour, Netns } from '../../linux/index.ts';
import type { Ip } from '../../net/index.ts';
import { perNetns } from '../per-netns.ts';
import type { Host } from '../types.ts';
import { type DevConf, readDevConf } from './dev-conf.ts';

/** A device as the stack holds it: struct net_device, its in_device and its neighbours. */
export interface Device {
  readonly name: string;
  /** Undefined: some artefact names a device that is not there. */
  readonly link: Link | undefined;
  readonly up: boolean;
  /** False: its other end is down or unplugged, and what is sent by it is lost. */
  readonly carrier: boolean;
  /** IFF_NOARP: frames need no neighbour. */
  readonly noarp: boolean;
  readonly mtu: number;
  readonly conf: DevConf;
  readonly neighbours: ReadonlyMap<Ip, KnownNeighbour>;
}

export interface KnownNeighbour {
  readonly entry: Neighbour;
  /** Its place in the namespace's list. */
  readonly index: number;
}

const devices = perNetns(() => new Map<string, Device>());

export function deviceOf(host: Host, name: string): Device {
  const known = devices(host);
  let device = known.get(name);
  if (device === undefined) {
    device = make(host.netns, name);
    known.set(name, device);
  }
  return device;
}

export const devConf = (host: Host, dev: string): DevConf => deviceOf(host, dev).conf;

const MAX_MTU = 65_535;

function make(netns: Netns, name: string): Device {
  const link = netns.links.find(({ ifname }) => ifname === name);
  const neighbours = new Map<Ip, KnownNeighbour>();
  netns.neighbours.forEach((entry, index) => {
    if (entry.dev === name) neighbours.set(entry.dst, { entry, index });
  });
  return {
    name,
    link,
    up: link?.flags.includes('UP') === true,
    carrier: link?.flags.includes('NO-CARRIER') !== true,
    noarp: link?.flags.includes('NOARP') === true,
    mtu: link?.mtu ?? MAX_MTU,
    conf: readDevConf(netns, name),
    neighbours,
  };
}
