import { assertNever, nearest } from '../base/index.ts';
import { standInLookup, tellStandIn } from '../fabric/index.ts';
import type { NetnsId } from '../linux/index.ts';
import { type Family, familyOf, hasPorts, type Ip, ip, ipv4Mapped, type Protocol } from '../net/index.ts';
import { type AbsentPod, type Directory, hostsFile, type PodEntry, type World } from '../world/index.ts';
import { targetApiServer } from './api-server-end.ts';
import type { End, PortName } from './end.ts';
import { apiServerSender, loadBalancerSender } from './fabric-sender.ts';
import { findPod } from './find-pod.ts';
import { targetLoadBalancer } from './load-balancer-end.ts';
import { found, missing, type Resolved } from './resolved.ts';
import { targetService } from './service-end.ts';
import type { Sender, Target } from './target.ts';

export type { Sender, Target } from './target.ts';

/** A public host nobody declared: where `internet` without an address goes, and comes from. */
const ANY_INTERNET_HOST = { 4: ip('8.8.8.8'), 6: ip('2001:4860:4860::8888') } as const;
const ANY_INTERNET_CLIENT = { 4: ip('203.0.113.7'), 6: ip('2001:db8:ffff::7') } as const;

/** The family a cluster's pods talk: a cluster has one (EKS, kubernetesNetworkConfig.ipFamily). */
function clusterFamily({ pods, services }: Directory): Family {
  const address = pods.find((pod) => !pod.hostNetwork && pod.addresses.length > 0)?.addresses[0];
  const known = address ?? services.find((each) => each.clusterIPs.length > 0)?.clusterIPs[0];
  return known === undefined ? 4 : familyOf(known);
}

/** The address of that family, or the first where there is none. */
const inFamily = (addresses: readonly Ip[], family: Family): Ip | undefined =>
  addresses.find((address) => familyOf(address) === family) ?? addresses[0];

/** `to` is what the sender will speak to, where that says which family. */
export function resolveSender(world: World, end: End, to?: End): Resolved<Sender> {
  const { directory } = world;
  switch (end.kind) {
    case 'pod':
    case 'deploy':
      return map(findPod(directory, end), (pod) => ('phase' in pod ? absentSender(pod) : runningPod(pod)));
    case 'node':
      return map(findNode(directory, end.name), (node) => found(nodeSender(directory, node)));
    case 'host':
      return map(findHost(directory, end.name), (host) => found(asSender('host', host)));
    case 'internet': {
      const family = to?.kind === 'ip' ? familyOf(to.ip) : clusterFamily(directory);
      const address = end.ip ?? ANY_INTERNET_CLIENT[family];
      const standIn = standInLookup(world.fabric)(address);
      if (standIn !== undefined)
        return missing(`${tellStandIn(address, standIn)}; no client has it`, 'ask for a client of another address');
      const host = directory.hosts.find((each) => each.kind === 'internet' && each.addresses.includes(address));
      const netns = host?.netns ?? (`internet/${address}` as NetnsId); // an implicit internet host is named by its address
      return found({ kind: 'internet', name: `internet/${address}`, netns, address });
    }
    case 'ip':
      return senderByAddress(directory, end.ip);
    case 'svc':
      return missing(
        `svc/${end.namespace}/${end.name} sends nothing`,
        'name one of its pods, or the workload: deploy/NS/NAME',
      );
    case 'lb':
      return loadBalancerSender(world, end);
    case 'apiserver':
      return apiServerSender(world);
    case 'name':
      return senderByName(directory, end.name);
    default:
      return assertNever(end);
  }
}

const map = <T, U>(resolved: Resolved<T>, to: (value: T) => Resolved<U>): Resolved<U> =>
  resolved.ok ? to(resolved.value) : resolved;

interface Machine {
  readonly name: string;
  readonly netns: NetnsId;
  readonly addresses: readonly Ip[];
}

const podName = ({ namespace, name }: Pick<PodEntry, 'namespace' | 'name'>): string => `pod/${namespace}/${name}`;

const asSender = (kind: 'node' | 'host', { name, netns, addresses }: Machine): Sender => ({
  kind,
  name: `${kind}/${name}`,
  netns,
  address: addresses[0],
  addresses,
});

