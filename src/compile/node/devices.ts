import type { Link, Origin } from '../../linux/index.ts';
import { type Mac, mac } from '../../net/index.ts';

const ZERO = mac('00:00:00:00:00:00');
const BROADCAST = mac('ff:ff:ff:ff:ff:ff');
const QUEUE = 1000;
const UP = ['BROADCAST', 'MULTICAST', 'UP', 'LOWER_UP'];

export const LOOPBACK: Link = {
  ifindex: 1,
  ifname: 'lo',
  flags: ['LOOPBACK', 'UP', 'LOWER_UP'],
  mtu: 65536,
  qdisc: 'noqueue',
  operstate: 'UNKNOWN',
  group: 'default',
  link_type: 'loopback',
  address: ZERO,
  broadcast: ZERO,
  txqlen: QUEUE,
};

interface Device {
  readonly ifindex: number;
  readonly ifname: string;
  readonly mac: Mac;
  readonly mtu: number;
  readonly origin?: Origin;
}

/** What every Ethernet device that is up prints alike, and then what its kind adds. */
const etherLink = (
  { ifindex, ifname, mac: address, mtu }: Device,
  qdisc: 'mq' | 'noqueue',
  ofKind: Partial<Link>,
): Link =>
  Object.assign(
    {
      ifindex,
      ifname,
      flags: UP,
      mtu,
      qdisc,
      operstate: 'UP',
      group: 'default',
      link_type: 'ether',
      address,
      broadcast: BROADCAST,
      txqlen: QUEUE,
    } as const,
    ofKind,
  );

/** A physical device: an ENI as the instance sees it. */
export const physicalLink = (device: Device): Link =>
  etherLink(device, 'mq', device.origin === undefined ? {} : { origin: device.origin });

/** One end of a veth pair; its peer is index `peer` in namespace `netnsid`. In one piece: there are two for each pod. */
export const vethLink = ({ ifindex, ifname, mac: address, mtu, peer, netnsid, origin }: Veth): Link => ({
  ifindex,
  ifname,
  flags: UP,
  mtu,
  qdisc: 'noqueue',
  operstate: 'UP',
  group: 'default',
  link_type: 'ether',
  address,
  broadcast: BROADCAST,
  txqlen: QUEUE,
  origin,
  link_index: peer,
  link_netnsid: netnsid,
  info_kind: 'veth',
});

/** A VLAN on a device of the same namespace (`ip link add link PARENT name NAME type vlan id ID`, drivers of net/8021q). */
export const vlanLink = (device: Vlan): Link =>
  etherLink(device, 'noqueue', {
    link_index: device.parent,
    info_kind: 'vlan',
    vlan_id: device.id,
    origin: device.origin,
  });

interface Vlan extends Device {
  readonly id: number;
  /** The index of the device it is on. */
  readonly parent: number;
  readonly origin: Origin;
}

interface Veth extends Device {
  readonly peer: number;
  readonly netnsid: number;
  readonly origin: Origin;
}
