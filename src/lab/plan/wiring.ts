import type { Mac } from '../../net/index.ts';
import type { Cable, CableEnd } from './cables.ts';
import { ShortNames } from './names.ts';

/** A device of the fabric, as long as nobody has said what is at its other end. */
export interface FabricDevice {
  readonly netns: string;
  readonly wanted: string;
  readonly mac: Mac;
  readonly mtu: number;
}

/** One that every namespace has, and words of /proc/sys/net that no device is called (net/core/sysctl_net_core.c, sysctl_dev_name_is_allowed). */
const NO_DEVICE: readonly string[] = ['lo', 'all', 'default'];

/** Which device is connected to which. Names of the fabric's own devices are given here. */
export class Wiring {
  readonly cables: Cable[] = [];
  private readonly names = new Map<string, ShortNames>();

  /** A device of the fabric under a name of its own. */
  device({ netns, wanted, mac, mtu }: FabricDevice): CableEnd {
    const names = this.names.get(netns) ?? new ShortNames(NO_DEVICE);
    this.names.set(netns, names);
    return { netns, dev: names.make(wanted), ifindex: undefined, mac, mtu, up: true };
  }

  /** `busy` is the end whose namespace has many: it is raised with its siblings once the pair exists. */
  connect(end: CableEnd, busy: CableEnd): void {
    this.cables.push({ a: end, b: busy });
  }

  /** Devices to raise in a namespace, in the order they were connected. */
  toRaise(): ReadonlyMap<string, readonly string[]> {
    const found = new Map<string, string[]>();
    for (const { b } of this.cables) {
      if (!b.up) continue;
      const devices = found.get(b.netns) ?? [];
      found.set(b.netns, devices);
      devices.push(b.dev);
    }
    return found;
  }
}
