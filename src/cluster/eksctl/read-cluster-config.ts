import type { SourceRef } from '../../base/index.ts';
import type { Cidr } from '../../net/index.ts';
import type { UnmodelledInput } from '../cluster.ts';
import type { FargateProfileSpec } from '../network.ts';
import { type Fields, maybe } from '../read/fields.ts';
import type { InnerText } from '../read/raw-document.ts';
import { readFargateProfiles } from './fargate-profiles.ts';
import {
  addonFields,
  clusterConfigFields,
  endpointsFields,
  metaFields,
  natFields,
  networkConfigFields,
  subnetFields,
  subnetsFields,
  vpcFields,
} from './fields.ts';
import { type NodeGroup, readNodeGroups } from './node-group.ts';
import { readNotModelled } from './not-modelled.ts';

export interface AddonSpec {
  readonly name: string;
  readonly version?: string;
  readonly versionSource: SourceRef;
  readonly configurationValues?: InnerText;
}

export interface EksctlSubnet {
  readonly name: string;
  readonly zone: string;
  readonly id?: string;
  readonly cidr?: Cidr;
  readonly source: SourceRef;
}

/** What eksctl's ClusterConfig says about packets, defaults of single fields filled in. */
export interface EksctlCluster {
  readonly name: string;
  readonly region: string;
  readonly version?: string;
  readonly ipFamily: 'IPv4' | 'IPv6';
  readonly serviceCidr?: Cidr;
  readonly availabilityZones: readonly string[];
  readonly vpc: {
    readonly id?: string;
    readonly cidr?: Cidr;
    readonly ipv6Cidr?: Cidr;
    readonly extraCidrs: readonly Cidr[];
    readonly nat: 'Single' | 'HighlyAvailable' | 'Disable';
    readonly publicSubnets: readonly EksctlSubnet[];
    readonly privateSubnets: readonly EksctlSubnet[];
    readonly source: SourceRef;
  };
  readonly remote?:
    | { readonly cidrs: readonly Cidr[]; readonly gateway?: string; readonly source: SourceRef }
    | undefined;
  /** `privateCluster`: no public subnet, no internet gateway, no NAT. */
  readonly fullyPrivate: boolean;
  /** `vpc.sharedNodeSecurityGroup`; absent: eksctl makes one. */
  readonly sharedNodeSecurityGroup?: string;
  readonly endpointAccess: {
    readonly public: boolean;
    readonly private: boolean;
    /** Empty: everybody. */
    readonly publicAccessCidrs: readonly Cidr[];
    readonly source?: SourceRef;
  };
  readonly nodeGroups: readonly NodeGroup[];
  readonly fargateProfiles: readonly FargateProfileSpec[];
  readonly addons: readonly AddonSpec[];
  /** Where `addonsConfig.disableDefaultAddons` is set. */
  readonly defaultAddonsOff?: SourceRef;
  /** Where `autoModeConfig.enabled` is set. */
  readonly autoMode?: SourceRef;
  readonly unmodelled: readonly UnmodelledInput[];
  readonly source: SourceRef;
}

export function readClusterConfig(fields: Fields): EksctlCluster {
  fields.known(clusterConfigFields, 'error');
  const metadata = fields.child('metadata');
  if (metadata === undefined && !fields.has('metadata')) fields.missing('metadata.name');
  metadata?.known(metaFields, 'error');
  const network = fields.child('kubernetesNetworkConfig');
  network?.known(networkConfigFields, 'error');
  const ipFamily = readIpFamily(network);
  const fullyPrivate = fields.child('privateCluster')?.boolean('enabled') ?? false;
  return {
    name: metadata?.required('name') ?? '',
    region: metadata?.required('region') ?? '',
    ...maybe('version', readVersion(metadata)),
    ipFamily,
    ...maybe('serviceCidr', readServiceCidr(network, ipFamily)),
    availabilityZones: fields.strings('availabilityZones'),
    vpc: readVpc(fields),
    ...maybe('remote', readRemote(fields)),
    fullyPrivate,
    ...maybe('sharedNodeSecurityGroup', fields.child('vpc')?.string('sharedNodeSecurityGroup')),
    endpointAccess: readEndpointAccess(fields.child('vpc'), fullyPrivate),
    nodeGroups: readNodeGroups(fields),
    fargateProfiles: readFargateProfiles(fields),
    addons: fields.children('addons').map(readAddon),
    ...maybe('defaultAddonsOff', whereTrue(fields, 'addonsConfig', 'disableDefaultAddons')),
    ...maybe('autoMode', whereTrue(fields, 'autoModeConfig', 'enabled')),
    unmodelled: readNotModelled(fields),
    source: fields.document.source,
  };
}

function readIpFamily(network: Fields | undefined): 'IPv4' | 'IPv6' {
  const text = network?.string('ipFamily');
  if (text === undefined || text.toLowerCase() === 'ipv4') return 'IPv4';
  if (text.toLowerCase() === 'ipv6') return 'IPv6';
  network?.oneOf('ipFamily', ['IPv4', 'IPv6']);
  return 'IPv4';
}