const nodeSender = (directory: Directory, node: Machine): Sender => ({
  ...asSender('node', node),
  address: inFamily(node.addresses, clusterFamily(directory)),
});

function absentSender(absent: AbsentPod): Resolved<Sender> {
  const name = podName(absent);
  return found({ kind: 'pod', name, netns: name as NetnsId, address: undefined, absent }); // a pod's namespace has its name
}

function runningPod(pod: PodEntry): Resolved<Sender> {
  const name = podName(pod);
  const [address] = pod.addresses;
  if (address === undefined) return missing(`${name} has no address: it is not running`);
  return found({ kind: 'pod', name, netns: pod.netns, address, ...ownFiles(pod) });
}

/** Files of a pod that are not those of the namespace it is in. */
const ownFiles = (pod: PodEntry): Pick<Sender, 'resolvConf' | 'hosts'> => ({
  ...(pod.resolvConf === undefined ? {} : { resolvConf: pod.resolvConf }),
  ...(pod.hostNetwork && pod.hostAliases !== undefined ? { hosts: hostsFile(pod) } : {}),
});

export function resolveTarget(world: World, end: End, protocol: Protocol, sender?: Sender): Resolved<Target> {
  const { directory } = world;
  const family = sender?.address === undefined ? clusterFamily(directory) : familyOf(sender.address);
  switch (end.kind) {
    case 'pod':
    case 'deploy':
      return map(findPod(directory, end), (pod) =>
        'phase' in pod
          ? absentTarget(pod, end.port)
          : map(podPort(pod, end.port, protocol), (port) => at('pod', podName(pod), pod.addresses[0], port)),
      );
    case 'svc':
      return targetService(world, end, protocol, sender);
    case 'lb':
      return targetLoadBalancer(world, end, protocol, sender);
    case 'node':
      return map(findNode(directory, end.name), (node) => targetNode(world, node, end.port, family, sender));
    case 'host':
      return map(findHost(directory, end.name), ({ name, addresses, netns }) => {
        const listens = world.netns.get(netns)?.sockets.find((socket) => socket.protocol === protocol);
        const address = seenFrom(world, sender, inFamily(addresses, family));
        return at('host', `host/${name}`, address, numeric(end.port) ?? listens?.port ?? 80);
      });
    case 'apiserver':
      return targetApiServer(world, sender, numeric(end.port) ?? 443);
    case 'internet': {
      const declared = directory.hosts.filter((host) => host.kind === 'internet').flatMap((host) => host.addresses);
      const address = end.ip ?? declared.find((each) => familyOf(each) === family) ?? ANY_INTERNET_HOST[family];
      return at('internet', `internet/${address}`, address, numeric(end.port) ?? 443);
    }
    case 'ip': {
      const mapped = ipv4Mapped(end.ip);
      if (mapped !== undefined && !hasPorts(protocol))
        return missing(`No ping of IPv6 goes to ${showMapped(mapped)}`, `name ${mapped} itself`);
      const notes = end.port === undefined ? ['no port was given: 80 is used'] : [];
      if (mapped !== undefined) notes.push(overIpv4(mapped));
      const address = mapped ?? end.ip;
      const port = numeric(end.port) ?? 80;
      return found({ kind: 'ip', name: address, address, dnsName: undefined, port, notes, url: end.url });
    }
    case 'name':
      return found({
        kind: 'name',
        name: end.name,
        address: undefined,
        dnsName: end.name,
        port: numeric(end.port) ?? 80,
        notes: [],
        url: end.url,
      });
    default:
      return assertNever(end);
  }
}

const showMapped = (address: Ip): string => `::ffff:${address}`;

/** net/ipv6/tcp_ipv6.c tcp_v6_connect, net/ipv6/datagram.c __ip6_datagram_connect; no echo request is sent so (net/ipv6/ping.c, ping_v6_sendmsg). */
const overIpv4 = (address: Ip): string =>
  `${showMapped(address)} is ${address} to a socket of IPv6, which connects to it over IPv4`;

const absentTarget = (absent: AbsentPod, port: PortName | undefined): Resolved<Target> =>
  found({
    kind: 'pod',
    name: podName(absent),
    address: undefined,
    dnsName: undefined,
    port: numeric(port),
    notes: [],
    absent,
  });

