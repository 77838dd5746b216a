import { PORTS_PER_DESTINATION } from '../fabric/index.ts';
import { type Cidr, cidr, cidrContains, type Ip, isLinkLocal } from '../net/index.ts';
import type { IdentityKind } from '../trace/index.ts';
import type { Directory, World } from './types.ts';

export interface Owner {
  readonly kind: IdentityKind;
  readonly name: string;
  /** How many workloads may stand behind this address as the layout has it; 1 is "nobody else". Walks tell how many do. */
  readonly sharedBy: number;
}

const indexes = new WeakMap<World, ReadonlyMap<Ip, Owner>>();

/**
 * Who an address is. A node's is shared by the pods that may be translated to it; a NAT gateway's by every pod and node
 * whose subnet has a route to it. An address inside a VPC that no ENI owns is `unowned`, and so is one of the service range without a Service, and
 * one that no router forwards;
 * any other outside every VPC is a client on the internet.
 */
export function ownerOf(world: World, address: Ip): Owner {
  let index = indexes.get(world);
  if (index === undefined) {
    index = build(world);
    indexes.set(world, index);
  }
  const known = index.get(address);
  if (known !== undefined) return known;
  if (LOOPBACK.some((block) => cidrContains(block, address))) return { kind: 'server', name: 'loopback', sharedBy: 1 };
  // The VPC CNI gives pods of an IPv6 cluster addresses of 169.254.172.0/22 for what they send over IPv4.
  if (isLinkLocal(address)) return { kind: 'unowned', name: 'link-local', sharedBy: 1 };
  const range = serviceRange(world.directory, address);
  // A list of live objects need not have the Service.
  if (range !== undefined && world.fabric.dns.clusterDns.includes(address))
    return { kind: 'server', name: 'svc/kube-system/kube-dns', sharedBy: 1 };
  if (range !== undefined) return { kind: 'unowned', name: `${SERVICE_RANGE} ${range.text}`, sharedBy: 1 };
  const inside = world.fabric.vpcs.some((vpc) => vpc.cidrs.some((block) => cidrContains(block, address)));
  return { kind: inside ? 'unowned' : 'internet-client', name: inside ? 'nobody' : address, sharedBy: 1 };
}

function build(world: World): ReadonlyMap<Ip, Owner> {
  const { fabric, directory } = world;
  const owners = new Map<Ip, Owner>();
  const podsOf = new Map<string, number>();
  for (const pod of directory.pods) if (!pod.hostNetwork) podsOf.set(pod.node, (podsOf.get(pod.node) ?? 0) + 1);
  // First: an address some machine really has is that machine's.
  for (const { namespace, name, clusterIPs, loadBalancerIPs } of directory.services)
    for (const address of [...clusterIPs, ...loadBalancerIPs])
      owners.set(address, { kind: 'server', name: `svc/${namespace}/${name}`, sharedBy: 1 });
  for (const gateway of fabric.natGateways) {
    const owner: Owner = { kind: 'nat-gateway', name: gateway.id, sharedBy: behind(world, gateway.id, podsOf) };
    owners.set(gateway.privateIp, owner);
    if (gateway.publicIp !== null) owners.set(gateway.publicIp, owner);
  }
  for (const eni of fabric.enis) {
    const owner = fabricOwner(eni.owner);
    if (owner === undefined) continue;
    for (const address of [...eni.addresses, ...eni.publicAddresses.values()]) owners.set(address, owner);
  }
  for (const { id, publicAddresses } of fabric.controlPlanes)
    for (const address of publicAddresses) owners.set(address, { kind: 'control-plane', name: id, sharedBy: 1 });
  for (const node of directory.nodes) {
    const owner: Owner = { kind: 'node', name: node.name, sharedBy: 1 + (podsOf.get(node.name) ?? 0) };
    for (const address of node.addresses) owners.set(address, owner);
  }
  for (const eni of fabric.enis) {
    if (eni.owner.startsWith('host/')) {
      const owner: Owner = { kind: 'server', name: eni.owner.slice('host/'.length), sharedBy: 1 };
      for (const outside of eni.publicAddresses.values()) owners.set(outside, owner);
    }
    if (!eni.owner.startsWith('node/')) continue;
    const name = eni.owner.slice('node/'.length);
    const owner: Owner = { kind: 'node', name, sharedBy: 1 + (podsOf.get(name) ?? 0) };
    const [primary] = eni.addresses;
    if (primary !== undefined) owners.set(primary, owner);
    for (const outside of eni.publicAddresses.values()) owners.set(outside, owner);
  }
  for (const host of directory.hosts)
    for (const address of host.addresses) owners.set(address, { kind: 'server', name: host.name, sharedBy: 1 });
  for (const pod of directory.pods) {
    if (pod.hostNetwork) continue;
    for (const address of pod.addresses)
      owners.set(address, { kind: 'pod', name: `pod/${pod.namespace}/${pod.name}`, sharedBy: 1 });
  }
  return owners;
}

/** Connections to one destination each of those behind one address of a NAT gateway has, where all have as many. */
export const portsEach = ({ sharedBy }: Pick<Owner, 'sharedBy'>): number =>
  Math.floor(PORTS_PER_DESTINATION / Math.max(1, sharedBy));

/** How the name of an interface endpoint begins. */
export const ENDPOINT = 'vpc-endpoint/';

/** Who is behind an interface that no namespace is. */
function fabricOwner(owner: string): Owner | undefined {
  const name = owner.slice(owner.indexOf('/') + 1);
  if (owner.startsWith('lb/')) return { kind: 'load-balancer', name, sharedBy: 1 };
  if (owner.startsWith(ENDPOINT)) return { kind: 'server', name: owner, sharedBy: 1 };
  return owner.startsWith('control-plane/') ? { kind: 'control-plane', name, sharedBy: 1 } : undefined;
}

/** How the name of a nobody in the service range begins. */
const SERVICE_RANGE = 'no Service of';

/** The block an address would be a cluster IP of. */
export const serviceRange = ({ serviceCidrs }: Directory, address: Ip): Cidr | undefined =>
  serviceCidrs.find((block) => cidrContains(block, address));

const LOOPBACK = [cidr('127.0.0.0/8'), cidr('::1/128')];

/** Pods and nodes in subnets that route somewhere to this NAT gateway. */
function behind(world: World, gateway: string, podsOf: ReadonlyMap<string, number>): number {
  const { fabric } = world;
  const tables = new Set(
    fabric.routeTables
      .filter((table) =>
        table.routes.some((route) => route.target.kind === 'nat-gateway' && route.target.id === gateway),
      )
      .map((table) => table.id),
  );
  const subnets = new Set(fabric.subnets.filter((subnet) => tables.has(subnet.routeTable)).map((subnet) => subnet.id));
  const nodes = new Set(
    fabric.enis
      .filter((eni) => subnets.has(eni.subnet) && eni.owner.startsWith('node/'))
      .map((eni) => eni.owner.slice(5)),
  );
  let count = 0;
  for (const node of nodes) count += 1 + (podsOf.get(node) ?? 0);
  return Math.max(1, count);
}
