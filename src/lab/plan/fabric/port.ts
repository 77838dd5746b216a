import type { Eni, Subnet } from '../../../fabric/index.ts';
import {
  type Cidr,
  cidrContains,
  cidrOf,
  type Family,
  familyOf,
  type Ip,
  linkLocal,
  type Mac,
} from '../../../net/index.ts';
import type { CableEnd } from '../cables.ts';
import type { FabricNetns } from './fabric-netns.ts';

/** An ENI seen from its VPC: the device at the far end of its cable, which plays the subnet's router to it. */
export interface Port {
  readonly subnet: Subnet;
  readonly dev: string;
  readonly mac: Mac;
  /** What the ENI owns: single addresses as /32 and /128, and delegated prefixes. */
  readonly owned: readonly Cidr[];
  readonly sourceDestCheck: boolean;
  readonly groups: readonly string[];
  /** The next hop that means this ENI, per family. */
  readonly via: Readonly<Record<Family, Ip | undefined>>;
}

/** The table that knows where every address of a VPC is. */
export const DELIVERY = 100;
/** Rules of a VPC's namespace: a packet's own route table first, then delivery. */
export const PRIORITY = { resolver: 100, routeTable: 1000, delivery: 2000 } as const;

export function makePort(
  eni: Pick<Eni, 'addresses' | 'prefixes' | 'mac' | 'sourceDestCheck' | 'securityGroups'>,
  subnet: Subnet,
  end: CableEnd,
): Port {
  const single = eni.addresses.filter((address) => !eni.prefixes.some((prefix) => cidrContains(prefix, address)));
  return {
    subnet,
    dev: end.dev,
    mac: eni.mac,
    owned: [...single.map((address) => cidrOf(address)), ...eni.prefixes],
    sourceDestCheck: eni.sourceDestCheck,
    groups: eni.securityGroups,
    via: { 4: eni.addresses.find((address) => familyOf(address) === 4), 6: linkLocal(eni.mac) },
  };
}

/** The words of a route that ends at an ENI, whatever the packet's destination. */
export function viaPort({ via, dev }: Port, family: Family): readonly string[] | undefined {
  const hop = via[family];
  if (hop === undefined) return undefined;
  return ['via', hop, 'dev', dev, ...(family === 4 ? ['onlink'] : [])];
}

/** The router's address, the ENI's MAC, and where what it owns is delivered (VPC guide: the mapping service). */
export function planPort(at: FabricNetns, port: Port, routeTable: number): void {
  const { dev, mac, subnet } = port;
  if (familyOf(subnet.router) === 4) at.ip4.add('addr', 'add', `${subnet.router}/32`, 'dev', dev);
  for (const family of [4, 6] as const) {
    const lines = at.of(family);
    const words = viaPort(port, family);
    const hop = port.via[family];
    if (words === undefined || hop === undefined) continue;
    lines.add('neigh', 'replace', hop, 'dev', dev, 'lladdr', mac, 'nud', 'permanent');
    for (const block of port.owned)
      if (block.family === family) lines.add('route', 'add', block.text, ...words, 'table', DELIVERY);
    lines.add('rule', 'add', 'from', 'all', 'iif', dev, 'priority', PRIORITY.routeTable, 'lookup', routeTable);
  }
}
