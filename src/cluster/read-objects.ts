import { didYouMean, type Issue } from '../base/index.ts';
import type { Cluster } from './cluster.ts';
import type { NetworkAclSpec, PrefixListSpec, SecurityGroupSpec } from './filters.ts';
import { irrelevantKinds, unmodelledKinds } from './kinds/api-fields.ts';
import { readEndpointSlice, readEndpoints } from './kinds/endpoint-slice.ts';
import { readIngress, readIngressClass } from './kinds/ingress.ts';
import { readIngressClassParams } from './kinds/ingress-class-params.ts';
import { readNetworkPolicy } from './kinds/network-policy.ts';
import { readNode } from './kinds/node.ts';
import { readPod } from './kinds/pod.ts';
import { readPolicyEndpoint } from './kinds/policy-endpoint.ts';
import { readSecurityGroupPolicy } from './kinds/security-group-policy.ts';
import { readService } from './kinds/service.ts';
import {
  readConfigMap,
  readEniConfig,
  readNamespace,
  readPriorityClass,
  readServiceAccount,
  readUnacted,
} from './kinds/small-kinds.ts';
import { readTargetGroupBinding } from './kinds/target-group-binding.ts';
import { unactedKinds } from './kinds/unacted-kinds.ts';
import { readWorkload } from './kinds/workload.ts';
import type { Network } from './network.ts';
import type { EndpointSlice, Workload } from './objects.ts';
import { checkOwn, type OwnSpec } from './own/check-own.ts';
import { readOnPremises, readTransitGateway, readVpcEndpoint } from './own/read-connections.ts';
import { readNetworkAcl, readPrefixList, readSecurityGroup } from './own/read-filters.ts';
import { readLoadBalancer } from './own/read-load-balancer.ts';
import {
  readDnsName,
  readFargateProfile,
  readFlows,
  readNetwork,
  readNodePatch,
  readPlacement,
  readServer,
} from './own/read-own.ts';
import { OWN_API_VERSION, ownSchemas } from './own/schemas.ts';
import { isTerminal } from './pod-phase.ts';
import { Fields } from './read/fields.ts';
import type { RawDocument } from './read/raw-document.ts';
import { isLoadBalancerController } from './settings/load-balancer-controller.ts';

type Mutable<T> = { -readonly [P in keyof T]: T[P] extends readonly (infer E)[] ? E[] : T[P] };

type Kept = Pick<
  Cluster,
  | 'namespaces'
  | 'nodes'
  | 'pods'
  | 'workloads'
  | 'services'
  | 'endpointSlices'
  | 'configMaps'
  | 'eniConfigs'
  | 'priorityClasses'
  | 'ingresses'
  | 'ingressClasses'
  | 'ingressClassParams'
  | 'networkPolicies'
  | 'policyEndpoints'
  | 'securityGroupPolicies'
  | 'targetGroupBindings'
  | 'serviceAccounts'
  | 'unacted'
  | 'loadBalancers'
  | 'targetGroups'
  | 'unmodelled'
  | 'servers'
  | 'transitGateways'
  | 'onPremises'
  | 'vpcEndpoints'
  | 'placements'
  | 'fargateProfiles'
  | 'patches'
  | 'flows'
  | 'dnsNames'
>;

/** Every object of the input by kind, read and checked one by one, not yet together. */
export interface InputObjects extends Mutable<Kept> {
  /** Slices made from `Endpoints` objects: wanted for Services that have no slices of their own. */
  mirrored: EndpointSlice[];
  clusterConfigs: Fields[];
  networks: { readonly network: Network; readonly fields: Fields }[];
  clusters: { readonly spec: OwnSpec<'Cluster'>; readonly fields: Fields }[];
  nodeNetworks: { readonly spec: OwnSpec<'NodeNetwork'>; readonly fields: Fields }[];
  /** The DaemonSet kube-system/aws-node: its environment is the CNI's configuration. */
  awsNode: Fields | undefined;
  /** Its pods: what a listing of pods alone shows of the same environment. */
  awsNodePods: Fields[];
  loadBalancing: { readonly templates: Fields[]; readonly pods: Fields[]; readonly webhooks: Fields[] };
  /** kube-proxy's ConfigMap. */
  kubeProxy: Fields | undefined;
  /** The template of the DaemonSet kube-system/kube-proxy, or one of its pods: its flags. */
  kubeProxyPod: Fields | undefined;
  securityGroups: SecurityGroupSpec[];
  networkAcls: NetworkAclSpec[];
  prefixLists: PrefixListSpec[];
  /** Documents a reader took. */
  recognised: number;
}

