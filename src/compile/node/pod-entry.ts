import type { Cluster, Pod } from '../../cluster/index.ts';
import type { Ip, Protocol } from '../../net/index.ts';
import type { PodEntry } from '../../world/index.ts';
import { probedPorts } from './probed-ports.ts';

export type Owners = ReadonlyMap<string, Cluster['workloads'][number]>;

/** A pod with a place, as the directory has it. */
export function podEntry(pod: Pod, netns: PodEntry['netns'], addresses: readonly Ip[], owners: Owners): PodEntry {
  const workload = topOwner(pod, owners);
  return {
    namespace: pod.metadata.namespace,
    name: pod.metadata.name,
    netns,
    node: pod.spec.nodeName ?? '',
    addresses,
    hostNetwork: pod.spec.hostNetwork,
    ...aliasesOf(pod),
    ...(workload === undefined ? {} : { workload }),
    ports: pod.spec.containers.flatMap(({ ports }) =>
      ports.map(({ name, containerPort, protocol }) => ({
        ...(name === undefined ? {} : { name }),
        port: containerPort,
        protocol: protocolName(protocol),
      })),
    ),
    ...probedOf(pod),
    ...containersOf(pod),
  };
}

function probedOf(pod: Pod): Pick<PodEntry, 'probed'> {
  const { containers } = pod.spec;
  if (!containers.some(({ probes }) => probes !== undefined)) return {};
  const declared = new Set(
    containers.flatMap(({ ports }) =>
      ports.filter(({ protocol }) => protocol === 'TCP').map(({ containerPort }) => containerPort),
    ),
  );
  const ports = containers.flatMap((each) => probedPorts(pod, each).map(({ port }) => port));
  const probed = [...new Set(ports)].filter((port) => !declared.has(port)).sort((a, b) => a - b);
  return probed.length === 0 ? {} : { probed };
}

function containersOf(pod: Pod): Pick<PodEntry, 'containers' | 'idle'> {
  const { spec, status } = pod;
  const { containers, idle } = status;
  if (containers === undefined) return {};
  const ports = new Map(
    spec.containers.map((each) => [
      each.name,
      [
        ...each.ports.map(({ protocol, containerPort }) => `${protocol.toLowerCase()}/${containerPort}`),
        ...probedPorts(pod, each).map(({ port }) => `tcp/${port}`),
      ],
    ]),
  );
  const entries = containers.map((state) => ({ ...state, ports: ports.get(state.name) ?? [] }));
  return { containers: entries, ...(idle === undefined ? {} : { idle }) };
}

const aliasesOf = ({ spec: { hostAliases } }: Pod): Pick<PodEntry, 'hostAliases'> =>
  hostAliases === undefined
    ? {}
    : { hostAliases: hostAliases.map(({ ip: address, hostnames: names }) => ({ address, names })) };

/** The controller at the top; a ReplicaSet nobody described is a Deployment's when its name ends in the pod's template hash. */
export function topOwner(pod: Pod, owners: Owners): string | undefined {
  const owner = pod.metadata.ownerReferences.find((reference) => reference.controller);
  if (owner === undefined) return undefined;
  const known = owners.get(`${owner.kind} ${pod.metadata.namespace}/${owner.name}`);
  const above = known?.metadata.ownerReferences.find((reference) => reference.controller);
  if (above !== undefined) return `${above.kind}/${above.name}`;
  const hash = pod.metadata.labels['pod-template-hash'];
  if (owner.kind === 'ReplicaSet' && hash !== undefined && owner.name.endsWith(`-${hash}`)) {
    return `Deployment/${owner.name.slice(0, -hash.length - 1)}`;
  }
  return `${owner.kind}/${owner.name}`;
}

export const protocolName = (name: 'TCP' | 'UDP' | 'SCTP'): Protocol => {
  switch (name) {
    case 'TCP':
      return 'tcp';
    case 'UDP':
      return 'udp';
    case 'SCTP':
      return 'sctp';
  }
};
