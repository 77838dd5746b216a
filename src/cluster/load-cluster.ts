import { GROUNDS, type GroundsAt, type Issue, NOTHING_TOLD, type Parsed, type Told, tell } from '../base/index.ts';
import type { Cidr, Ip } from '../net/index.ts';
import { checkFilters } from './check-filters.ts';
import { checkNetwork } from './check-network.ts';
import { checkObjects } from './check-objects.ts';
import type { Cluster } from './cluster.ts';
import { clusterFilters } from './cluster-filters.ts';
import { deriveNetwork } from './derive-network.ts';
import { makeNetwork } from './eksctl/make-network.ts';
import { makeNodes } from './eksctl/make-nodes.ts';
import { missingAddons } from './eksctl/missing-addons.ts';
import { type EksctlCluster, readClusterConfig } from './eksctl/read-cluster-config.ts';
import { unmadeNodes } from './eksctl/unmade-nodes.ts';
import { endpointOf } from './endpoint.ts';
import { groundsOf } from './grounds.ts';
import { kubeProxyOf } from './kube-proxy-of.ts';
import { mentionedIn } from './made-up-addresses.ts';
import type { Network } from './network.ts';
import { namedByAddress } from './node-name.ts';
import { nodeSpecs } from './node-specs.ts';
import type { EndpointSlice } from './objects.ts';
import { maybe } from './read/fields.ts';
import type { InputFile } from './read/raw-document.ts';
import { readDocuments } from './read/read-documents.ts';
import { type InputObjects, readObjects } from './read-objects.ts';
import { serviceCidrsOf } from './service-cidrs.ts';
import { readCniConfig } from './settings/cni-config.ts';
import type { Stated } from './settings/cni-drift.ts';
import { parseCniVersion } from './settings/cni-version.ts';
import { readCoreDnsAddon } from './settings/core-dns-addon.ts';
import { readCoreDnsConfig } from './settings/core-dns-config.ts';
import { domainOf, findCorefile } from './settings/corefile.ts';
import type { KnobSetting } from './settings/knob-setting.ts';
import { applyKnobs, type Knobs, switchPatches } from './settings/knobs.ts';
import { readProxyFlags } from './settings/kube-proxy-flags.ts';
import { readLoadBalancerController } from './settings/load-balancer-controller.ts';
import { turnObjects } from './settings/turned-objects.ts';
import { SHOWN_IPV6, shownFamily } from './shown-family.ts';
import { uniqueObjects } from './unique-objects.ts';
import type { CniVersion } from './vpc-cni.ts';

const DEFAULT_REGION = 'us-east-1';
const DEFAULT_VERSION = '1.34';

/** A Cluster and what is told of its input: problems, and the parts that what follows cannot rest on. */
export interface LoadedCluster extends Parsed<Cluster>, Told {
  readonly groundsAt: GroundsAt;
}

/**
 * Everything the user gave as one Cluster, with every problem found on the way that is none's echo. Where there are errors
 * the Cluster is what could be understood, good for finding more of them. References stay open: the controllers close them.
 * `mentioned`: addresses that nothing made up may have, where more is given beside the files, as nodes' dumps are.
 *
 * @example
 * const { value, issues } = loadCluster([{ path: 'cluster.yaml', text }], [])
 */
export function loadCluster(
  files: readonly InputFile[],
  sets: readonly KnobSetting[],
  before: Told = NOTHING_TOLD,
  mentioned: readonly Cidr[] = mentionedBy(files, sets),
): LoadedCluster {
  const documents = readDocuments(files);
  const groundsAt = groundsOf(documents.value);
  let told = tell(before, documents.issues, () => GROUNDS);
  const stage = <T>(read: (issues: Issue[]) => T, grounds = groundsAt): T => {
    const issues: Issue[] = [];
    const value = read(issues);
    told = tell(told, issues, grounds);
    return value;
  };
  // A knob that cannot be turned leaves the input as it stands: the rest is judged without it.
  const knobs = stage(
    (issues) => applyKnobs(sets, documents.value, issues),
    () => [],
  );
  const { objects, eksctl, said } = stage((issues) => {
    const read = unified(readObjects(documents.value, issues), issues);
    return { ...turnObjects(read, documents.value, issues), eksctl: readEksctl(read, knobs, issues) };
  });
  const assumptions: string[] = [...said];
  const region = regionOf(objects, eksctl, assumptions);
  const network = stage((issues) => networkOf(objects, eksctl, region, files, issues, assumptions));
  const cluster = stage((issues) =>
    assemble({ objects, eksctl, network, region, knobs, mentioned }, issues, assumptions),
  );
  stage((issues) => {
    checkNetwork(cluster, issues);
    checkFilters(cluster.filters, network, cluster, issues);
    checkObjects(cluster, issues);
  });
  return { value: cluster, ...told, groundsAt };
}