/** `latest` and `auto` are eksctl's own words for a version it picks. */
function readVersion(metadata: Fields | undefined): string | undefined {
  const text = metadata?.string('version');
  if (metadata === undefined || text === undefined || text === 'latest' || text === 'auto') return undefined;
  if (/^\d+\.\d+$/.test(text)) return text;
  return metadata.wrong('version', text, 'a version such as "1.34"');
}

/** EKS takes /24 to /12 of private space (API reference, KubernetesNetworkConfigRequest). */
function readServiceCidr(network: Fields | undefined, ipFamily: 'IPv4' | 'IPv6'): Cidr | undefined {
  if (network === undefined) return undefined;
  if (ipFamily === 'IPv6') return network.cidr('serviceIPv6CIDR');
  const block = network.cidr('serviceIPv4CIDR');
  if (block !== undefined && (block.family !== 4 || block.prefix < 12 || block.prefix > 24)) {
    return network.wrong('serviceIPv4CIDR', block.text, 'an IPv4 CIDR between /24 and /12');
  }
  return block;
}

function readVpc(fields: Fields): EksctlCluster['vpc'] {
  const vpc = fields.child('vpc');
  vpc?.known(vpcFields, 'error');
  if (vpc?.oneOf('hostnameType', ['ip-name', 'resource-name']) === 'resource-name') {
    const message = `Field "vpc.hostnameType" is not followed: nodes are called "ip-…" here, and not after their instances`;
    vpc.complain(['hostnameType'], { code: 'not-modelled', severity: 'warning', message });
  }
  const subnets = vpc?.child('subnets');
  subnets?.known(subnetsFields, 'error');
  const nat = vpc?.child('nat');
  nat?.known(natFields, 'error');
  return {
    ...maybe('id', vpc?.string('id')),
    ...maybe('cidr', vpc?.cidr('cidr')),
    ...maybe('ipv6Cidr', vpc?.cidr('ipv6Cidr')),
    extraCidrs: vpc?.cidrs('extraCIDRs') ?? [],
    nat: nat?.oneOf('gateway', ['Single', 'HighlyAvailable', 'Disable']) ?? 'Single',
    publicSubnets: readSubnets(subnets?.child('public')),
    privateSubnets: readSubnets(subnets?.child('private')),
    source: vpc === undefined ? fields.document.source : fields.place('vpc'),
  };
}

/** The key is a name; where it is a zone's name, `az` may be left out. */
function readSubnets(fields: Fields | undefined): readonly EksctlSubnet[] {
  if (fields === undefined) return [];
  return Object.keys(fields.value).flatMap((name): EksctlSubnet[] => {
    if (fields.get(name) === undefined) return [{ name, zone: name, source: fields.place(name) }];
    const subnet = fields.child(name);
    if (subnet === undefined) return [];
    subnet.known(subnetFields, 'error');
    return [
      {
        name,
        zone: subnet.string('az') ?? name,
        ...maybe('id', subnet.string('id')),
        ...maybe('cidr', subnet.cidr('cidr')),
        source: fields.place(name),
      },
    ];
  });
}

/** eksctl makes clusters with the public endpoint only, fully private ones with the other (`SetClusterEndpointAccessDefaults`). */
function readEndpointAccess(vpc: Fields | undefined, fullyPrivate: boolean): EksctlCluster['endpointAccess'] {
  const endpoints = vpc?.child('clusterEndpoints');
  endpoints?.known(endpointsFields, 'error');
  return {
    public: endpoints?.boolean('publicAccess') ?? !fullyPrivate,
    private: endpoints?.boolean('privateAccess') ?? fullyPrivate,
    publicAccessCidrs: vpc?.cidrs('publicAccessCIDRs') ?? [],
    ...maybe('source', endpoints === undefined ? undefined : vpc?.place('clusterEndpoints')),
  };
}

function readAddon(fields: Fields): AddonSpec {
  fields.known(addonFields, 'error');
  const values = fields.inner('configurationValues');
  return {
    name: fields.required('name'),
    ...maybe('version', fields.string('version')),
    versionSource: fields.has('version') ? fields.place('version') : fields.place(),
    ...maybe('configurationValues', values),
  };
}

/** Networks of hybrid nodes: eksctl routes them to the gateway named (`vpcGatewayID`). */
function readRemote(fields: Fields): EksctlCluster['remote'] {
  const remote = fields.child('remoteNetworkConfig');
  if (remote === undefined) return undefined;
  const lists = [...remote.children('remoteNodeNetworks'), ...remote.children('remotePodNetworks')];
  return {
    cidrs: lists.flatMap((list) => list.cidrs('cidrs')),
    ...maybe('gateway', remote.string('vpcGatewayID')),
    source: fields.place('remoteNetworkConfig'),
  };
}

function whereTrue(fields: Fields, parent: string, key: string): SourceRef | undefined {
  const config = fields.child(parent);
  return config?.boolean(key) === true ? config.place(key) : undefined;
}
