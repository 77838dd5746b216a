import type { NetnsId } from '../linux/index.ts';
import { ip } from '../net/index.ts';
import type { HostsLine, PodEntry, World } from './types.ts';

/** linux/limits.h HOST_NAME_MAX less one, as the kubelet has it (truncatePodHostnameIfNeeded). */
const LONGEST_HOSTNAME = 63;

const line = (address: string, ...names: readonly string[]): HostsLine => ({ address: ip(address), names });

/** What every pod with a network of its own finds (pkg/kubelet/kubelet_pods.go, managedHostsFileContent). */
const EVERYWHERE: readonly HostsLine[] = [
  line('127.0.0.1', 'localhost'),
  line('::1', 'localhost', 'ip6-localhost', 'ip6-loopback'),
  line('fe00::', 'ip6-localnet'),
  line('fe00::', 'ip6-mcastprefix'),
  line('fe00::1', 'ip6-allnodes'),
  line('fe00::2', 'ip6-allrouters'),
];
/** What a node of Amazon Linux has. */
const ON_NODES: readonly HostsLine[] = [
  line('127.0.0.1', 'localhost', 'localhost.localdomain', 'localhost4', 'localhost4.localdomain4'),
  line('::1', 'localhost6', 'localhost6.localdomain6'),
];

/** What `hostname` prints in a pod: GeneratePodHostNameAndDomain, pkg/kubelet/kubelet_pods.go. */
export const hostnameOf = ({ name, hostname = name }: PodEntry): string =>
  hostname.length > LONGEST_HOSTNAME ? hostname.slice(0, LONGEST_HOSTNAME).replace(/[-.]+$/, '') : hostname;

/**
 * /etc/hosts of a pod, as the kubelet writes it. In the network of its node a pod has the node's lines for its own, and
 * nothing of its name (nodeHostsFileContent).
 */
export function hostsFile(pod: PodEntry): readonly HostsLine[] {
  const { addresses, hostNetwork, hostDomain, hostAliases = [] } = pod;
  if (hostNetwork) return [...ON_NODES, ...hostAliases];
  const hostname = hostnameOf(pod);
  const names = hostDomain === undefined ? [hostname] : [`${hostname}.${hostDomain}`, hostname];
  return [...EVERYWHERE, ...addresses.map((address): HostsLine => ({ address, names })), ...hostAliases];
}

const HEADER = '# Kubernetes-managed hosts file.';

export const printHostsFile = (lines: readonly HostsLine[]): string =>
  `${[HEADER, ...lines.map(({ address, names }) => [address, ...names].join('\t'))].join('\n')}\n`;

const indexes = new WeakMap<World, ReadonlyMap<NetnsId, PodEntry>>();

/** /etc/hosts of who lives in a namespace of its own; undefined where that is no pod. */
export function hostsFileAt(world: World, netns: NetnsId): readonly HostsLine[] | undefined {
  let pods = indexes.get(world);
  if (pods === undefined) {
    pods = new Map(world.directory.pods.filter(({ hostNetwork }) => !hostNetwork).map((pod) => [pod.netns, pod]));
    indexes.set(world, pods);
  }
  const pod = pods.get(netns);
  return pod === undefined ? undefined : hostsFile(pod);
}
