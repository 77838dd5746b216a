import { enslaved, type Netns } from '../../linux/index.ts';
import { perNetns } from '../per-netns.ts';
import type { Device, Host } from '../types.ts';
import { unreadAtDevice } from '../unread-chains.ts';
import { hiddenAt } from '../unsaid.ts';
import { type DevConf, devConfOf, mtu6Of } from './dev-conf.ts';
import { neighboursOn } from './neighbours.ts';

const devices = perNetns(() => new Map<string, Device>());

export function deviceOf(host: Parameters<typeof devices>[0], name: string): Device {
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
  const place = netns.links.findIndex(({ ifname }) => ifname === name);
  const link = netns.links[place];
  const mtu = link?.mtu ?? MAX_MTU;
  return {
    name,
    index: place,
    link,
    up: link?.flags.includes('UP') === true,
    carrier: link?.flags.includes('NO-CARRIER') !== true,
    noarp: link?.flags.includes('NOARP') === true,
    mtu,
    mtu6: mtu6Of(netns, name, mtu),
    conf: devConfOf(netns, name),
    unmodelled: hiddenAt(netns, name) ?? enslaved(netns.links, name),
    unread: unreadAtDevice(netns, link),
    neighbours: neighboursOn(name, netns.neighbours),
  };
}