type Reader = (fields: Fields, into: InputObjects) => void;

const workload =
  (kind: Workload['kind']): Reader =>
  (fields, into) => {
    const object = readWorkload(fields, kind);
    into.workloads.push(object);
    if (kind === 'Deployment' && isLoadBalancerController(object.metadata.name, object.template.spec))
      into.loadBalancing.templates.push(fields.child('spec')?.child('template') ?? fields);
    if (kind !== 'DaemonSet' || object.metadata.namespace !== 'kube-system') return;
    if (object.metadata.name === 'aws-node') into.awsNode ??= fields;
    if (object.metadata.name === 'kube-proxy') into.kubeProxyPod = fields.child('spec')?.child('template');
  };

function keepPod(fields: Fields, into: InputObjects): void {
  const pod = readPod(fields);
  into.pods.push(pod);
  const { namespace, labels } = pod.metadata;
  if (namespace === 'kube-system' && labels['k8s-app'] === 'aws-node') into.awsNodePods.push(fields);
  if (namespace === 'kube-system' && labels['k8s-app'] === 'kube-proxy') into.kubeProxyPod ??= fields;
  const runs = !isTerminal(pod) && pod.metadata.deletionTimestamp === undefined;
  if (runs && isLoadBalancerController('', pod.spec)) into.loadBalancing.pods.push(fields);
}

/** Readers of the kinds nobody acts on: kept, with a warning where the object itself would be looked for in an answer. */
const unactedReaders: readonly (readonly [string, Reader])[] = [...unactedKinds].map(([key, of]) => [
  key,
  (fields, into) => {
    into.unacted.push(readUnacted(fields, key.slice(0, key.indexOf('/')), of.does, of.namespaced));
    if (of.why === undefined) return;
    const message = `Kind "${fields.document.kind}" is not modelled yet (${of.why}): a walk to a name or an address it has ends unknown`;
    fields.complain([], { code: 'not-modelled', severity: 'warning', message });
  },
]);

