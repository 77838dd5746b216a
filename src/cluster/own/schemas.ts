import { z } from 'zod';
import { onPremisesSpec, transitGatewaySpec, vpcEndpointSpec } from './connection-schemas.ts';
import {
  cidrValue,
  durationValue,
  idValue,
  indexValue,
  ipValue,
  macValue,
  podValue,
  portValue,
  textMap,
} from './values.ts';

/** API group and version of the kinds packetwalk brings itself. */
export const OWN_API_VERSION = 'packetwalk.dev/v1alpha1';

const document = <Kind extends string, Spec extends z.ZodType>(kind: Kind, spec: Spec) =>
  z.strictObject({
    apiVersion: z.literal(OWN_API_VERSION),
    kind: z.literal(kind),
    metadata: z
      .strictObject({ name: idValue, labels: textMap.exactOptional(), annotations: textMap.exactOptional() })
      .exactOptional(),
    spec,
  });

const subnet = z.strictObject({
  id: idValue,
  cidr: cidrValue.exactOptional(),
  cidrs: z.array(cidrValue).exactOptional(),
  zone: idValue,
  routeTable: idValue,
  mapPublicIp: z.boolean().exactOptional(),
  dns64: z.boolean().exactOptional(),
  tags: textMap.exactOptional(),
});

const routeTable = z.strictObject({
  id: idValue,
  routes: z.array(
    z.strictObject({
      destination: cidrValue,
      target: idValue.meta({
        description:
          'igw-…, eigw-…, a NAT gateway, a peering, a transit gateway, a VPN gateway, an eni, or "blackhole"',
      }),
    }),
  ),
  propagatingVgws: z.array(idValue).meta({ description: 'VPN gateways whose networks it learns' }).exactOptional(),
});

const natGateway = z.strictObject({
  id: idValue,
  subnet: idValue,
  privateIp: ipValue.exactOptional(),
  publicIp: ipValue.exactOptional(),
  connectivity: z.enum(['public', 'private']).exactOptional(),
});

const vpc = z.strictObject({
  id: idValue,
  region: idValue.exactOptional(),
  cidrs: z.array(cidrValue).min(1).meta({ description: 'primary first' }),
  dhcpDomain: idValue.exactOptional(),
  internetGateway: idValue.exactOptional(),
  vpnGateway: idValue.exactOptional(),
  subnets: z.array(subnet),
  routeTables: z.array(routeTable),
  natGateways: z.array(natGateway).exactOptional(),
});

export const networkSchema = document(
  'Network',
  z.strictObject({
    region: idValue,
    clusterVpc: idValue,
    vpcs: z.array(vpc).min(1),
    peerings: z.array(z.strictObject({ id: idValue, requester: idValue, accepter: idValue })).exactOptional(),
  }),
);

const eni = z.strictObject({
  id: idValue,
  deviceIndex: z.int().min(0).max(99),
  subnet: idValue,
  primaryIp: ipValue,
  addresses: z.array(ipValue).exactOptional(),
  prefixes: z.array(cidrValue).exactOptional(),
  publicIp: ipValue.exactOptional(),
  mac: macValue.exactOptional(),
  ifname: idValue.max(15).exactOptional(),
  ifindex: indexValue.exactOptional(),
  securityGroups: z.array(idValue).exactOptional(),
});

export const osFamilies = ['AmazonLinux2023', 'AmazonLinux2', 'Bottlerocket', 'Ubuntu'] as const;

export const nodeNetworkSchema = document(
  'NodeNetwork',
  z.strictObject({
    node: idValue,
    instanceType: idValue.exactOptional(),
    os: z.enum(osFamilies).exactOptional(),
    subnet: idValue.exactOptional(),
    zone: idValue.exactOptional(),
    primaryIp: ipValue.exactOptional(),
    publicIp: ipValue.exactOptional(),
    maxPods: z.int().min(1).exactOptional(),
    kubeProxyNodeName: idValue.exactOptional(),
    sysctls: textMap.exactOptional(),
    labels: textMap.exactOptional(),
    enis: z.array(eni).exactOptional(),
  }),
);

export const placementSchema = document(
  'Placement',
  z.strictObject({
    pod: podValue,
    deviceIndex: z.int().min(0).max(99).exactOptional(),
    ip: ipValue.exactOptional(),
    veth: idValue.max(15).exactOptional(),
    vethIfindex: indexValue.exactOptional(),
    vethMac: macValue.exactOptional(),
    podMac: macValue.exactOptional(),
    podIfindex: indexValue.exactOptional(),
  }),
);