/** Every mention of an address that might have been made up: by the files, and by what was turned for this run. */
export const mentionedBy = (files: readonly InputFile[], sets: readonly KnobSetting[]): readonly Cidr[] =>
  mentionedIn([...files.map(({ text }) => text), ...sets.map(({ value }) => value)]);

/** What the input was found to say, part by part. */
interface Understood {
  readonly objects: InputObjects;
  readonly eksctl: EksctlCluster | undefined;
  readonly network: Network;
  readonly region: string;
  readonly knobs: Knobs;
  readonly mentioned: readonly Cidr[];
}

function assemble(
  { objects, eksctl, network, region, knobs, mentioned }: Understood,
  issues: Issue[],
  assumptions: string[],
): Cluster {
  const given = objects.clusters[0]?.spec;
  const ipFamily = knobs.ipFamily ?? given?.ipFamily ?? eksctl?.ipFamily ?? shownFamily(objects);
  const made =
    eksctl === undefined || objects.nodes.length > 0
      ? []
      : makeNodes(eksctl, network, { taken: addressesInUse(objects, network), mentioned }, issues, assumptions);
  const addons = eksctl?.addons ?? [];
  const coreDns = readCoreDnsAddon(addons, issues);
  const corefile = findCorefile(objects.configMaps) ?? coreDns.corefile;
  const clusterDomain = given?.clusterDomain ?? domainOf(corefile?.text) ?? 'cluster.local';
  const flags = readProxyFlags(objects.kubeProxyPod, issues);
  const kubeProxy = kubeProxyOf(objects, flags, eksctl, knobs, issues, assumptions);
  const cni = readCniConfig(
    {
      addon: addons.find((addon) => addon.name === 'vpc-cni'),
      awsNode: objects.awsNode,
      awsNodePods: objects.awsNodePods,
      knobs: knobs.env,
      knobVersion: knobs.cniVersion,
      knobNetworkPolicy: knobs.enableNetworkPolicy,
      ownVersion: versionOfOwn(objects, issues),
      ipFamily,
      configMaps: objects.configMaps,
    },
    issues,
    assumptions,
  );
  const name = given?.name ?? eksctl?.name ?? 'cluster';
  const nodes = nodeSpecs(objects, network, eksctl, made, issues);
  const said = [knobs.ipFamily, given?.ipFamily, eksctl?.ipFamily].some((family) => family !== undefined);
  assumptions.push(...(said || ipFamily === 'IPv4' ? [] : [SHOWN_IPV6]), ...namedByAddress(objects.nodes, nodes));
  return {
    name,
    region,
    version: given?.version ?? eksctl?.version ?? versionOf(objects, assumptions),
    ipFamily,
    serviceCidrs: serviceCidrsOf(objects, eksctl, network, ipFamily, assumptions),
    clusterDomain,
    clusterDns: [],
    apiserver: given?.controlPlane ?? [],
    endpoint: endpointOf(objects, eksctl),
    network,
    mentioned,
    cni: cni.config,
    kubeProxy,
    ...maybe(
      'coreDns',
      corefile === undefined ? undefined : readCoreDnsConfig(corefile.text, corefile.at, clusterDomain, issues),
    ),
    ...maybe('coreDnsPods', coreDns.pods),
    ...clusterFilters({ name, objects, nodes }, assumptions),
    fargateProfiles: [...(eksctl?.fargateProfiles ?? []), ...objects.fargateProfiles],
    servers: objects.servers,
    transitGateways: objects.transitGateways,
    onPremises: objects.onPremises,
    vpcEndpoints: objects.vpcEndpoints,
    placements: objects.placements,
    patches: switchPatches(objects.patches, knobs, issues),
    flows: objects.flows,
    dnsNames: objects.dnsNames,
    namespaces: objects.namespaces,
    nodes: objects.nodes,
    pods: objects.pods,
    workloads: objects.workloads,
    services: objects.services,
    endpointSlices: objects.endpointSlices,
    configMaps: objects.configMaps,
    eniConfigs: withMade(objects.eniConfigs, cni.eniConfigs),
    priorityClasses: objects.priorityClasses,
    ingresses: objects.ingresses,
    ingressClasses: objects.ingressClasses,
    ingressClassParams: objects.ingressClassParams,
    networkPolicies: objects.networkPolicies,
    policyEndpoints: objects.policyEndpoints,
    securityGroupPolicies: objects.securityGroupPolicies,
    targetGroupBindings: objects.targetGroupBindings,
    serviceAccounts: objects.serviceAccounts,
    unacted: objects.unacted,
    ...maybe('loadBalancerController', readLoadBalancerController(objects.loadBalancing, issues)),
    loadBalancers: objects.loadBalancers,
    targetGroups: objects.targetGroups,
    unmodelled: [
      ...objects.unmodelled,
      ...(flags?.unmodelled ?? []),
      ...kubeProxy.unread,
      ...cni.unmodelled,
      ...(eksctl === undefined ? [] : unmodelledOf(eksctl, objects)),
    ],
    ...unmadeNodes(eksctl, objects),
    assumptions,
  };
}

