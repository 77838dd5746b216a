import type { Issue, SourceRef } from '../../base/index.ts';
import { type Cidr, cidrContains, ip, parseCidr } from '../../net/index.ts';
import type { BindAddress, KubeProxyConfig, UnmodelledInput } from '../cluster.ts';
import { type Fields, maybe } from '../read/fields.ts';
import { parseBindAddress } from './bind-address.ts';
import { conntrackDefaults, readConntrack } from './conntrack-settings.ts';
import { readInner } from './inner-document.ts';

/** pkg/cluster/ports/ports.go, ProxyStatusPort and ProxyHealthzPort. */
const METRICS = 10_249;
const HEALTHZ = 10_256;

/**
 * What EKS ships in kube-proxy-config: metrics at every address (docs.aws.amazon.com/eks/latest/best-practices/ipvs.html), iptables mode, no cluster CIDR, so no detector of local traffic
 * (`getLocalDetectors`, cmd/kube-proxy/app/server_linux.go: the ClusterCIDR mode without a CIDR is the no-op detector).
 */
export const eksKubeProxy: KubeProxyConfig = {
  mode: 'iptables',
  masqueradeAll: false,
  ipvsScheduler: 'rr',
  masqueradeBit: 14,
  clusterCIDR: [],
  detectLocal: { kind: 'none' },
  localhostNodePorts: true,
  nodePortAddresses: [],
  nfacct: false,
  metricsBind: { local: '*', port: METRICS },
  healthzBind: { local: '*', port: HEALTHZ },
  randomFully: true,
  conntrack: conntrackDefaults,
  said: {},
  unread: [],
};

/**
 * What the mode makes of the rest: in nftables mode an empty list of node port addresses is the node's primary one
 * (`pkg/proxy/apis/config/v1alpha1/defaults.go`); node ports of localhost need an address of localhost in the list
 * (`pkg/proxy/iptables/proxier.go` NewProxier, `NodePortAddresses.ContainsIPv4Loopback`).
 */
export function withModeDefaults(config: KubeProxyConfig): KubeProxyConfig {
  const { nodePortAddresses: given } = config;
  const nodePortAddresses = config.mode === 'nftables' && given.length === 0 ? 'primary' : given;
  const loopback =
    nodePortAddresses !== 'primary' &&
    (nodePortAddresses.length === 0 || nodePortAddresses.some((block) => cidrContains(block, LOCALHOST)));
  return { ...config, nodePortAddresses, localhostNodePorts: config.localhostNodePorts && loopback };
}

const ANY = ip('0.0.0.0');
const LOCALHOST = ip('127.0.0.1');
const LOCALHOST6 = ip('::1');

const configFields: ReadonlySet<string> = new Set(
  `apiVersion bindAddress bindAddressHardFail clientConnection clusterCIDR config configSyncPeriod conntrack detectLocal
  detectLocalMode enableProfiling featureGates healthzBindAddress hostnameOverride iptables ipvs kind logging
  metricsBindAddress mode nftables nodePortAddresses oomScoreAdj portRange showHiddenMetricsForVersion udpIdleTimeout
  windowsRunAsService winkernel`.split(/\s+/),
);

/** Reads the KubeProxyConfiguration in the ConfigMap's `config` (EKS) or `config.conf` (kubeadm). */
export function readKubeProxyConfig(configMap: Fields | undefined, issues: Issue[]): KubeProxyConfig {
  const data = configMap?.child('data');
  const key = data?.has('config') ? 'config' : 'config.conf';
  const inner = data?.inner(key);
  if (inner === undefined) return eksKubeProxy;
  const { source } = inner;
  const fields = readInner(inner, 'the KubeProxyConfiguration', issues);
  if (fields === undefined) return eksKubeProxy;
  fields.known(configFields, 'warning');
  return readConfiguration(fields, source, issues);
}

/** The fields of a KubeProxyConfiguration, from a file or from flags. */
export function readConfiguration(fields: Fields, source: SourceRef, issues: Issue[]): KubeProxyConfig {
  const mode =
    fields.get('mode') === '' ? 'iptables' : (fields.oneOf('mode', ['iptables', 'nftables', 'ipvs']) ?? 'iptables');
  const backend = fields.child(mode === 'nftables' ? 'nftables' : 'iptables');
  const clusterCIDR = splitCidrs(fields.string('clusterCIDR'), 'clusterCIDR', fields.place('clusterCIDR'), issues);
  return {
    mode,
    masqueradeAll: backend?.boolean('masqueradeAll') ?? false,
    ipvsScheduler: schedulerOf(fields.child('ipvs')),
    masqueradeBit: backend?.integer('masqueradeBit', 0, 31) ?? 14,
    clusterCIDR,
    detectLocal: readDetector(fields, clusterCIDR),
    localhostNodePorts: fields.child('iptables')?.boolean('localhostNodePorts') ?? true,
    nodePortAddresses: readNodePortAddresses(fields),
    nfacct: false,
    ...readBinds(fields),
    randomFully: true,
    conntrack: readConntrack(fields.child('conntrack')),
    said: saidAt(fields),
    unread: unreadFields(fields),
    source,
  };
}

