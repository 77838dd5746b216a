import type { NetnsId, Origin, ResolvConf, Unmodelled } from '../linux/index.ts';
import {
  address,
  block,
  type Decode,
  flag,
  list,
  name,
  object,
  oneOf,
  protocol,
  scalar,
  tagged,
  text,
  whole,
} from './decode.ts';
import { source } from './origin-json.ts';
import type {
  AbsentPod,
  ContainerEntry,
  Directory,
  HostEntry,
  HostsLine,
  NodeEntry,
  NodePortScope,
  PodEntry,
  ServiceEntry,
} from './types.ts';

/** Any text is a name; whether such a namespace exists is a reference check. */
const netns: Decode<NetnsId> = (value, context, path) => name(value, context, path) as NetnsId | undefined;

const node = object<NodeEntry>({ name, netns, addresses: list(address), zone: name, notReady: text }, ['notReady']);
const podPort = object<PodEntry['ports'][number]>({ name, port: whole, protocol }, ['name']);
const resolvConf = object<ResolvConf>({ nameservers: list(text), search: list(text), options: list(text) });
const hostsLine = object<HostsLine>({ address, names: list(text) });
const always: Decode<true> = scalar('true', (value) => (value === true ? true : undefined));
const container = object<ContainerEntry>(
  { name, is: oneOf('waiting', 'terminated', 'not-ready'), reason: text, ports: list(text) },
  ['reason'],
);
const pod = object<PodEntry>(
  {
    namespace: name,
    name,
    netns,
    node: name,
    addresses: list(address),
    hostNetwork: flag,
    resolvConf,
    hostname: text,
    hostDomain: text,
    hostAliases: list(hostsLine),
    workload: text,
    ports: list(podPort),
    probed: list(whole),
    containers: list(container),
    idle: always,
  },
  ['resolvConf', 'hostname', 'hostDomain', 'hostAliases', 'workload', 'probed', 'containers', 'idle'],
);
const absent = object<AbsentPod>(
  {
    namespace: name,
    name,
    phase: oneOf('Pending', 'Succeeded', 'Failed'),
    why: text,
    unsure: text,
    addresses: list(address),
    node: name,
    workload: text,
    services: list(text),
  },
  ['why', 'unsure', 'node', 'workload'],
);
const servicePort = object<ServiceEntry['ports'][number]>(
  { name, port: whole, protocol, nodePort: whole, endpoints: list(text) },
  ['name', 'nodePort'],
);
const policy = oneOf('Cluster', 'Local');
type HealthCheck = NonNullable<ServiceEntry['healthCheck']>;
const localEndpoints = object<HealthCheck['localEndpoints'][number]>({ node: name, ready: whole });
const healthCheck = object<HealthCheck>({ nodePort: whole, localEndpoints: list(localEndpoints) });
const service = object<ServiceEntry>(
  {
    namespace: name,
    name,
    type: oneOf('ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'),
    clusterIPs: list(address),
    externalIPs: list(address),
    loadBalancerIPs: list(address),
    loadBalancerHostnames: list(text),
    ports: list(servicePort),
    notReady: list(text),
    readyThemselves: list(text),
    registeredIn: list(object<NonNullable<ServiceEntry['registeredIn']>[number]>({ targetGroup: text, by: text })),
    unbuiltIngresses: list(text),
    withoutBalancer: text,
    hiddenBy: object<NonNullable<ServiceEntry['hiddenBy']>>({ label: text, at: text }, ['at']),
    externalTrafficPolicy: policy,
    internalTrafficPolicy: policy,
    healthCheck,
  },
  ['readyThemselves', 'registeredIn', 'unbuiltIngresses', 'withoutBalancer', 'hiddenBy', 'healthCheck'],
);
const host = object<HostEntry>(
  {
    name,
    netns,
    kind: oneOf('server', 'internet', 'on-premises'),
    addresses: list(address),
    log: oneOf('nginx'),
  },
  ['log'],
);

const nodePorts = object<NodePortScope>({
  mode: oneOf('iptables', 'nftables', 'ipvs', 'ebpf'),
  localhostNodePorts: flag,
  nodePortAddresses: list(text),
  said: object<NodePortScope['said']>({ localhostNodePorts: source, nodePortAddresses: source }, [
    'localhostNodePorts',
    'nodePortAddresses',
  ]),
});

/** `directory.json`. */
export const decodeDirectory: Decode<Directory> = object<Directory>(
  {
    nodes: list(node),
    pods: list(pod),
    absent: list(absent),
    services: list(service),
    hosts: list(host),
    apiserver: list(address),
    nodePorts,
    serviceCidrs: list(block),
  },
  ['nodePorts'],
);

export const EMPTY_DIRECTORY: Directory = {
  nodes: [],
  pods: [],
  absent: [],
  services: [],
  hosts: [],
  apiserver: [],
  serviceCidrs: [],
};

export interface WorldHeader {
  readonly apiVersion: 'packetwalk.dev/v1alpha1';
  readonly kind: 'World';
  readonly name: string;
  readonly assumptions: readonly string[];
}

/** `world.json`. */
export const decodeHeader: Decode<WorldHeader> = object<WorldHeader>({
  apiVersion: oneOf('packetwalk.dev/v1alpha1'),
  kind: oneOf('World'),
  name,
  assumptions: list(text),
});

const ipFamily = scalar('4 or 6', (value) => (value === 4 || value === 6 ? value : undefined));

const listened = oneOf('tcp', 'udp', 'udplite', 'sctp');

type Scope = Unmodelled['scope'];
const scope: Decode<Scope> = tagged<Scope>('kind', {
  netns: object<Extract<Scope, { kind: 'netns' }>>({ kind: oneOf('netns') }),
  dev: object<Extract<Scope, { kind: 'dev' }>>({ kind: oneOf('dev'), dev: name }),
  sockets: object<Extract<Scope, { kind: 'sockets' }>>({ kind: oneOf('sockets'), protocol: listened }, ['protocol']),
  socket: object<Extract<Scope, { kind: 'socket' }>>({ kind: oneOf('socket'), protocol: listened, port: whole }),
  routes: object<Extract<Scope, { kind: 'routes' }>>({ kind: oneOf('routes'), family: ipFamily, table: whole }, [
    'table',
  ]),
  hook: object<Extract<Scope, { kind: 'hook' }>>({
    kind: oneOf('hook'),
    family: ipFamily,
    hook: oneOf('PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'),
  }),
  destination: object<Extract<Scope, { kind: 'destination' }>>({ kind: oneOf('destination'), address }),
  sysctl: object<Extract<Scope, { kind: 'sysctl' }>>({ kind: oneOf('sysctl'), name }),
  table: object<Extract<Scope, { kind: 'table' }>>({
    kind: oneOf('table'),
    family: ipFamily,
    table: oneOf('mangle', 'security', 'raw', 'filter', 'nat'),
  }),
});

/** `unmodelled.json`. */
export const decodeUnmodelled: Decode<readonly Unmodelled[]> = list(
  object<Unmodelled>({ scope, what: text, at: source }, ['at']),
);

export const decodeOrigin: Decode<Origin> = object<Origin>({ by: text, because: text, at: source }, ['because', 'at']);

/** What of a namespace no other artefact holds. */
export interface NetnsFacts {
  readonly iptables: 'nft' | 'legacy';
  readonly cgroupOf?: NetnsId;
}

/** `netns.json`. */
export const decodeNetnsFacts: Decode<NetnsFacts> = object<NetnsFacts>(
  { iptables: oneOf('nft', 'legacy'), cgroupOf: netns },
  ['cgroupOf'],
);