/** API group and kind -> reader. The version within the group does not matter: the fields we read are in all of them. */
const readers = new Map<string, Reader>([
  ...unactedReaders,
  ['/Namespace', (fields, into) => into.namespaces.push(readNamespace(fields))],
  ['/Node', (fields, into) => into.nodes.push(readNode(fields))],
  ['/Pod', keepPod],
  ['/Service', (fields, into) => into.services.push(readService(fields))],
  ['/Endpoints', (fields, into) => into.mirrored.push(...readEndpoints(fields))],
  ['/ConfigMap', keepConfigMap],
  ['discovery.k8s.io/EndpointSlice', (fields, into) => into.endpointSlices.push(readEndpointSlice(fields))],
  ['apps/Deployment', workload('Deployment')],
  ['apps/ReplicaSet', workload('ReplicaSet')],
  ['apps/StatefulSet', workload('StatefulSet')],
  ['apps/DaemonSet', workload('DaemonSet')],
  ['batch/Job', workload('Job')],
  ['crd.k8s.amazonaws.com/ENIConfig', (fields, into) => into.eniConfigs.push(readEniConfig(fields))],
  ['scheduling.k8s.io/PriorityClass', (fields, into) => into.priorityClasses.push(readPriorityClass(fields))],
  ['networking.k8s.io/Ingress', keepIngress],
  ['networking.k8s.io/NetworkPolicy', keepNetworkPolicy],
  ['networking.k8s.aws/PolicyEndpoint', (fields, into) => into.policyEndpoints.push(readPolicyEndpoint(fields))],
  [
    'vpcresources.k8s.aws/SecurityGroupPolicy',
    (fields, into) => into.securityGroupPolicies.push(readSecurityGroupPolicy(fields)),
  ],
  ['elbv2.k8s.aws/TargetGroupBinding', (fields, into) => into.targetGroupBindings.push(readTargetGroupBinding(fields))],
  ['/ServiceAccount', (fields, into) => into.serviceAccounts.push(readServiceAccount(fields))],
  [
    'admissionregistration.k8s.io/MutatingWebhookConfiguration',
    (fields, into) => into.loadBalancing.webhooks.push(fields),
  ],
  ['networking.k8s.io/IngressClass', (fields, into) => into.ingressClasses.push(readIngressClass(fields))],
  // Of EKS Auto Mode: what its classes come to is told where an Ingress has one.
  ['eks.amazonaws.com/IngressClassParams', () => undefined],
  ['elbv2.k8s.aws/IngressClassParams', (fields, into) => into.ingressClassParams.push(readIngressClassParams(fields))],
  ['eksctl.io/ClusterConfig', (fields, into) => into.clusterConfigs.push(fields)],
  ['packetwalk.dev/Network', keep(readNetwork, (network, into, fields) => into.networks.push({ network, fields }))],
  ['packetwalk.dev/Placement', keep(readPlacement, (placement, into) => into.placements.push(placement))],
  ['packetwalk.dev/FargateProfile', keep(readFargateProfile, (profile, into) => into.fargateProfiles.push(profile))],
  ['packetwalk.dev/Server', keep(readServer, (server, into) => into.servers.push(server))],
  ['packetwalk.dev/TransitGateway', keep(readTransitGateway, (gateway, into) => into.transitGateways.push(gateway))],
  ['packetwalk.dev/OnPremises', keep(readOnPremises, (network, into) => into.onPremises.push(network))],
  ['packetwalk.dev/VpcEndpoint', keep(readVpcEndpoint, (endpoint, into) => into.vpcEndpoints.push(endpoint))],
  ['packetwalk.dev/DnsName', keep(readDnsName, (name, into) => into.dnsNames.push(name))],
  ['packetwalk.dev/NodePatch', keep(readNodePatch, (patch, into) => into.patches.push(patch))],
  [
    'packetwalk.dev/LoadBalancer',
    keep(readLoadBalancer, ({ loadBalancer, targetGroups }, into) => {
      into.loadBalancers.push(loadBalancer);
      into.targetGroups.push(...targetGroups);
    }),
  ],
  ['packetwalk.dev/SecurityGroup', keep(readSecurityGroup, (group, into) => into.securityGroups.push(group))],
  ['packetwalk.dev/NetworkAcl', keep(readNetworkAcl, (acl, into) => into.networkAcls.push(acl))],
  ['packetwalk.dev/PrefixList', keep(readPrefixList, (list, into) => into.prefixLists.push(list))],
  ['packetwalk.dev/Flows', keep(readFlows, (flows, into) => into.flows.push(flows))],
  [
    'packetwalk.dev/NodeNetwork',
    keep(
      (fields) => checkOwn(fields, 'NodeNetwork'),
      (spec, into, fields) => into.nodeNetworks.push({ spec, fields }),
    ),
  ],
  [
    'packetwalk.dev/Cluster',
    keep(
      (fields) => checkOwn(fields, 'Cluster'),
      (spec, into, fields) => into.clusters.push({ spec, fields }),
    ),
  ],
]);

function keep<T>(
  read: (fields: Fields) => T | undefined,
  add: (value: T, into: InputObjects, fields: Fields) => void,
): Reader {
  return (fields, into) => {
    const value = read(fields);
    if (value !== undefined) add(value, into, fields);
  };
}

/** Also among the kinds nobody acts on: which controller an Ingress belongs to is known when all are read. */
function keepIngress(fields: Fields, into: InputObjects): void {
  into.ingresses.push(readIngress(fields));
  into.unacted.push(readUnacted(fields, 'networking.k8s.io', 'front', true));
}

/** Also among the kinds nobody acts on: an agent beside the CNI's may be the one that enforces it. */
function keepNetworkPolicy(fields: Fields, into: InputObjects): void {
  into.networkPolicies.push(readNetworkPolicy(fields));
  into.unacted.push(readUnacted(fields, 'networking.k8s.io', 'filter', true));
}