function unmodelledOf(eksctl: EksctlCluster, objects: InputObjects): Cluster['unmodelled'] {
  const live = new Set<string>();
  if (objects.awsNode !== undefined) live.add('vpc-cni');
  if (objects.kubeProxy !== undefined || objects.kubeProxyPod !== undefined) live.add('kube-proxy');
  return [...eksctl.unmodelled, ...missingAddons(eksctl, live)];
}

/** A live object wins over the one the addon would make. */
function withMade(given: Cluster['eniConfigs'], made: Cluster['eniConfigs']): Cluster['eniConfigs'] {
  const names = new Set(given.map(({ metadata }) => metadata.name));
  return [...given, ...made.filter(({ metadata }) => !names.has(metadata.name))];
}

/** Each object once; slices mirrored from `Endpoints` only for Services without slices of their own. */
function unified(objects: InputObjects, issues: Issue[]): InputObjects {
  const endpointSlices = uniqueObjects(objects.endpointSlices, issues);
  const served = new Set(endpointSlices.map(serviceKey));
  const mirrored = objects.mirrored.filter((slice) => !served.has(serviceKey(slice)));
  return {
    ...objects,
    namespaces: [...uniqueObjects(objects.namespaces, issues)],
    nodes: [...uniqueObjects(objects.nodes, issues)],
    pods: [...uniqueObjects(objects.pods, issues)],
    workloads: [...uniqueObjects(objects.workloads, issues)],
    services: [...uniqueObjects(objects.services, issues)],
    configMaps: [...uniqueObjects(objects.configMaps, issues)],
    eniConfigs: [...uniqueObjects(objects.eniConfigs, issues)],
    priorityClasses: [...uniqueObjects(objects.priorityClasses, issues)],
    ingresses: [...uniqueObjects(objects.ingresses, [])],
    ingressClasses: [...uniqueObjects(objects.ingressClasses, issues)],
    ingressClassParams: [...uniqueObjects(objects.ingressClassParams, issues)],
    networkPolicies: [...uniqueObjects(objects.networkPolicies, [])],
    policyEndpoints: [...uniqueObjects(objects.policyEndpoints, issues)],
    securityGroupPolicies: [...uniqueObjects(objects.securityGroupPolicies, issues)],
    targetGroupBindings: [...uniqueObjects(objects.targetGroupBindings, issues)],
    serviceAccounts: [...uniqueObjects(objects.serviceAccounts, issues)],
    unacted: [...uniqueObjects(objects.unacted, issues)],
    endpointSlices: [...endpointSlices, ...uniqueObjects(mirrored, issues)],
  };
}

const serviceKey = (slice: EndpointSlice): string => `${slice.metadata.namespace}/${slice.serviceName}`;