/**
 * Unsaid, health is told at every address and metrics at localhost, of the family of `bindAddress`
 * (`pkg/proxy/apis/config/v1alpha1/defaults.go`, getDefaultAddresses).
 */
function readBinds(fields: Fields): Pick<KubeProxyConfig, 'metricsBind' | 'healthzBind'> {
  const main = fields.ip('bindAddress') ?? ANY;
  const localhost = main.includes(':') ? LOCALHOST6 : LOCALHOST;
  return {
    metricsBind: readBind(fields, 'metricsBindAddress', METRICS) ?? { local: localhost, port: METRICS },
    healthzBind: readBind(fields, 'healthzBindAddress', HEALTHZ) ?? { local: '*', port: HEALTHZ },
  };
}

function readBind(fields: Fields, key: string, port: number): BindAddress | undefined {
  const text = fields.string(key);
  if (text === undefined || text === '') return undefined;
  return parseBindAddress(text, port) ?? fields.wrong(key, text, `an address and a port such as "0.0.0.0:${port}"`);
}

/** An empty one is the default (pkg/proxy/ipvs/proxier.go, NewProxier). */
export function schedulerOf(ipvs: Fields | undefined): string {
  const said = ipvs?.string('scheduler') ?? '';
  return said === '' ? eksKubeProxy.ipvsScheduler : said;
}

function saidAt(fields: Fields): KubeProxyConfig['said'] {
  const localhost = fields.child('iptables');
  return {
    ...maybe(
      'localhostNodePorts',
      localhost?.has('localhostNodePorts') ? localhost.place('localhostNodePorts') : undefined,
    ),
    ...maybe('nodePortAddresses', fields.has('nodePortAddresses') ? fields.place('nodePortAddresses') : undefined),
  };
}

/** One name for every node, which is no node's own; blocks of nodes, which EKS gives none. */
function unreadFields(fields: Fields): readonly UnmodelledInput[] {
  const said: readonly (readonly [key: string, value: string])[] = [
    ['hostnameOverride', fields.string('hostnameOverride') ?? ''],
    ['detectLocalMode', fields.get('detectLocalMode') === 'NodeCIDR' ? 'NodeCIDR' : ''],
  ];
  return said
    .filter(([, value]) => value !== '')
    .map(([key, value]) => ({
      what: `What kube-proxy does with ${key}: ${value} is not modelled`,
      at: fields.place(key),
      touches: { kind: 'nodes' },
    }));
}

export function splitCidrs(text: string | undefined, name: string, at: SourceRef, issues: Issue[]): readonly Cidr[] {
  const found: Cidr[] = [];
  for (const part of (text ?? '').split(',').map((piece) => piece.trim())) {
    if (part === '') continue;
    const block = parseCidr(part);
    if (block !== undefined) found.push(block);
    else
      issues.push({
        code: 'wrong-type',
        severity: 'error',
        at,
        message: `Field "${name}" is "${part}"`,
        expected: 'expected a CIDR such as "10.0.0.0/16"',
      });
  }
  return found;
}

function readNodePortAddresses(fields: Fields): KubeProxyConfig['nodePortAddresses'] {
  const value = fields.list('nodePortAddresses');
  return value.length === 1 && value[0] === 'primary' ? 'primary' : fields.cidrs('nodePortAddresses');
}

function readDetector(fields: Fields, clusterCIDR: readonly Cidr[]): KubeProxyConfig['detectLocal'] {
  const mode =
    fields.get('detectLocalMode') === ''
      ? undefined
      : fields.oneOf('detectLocalMode', ['ClusterCIDR', 'NodeCIDR', 'BridgeInterface', 'InterfaceNamePrefix']);
  const detail = fields.child('detectLocal');
  switch (mode) {
    case 'NodeCIDR':
      return { kind: 'node-cidr' };
    case 'BridgeInterface':
      return { kind: 'bridge', name: detail?.required('bridgeInterface') ?? '' };
    case 'InterfaceNamePrefix':
      return { kind: 'interface-prefix', name: detail?.required('interfaceNamePrefix') ?? '' };
    default:
      return clusterCIDR.length === 0 ? { kind: 'none' } : { kind: 'cluster-cidr' };
  }
}