/** EKS names it kube-proxy-config; kubeadm, and the DaemonSet's own kubeconfig, kube-proxy. */
function keepConfigMap(fields: Fields, into: InputObjects): void {
  const object = readConfigMap(fields);
  into.configMaps.push(object);
  if (object.metadata.namespace !== 'kube-system') return;
  if (object.metadata.name === 'kube-proxy-config') into.kubeProxy = fields;
  if (object.metadata.name === 'kube-proxy' && object.data['config.conf'] !== undefined) into.kubeProxy ??= fields;
}

export function readObjects(documents: readonly RawDocument[], issues: Issue[]): InputObjects {
  const into = emptyObjects();
  for (const document of documents) {
    const reader = readers.get(`${groupOf(document.apiVersion)}/${document.kind}`);
    if (reader === undefined) other(document, issues);
    else {
      into.recognised++;
      reader(new Fields(document, issues), into);
    }
  }
  return into;
}

const groupOf = (apiVersion: string): string => {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
};

const groupsOf = new Map<string, string>(
  [...readers.keys()].map((key) => [key.slice(key.indexOf('/') + 1), groupOf(key)]),
);
const allKinds: readonly string[] = [...groupsOf.keys(), ...irrelevantKinds, ...unmodelledKinds.keys()];

/** A document no reader takes: irrelevant, not modelled, of the wrong API group, or unknown. */
function other(document: RawDocument, issues: Issue[]): void {
  const { kind, apiVersion, source: at } = document;
  const group = groupsOf.get(kind);
  const mine = groupOf(apiVersion) === groupOf(OWN_API_VERSION);
  const unmodelled = unmodelledKinds.get(kind);
  if (unmodelled !== undefined) {
    const message = `Kind "${kind}" is not modelled yet (${unmodelled}): packets are walked as if it were not there`;
    issues.push({ code: 'not-modelled', severity: 'warning', at, message });
  } else if (mine) {
    const message = `Unknown kind "${kind}" of ${OWN_API_VERSION}`;
    issues.push({ code: 'unknown-kind', severity: 'error', at, message, ...didYouMean(kind, Object.keys(ownSchemas)) });
  } else if (group !== undefined && /^(?:[a-z]+|.*\.k8s\.io|eksctl\.io)$/.test(groupOf(apiVersion) || 'core')) {
    issues.push({
      code: 'wrong-api-version',
      severity: 'error',
      at,
      message: `Kind "${kind}" is not in apiVersion "${apiVersion}"`,
      expected: `expected apiVersion "${group === '' ? 'v1' : `${group}/…`}"`,
    });
  } else if (!irrelevantKinds.has(kind)) {
    const message = `Unknown kind "${kind}" (${apiVersion}) is left out`;
    issues.push({
      code: 'unknown-kind',
      severity: 'warning',
      at,
      message,
      ...(allKinds.includes(kind) ? {} : didYouMean(kind, allKinds)),
    });
  }
}

const emptyObjects = (): InputObjects => ({
  namespaces: [],
  nodes: [],
  pods: [],
  workloads: [],
  services: [],
  endpointSlices: [],
  mirrored: [],
  configMaps: [],
  eniConfigs: [],
  priorityClasses: [],
  ingresses: [],
  ingressClasses: [],
  ingressClassParams: [],
  networkPolicies: [],
  policyEndpoints: [],
  securityGroupPolicies: [],
  targetGroupBindings: [],
  serviceAccounts: [],
  unacted: [],
  loadBalancers: [],
  targetGroups: [],
  unmodelled: [],
  servers: [],
  transitGateways: [],
  onPremises: [],
  vpcEndpoints: [],
  placements: [],
  fargateProfiles: [],
  patches: [],
  flows: [],
  dnsNames: [],
  clusterConfigs: [],
  networks: [],
  clusters: [],
  nodeNetworks: [],
  securityGroups: [],
  networkAcls: [],
  prefixLists: [],
  awsNode: undefined,
  awsNodePods: [],
  loadBalancing: { templates: [], pods: [], webhooks: [] },
  kubeProxy: undefined,
  kubeProxyPod: undefined,
  recognised: 0,
});