function readEksctl(objects: InputObjects, knobs: Knobs, issues: Issue[]): EksctlCluster | undefined {
  const [first, ...more] = objects.clusterConfigs;
  for (const extra of [
    ...more,
    ...objects.clusters.slice(1).map((cluster) => cluster.fields),
    ...objects.networks.slice(1).map((n) => n.fields),
  ]) {
    const { kind, source: at } = extra.document;
    issues.push({
      code: 'duplicate',
      severity: 'error',
      at,
      message: `A second ${kind}: one input describes one cluster`,
    });
  }
  if (first === undefined) return undefined;
  const config = readClusterConfig(first);
  return knobs.ipFamily === undefined ? config : { ...config, ipFamily: knobs.ipFamily };
}

/** Our own Network where there is one, else what eksctl makes, else what the addresses of live objects tell. */
function networkOf(
  objects: InputObjects,
  eksctl: EksctlCluster | undefined,
  region: string,
  files: readonly InputFile[],
  issues: Issue[],
  assumptions: string[],
): Network {
  const given = objects.networks[0]?.network;
  if (given !== undefined) return given;
  if (eksctl !== undefined) return makeNetwork(eksctl, objects, issues, assumptions);
  const derived = deriveNetwork(objects.nodes, objects.pods, region, assumptions);
  if (derived !== undefined) return derived;
  const message =
    objects.recognised === 0 ? 'No cluster in the input' : 'The input has objects and no cluster to put them in';
  const expected =
    'expected an eksctl ClusterConfig, a packetwalk Network, or Node objects ("kubectl get nodes -o json")';
  const at = { file: files[0]?.path ?? 'input' };
  issues.push({ code: 'no-cluster', severity: 'error', at, message, expected, rests: ['network', 'nodes'] });
  return { region, clusterVpc: '', vpcs: [], peerings: [] };
}

function regionOf(objects: InputObjects, eksctl: EksctlCluster | undefined, assumptions: string[]): string {
  const said = objects.clusters[0]?.spec.region ?? eksctl?.region ?? objects.networks[0]?.network.region;
  if (said !== undefined && said !== '') return said;
  for (const node of objects.nodes) {
    const region = node.metadata.labels['topology.kubernetes.io/region'];
    if (region !== undefined) return region;
    // aws:///us-east-1a/i-0123: the zone's name less its letter.
    const zone = /^aws:\/\/\/([a-z0-9-]+\d)[a-z]\//.exec(node.spec.providerID ?? '')?.[1];
    if (zone !== undefined) return zone;
  }
  assumptions.push(`region not given: ${DEFAULT_REGION}`);
  return DEFAULT_REGION;
}

function versionOf(objects: InputObjects, assumptions: string[]): string {
  for (const node of objects.nodes) {
    const version = /^v(\d+\.\d+)\./.exec(node.status.kubeletVersion ?? '')?.[1];
    if (version !== undefined) return version;
  }
  assumptions.push(`Kubernetes version not given: ${DEFAULT_VERSION}`);
  return DEFAULT_VERSION;
}

function versionOfOwn(objects: InputObjects, issues: Issue[]): Stated<CniVersion> | undefined {
  const [own] = objects.clusters;
  const text = own?.spec.vpcCniVersion;
  if (own === undefined || text === undefined) return undefined;
  const at = own.fields.place('spec', 'vpcCniVersion');
  const value = parseCniVersion(text);
  if (value !== undefined) return { value, at };
  issues.push({
    code: 'wrong-value',
    severity: 'error',
    at,
    message: `Field "spec.vpcCniVersion" is "${text}"`,
    expected: 'expected a version such as "1.21.1"',
  });
  return undefined;
}

/** Addresses a made-up node must not take. */
function addressesInUse(objects: InputObjects, network: Network): ReadonlySet<Ip> {
  const used = new Set<Ip>(objects.servers.flatMap((server) => server.addresses));
  for (const { spec } of objects.nodeNetworks)
    for (const eni of spec.enis ?? []) for (const ip of [eni.primaryIp, ...(eni.addresses ?? [])]) used.add(ip);
  for (const { ip } of objects.clusters[0]?.spec.controlPlane ?? []) used.add(ip);
  for (const vpc of network.vpcs)
    for (const { privateIp } of vpc.natGateways) if (privateIp !== undefined) used.add(privateIp);
  for (const pod of objects.pods) for (const address of pod.status.podIPs) used.add(address);
  return used;
}