export const serverSchema = document(
  'Server',
  z.strictObject({
    kind: z.enum(['server', 'internet', 'on-premises']),
    subnet: idValue.exactOptional(),
    network: idValue.meta({ description: 'the OnPremises network it is in' }).exactOptional(),
    addresses: z.array(ipValue).min(1),
    publicIp: ipValue.exactOptional(),
    listens: z
      .array(
        z.strictObject({
          port: portValue,
          protocol: z.enum(['tcp', 'udp']).exactOptional(),
          process: idValue.exactOptional(),
        }),
      )
      .exactOptional(),
    log: z.literal('nginx').exactOptional(),
    dnsNames: z.array(idValue).exactOptional(),
  }),
);

export const dnsNameSchema = document('DnsName', z.strictObject({ name: idValue, addresses: z.array(ipValue).min(1) }));

export const clusterSchema = document(
  'Cluster',
  z.strictObject({
    name: idValue.exactOptional(),
    region: idValue.exactOptional(),
    version: z
      .string()
      .regex(/^\d+\.\d+$/, 'expected a version such as "1.34"')
      .exactOptional(),
    serviceCidrs: z.array(cidrValue).exactOptional(),
    ipFamily: z.enum(['IPv4', 'IPv6']).exactOptional(),
    clusterDomain: idValue.exactOptional(),
    controlPlane: z.array(z.strictObject({ ip: ipValue, subnet: idValue })).exactOptional(),
    endpointAccess: z
      .strictObject({ public: z.boolean().exactOptional(), private: z.boolean().exactOptional() })
      .exactOptional(),
    vpcCniVersion: idValue.exactOptional(),
    kubeProxy: z
      .strictObject({
        mode: z.enum(['iptables', 'nftables', 'ipvs']).exactOptional(),
        nfacct: z.boolean().exactOptional(),
      })
      .exactOptional(),
  }),
);

export const nodePatchSchema = document(
  'NodePatch',
  z.strictObject({
    node: idValue,
    artefact: idValue,
    remove: z.array(z.string()).exactOptional(),
    add: z.array(z.string()).exactOptional(),
    enabled: z.boolean().exactOptional(),
  }),
);

export const flowsSchema = document(
  'Flows',
  z.strictObject({
    flows: z.array(
      z.strictObject({
        at: durationValue.exactOptional(),
        from: idValue,
        to: idValue,
        protocol: z.enum(['tcp', 'udp', 'icmp', 'udplite', 'sctp']).exactOptional(),
        fromPort: portValue.exactOptional(),
        idle: durationValue.exactOptional(),
        ctState: z.literal('INVALID').exactOptional(),
        ratePerSecond: z.number().positive().exactOptional(),
        hold: durationValue.exactOptional(),
      }),
    ),
  }),
);

export const fargateProfileSchema = document(
  'FargateProfile',
  z.strictObject({
    selectors: z
      .array(z.strictObject({ namespace: idValue, labels: textMap.exactOptional() }))
      .min(1)
      .max(5)
      .meta({ description: 'a pod that one of them matches is taken; "*" and "?" as in a shell' }),
    subnets: z
      .array(idValue)
      .exactOptional()
      .meta({ description: "ids; all private subnets of the cluster's VPC without" }),
  }),
);
export const transitGatewaySchema = document('TransitGateway', transitGatewaySpec);
export const onPremisesSchema = document('OnPremises', onPremisesSpec);
export const vpcEndpointSchema = document('VpcEndpoint', vpcEndpointSpec);

export const ownSchemas = {
  Network: networkSchema,
  NodeNetwork: nodeNetworkSchema,
  Placement: placementSchema,
  Server: serverSchema,
  DnsName: dnsNameSchema,
  Cluster: clusterSchema,
  FargateProfile: fargateProfileSchema,
  TransitGateway: transitGatewaySchema,
  OnPremises: onPremisesSchema,
  VpcEndpoint: vpcEndpointSchema,
  NodePatch: nodePatchSchema,
  Flows: flowsSchema,
} as const;

export type OwnKind = keyof typeof ownSchemas;

/** Kinds of our group that are planned: recognised, and answered with one clear warning. */
export const plannedKinds: ReadonlySet<string> = new Set(['SecurityGroup', 'NetworkAcl', 'PrefixList', 'LoadBalancer']);

/** Fields of a VPC (or of the network) that are planned in the same way. */
export const plannedNetworkFields: ReadonlySet<string> = new Set([
  'securityGroups',
  'networkAcls',
  'prefixLists',
  'loadBalancers',
]);

/** Planned things that could stop any packet: with one of them in the input no walk through the VPC is sure. */
export const filterKinds: ReadonlySet<string> = new Set(['SecurityGroup', 'NetworkAcl']);
export const filterFields: ReadonlySet<string> = new Set(['securityGroups', 'networkAcls']);