const KUBELET = 10250;

/** A machine's own address; from the internet its public one, where it has one. */
function seenFrom({ fabric }: World, sender: Sender | undefined, own: Ip | undefined): Ip | undefined {
  if (sender?.kind !== 'internet' || own === undefined) return own;
  return fabric.enis.flatMap((eni) => eni.publicAddresses.get(own) ?? [])[0] ?? own;
}

function targetNode(
  world: World,
  { name, addresses }: Machine,
  port: PortName | undefined,
  family: Family,
  sender: Sender | undefined,
): Resolved<Target> {
  const address = seenFrom(world, sender, inFamily(addresses, family));
  return at('node', `node/${name}`, address, numeric(port) ?? KUBELET);
}

const at = (
  kind: string,
  name: string,
  address: Ip | undefined,
  port: number | undefined,
  notes: readonly string[] = [],
): Resolved<Target> => found({ kind, name, address, dnsName: undefined, port, notes });

const numeric = (port: PortName | undefined): number | undefined => (typeof port === 'number' ? port : undefined);

function podPort(pod: PodEntry, asked: PortName | undefined, protocol: Protocol): Resolved<number | undefined> {
  if (protocol === 'icmp' || protocol === 'ipv6-icmp') return found(undefined);
  if (typeof asked === 'number') return found(asked);
  if (typeof asked === 'string') {
    const named = pod.ports.find((port) => port.name === asked);
    return named === undefined ? missing(`${podName(pod)} has no port named "${asked}"`) : found(named.port);
  }
  return found(pod.ports.find((port) => port.protocol === protocol)?.port ?? 80);
}

function findNode(directory: Directory, name: string): Resolved<Directory['nodes'][number]> {
  const node =
    directory.nodes.find((each) => each.name === name) ??
    only(directory.nodes.filter((each) => each.name.split('.')[0] === name));
  if (node !== undefined) return found(node);
  return missing(
    `No node "${name}" in the input`,
    suggest(
      'node',
      name,
      directory.nodes.map((each) => each.name),
    ),
  );
}

function findHost(directory: Directory, name: string): Resolved<Directory['hosts'][number]> {
  const host = directory.hosts.find((each) => each.name === name);
  if (host !== undefined) return found(host);
  return missing(
    `No host "${name}" in the input`,
    suggest(
      'host',
      name,
      directory.hosts.map((each) => each.name),
    ),
  );
}

function suggest(kind: string, name: string, names: readonly string[]): string | undefined {
  const near = nearest(name, names);
  if (near !== undefined) return `did you mean "${kind}/${near}"?`;
  return names.length === 0 ? undefined : `the input has ${names.slice(0, 4).join(', ')}`;
}

const only = <T>(items: readonly T[]): T | undefined => (items.length === 1 ? items[0] : undefined);

function senderByAddress(directory: Directory, address: Ip): Resolved<Sender> {
  const has = ({ addresses }: { readonly addresses: readonly Ip[] }): boolean => addresses.includes(address);
  const pod = directory.pods.find((each) => !each.hostNetwork && has(each));
  if (pod !== undefined) return found({ kind: 'pod', name: podName(pod), netns: pod.netns, address });
  const node = directory.nodes.find(has);
  if (node !== undefined) return found({ ...asSender('node', node), address });
  const host = directory.hosts.find(has);
  if (host !== undefined) return found({ ...asSender('host', host), address });
  return missing(`Nobody in the input has the address ${address}`, `a client on the internet is "internet/${address}"`);
}

function senderByName(directory: Directory, name: string): Resolved<Sender> {
  const node = directory.nodes.find((each) => each.name === name || each.name.split('.')[0] === name);
  if (node !== undefined) return found(asSender('node', node));
  const pods = directory.pods.map(podName);
  const near = nearest(
    name,
    pods.map((pod) => pod.slice(pod.lastIndexOf('/') + 1)),
  );
  return missing(
    `"${name}" names no sender`,
    near === undefined
      ? 'a sender is pod/NS/NAME, node/NAME, host/NAME, internet[/IP] or an IP'
      : `did you mean "${pods.find((pod) => pod.endsWith(`/${near}`))}"?`,
  );
}
