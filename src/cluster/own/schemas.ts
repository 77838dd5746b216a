import { z } from 'zod';
import { onPremisesSpec, transitGatewaySpec, vpcEndpointSpec } from './connection-schemas.ts';
import { networkAclSpec, prefixListSpec, securityGroupSpec } from './filter-schemas.ts';
import { nodeNetworkSpec } from './node-schemas.ts';
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

export const nodeNetworkSchema = document('NodeNetwork', nodeNetworkSpec);

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
    securityGroups: z.array(idValue).exactOptional(),
    dnsNames: z.array(idValue).exactOptional(),
  }),
);

export const dnsNameSchema = document(
  'DnsName',
  z.strictObject({
    name: idValue,
    addresses: z.array(ipValue).min(1).exactOptional(),
    alias: idValue
      .exactOptional()
      .meta({ description: 'a load balancer: lb/NAME, ingress/NAMESPACE/NAME or svc/NAMESPACE/NAME' }),
  }),
);

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
      .strictObject({
        public: z.boolean().exactOptional(),
        private: z.boolean().exactOptional(),
        publicAccessCidrs: z.array(cidrValue).exactOptional().meta({ description: 'absent: everybody' }),
        publicAddresses: z.array(ipValue).exactOptional(),
      })
      .exactOptional()
      .meta({ description: 'absent: public only, as EKS makes a cluster' }),
    endpoint: idValue.exactOptional().meta({ description: 'its URL or name, as "aws eks describe-cluster" prints it' }),
    securityGroup: idValue.exactOptional().meta({ description: "the cluster security group's id" }),
    additionalSecurityGroups: z
      .array(idValue)
      .exactOptional()
      .meta({ description: "more of the control plane's interfaces" }),
    vpcCniVersion: idValue.exactOptional(),
    kubeProxy: z
      .strictObject({
        mode: z.enum(['iptables', 'nftables', 'ipvs', 'ebpf']).exactOptional(),
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

const targetGroup = z.strictObject({
  name: idValue,
  arn: idValue.exactOptional().meta({ description: 'as a TargetGroupBinding may name it' }),
  protocol: z.enum(['TCP', 'UDP', 'TCP_UDP', 'TLS']).exactOptional(),
  targetType: z.enum(['instance', 'ip']),
  preserveClientIp: z.boolean().exactOptional(),
  proxyProtocolV2: z.boolean().exactOptional(),
  crossZone: z.boolean().exactOptional(),
  stickiness: z.enum(['none', 'source_ip']).exactOptional(),
  healthCheck: z
    .strictObject({
      protocol: z.enum(['TCP', 'HTTP', 'HTTPS']),
      port: portValue.exactOptional(),
      path: idValue.exactOptional(),
      matcher: z
        .string()
        .regex(/^\d{3}(?:-\d{3})?(?:,\d{3}(?:-\d{3})?)*$/, 'expected status codes such as "200-399" or "200,301"')
        .exactOptional(),
    })
    .exactOptional(),
  targets: z
    .array(
      z.strictObject({ address: ipValue, port: portValue, id: idValue.exactOptional(), zone: idValue.exactOptional() }),
    )
    .exactOptional()
    .meta({ description: 'absent: none, or what a TargetGroupBinding registers' }),
});

export const loadBalancerSchema = document(
  'LoadBalancer',
  z.strictObject({
    type: z.enum(['network', 'classic']).exactOptional(),
    scheme: z.enum(['internal', 'internet-facing']).exactOptional(),
    vpc: idValue.exactOptional(),
    dnsName: idValue.exactOptional(),
    crossZone: z.boolean().exactOptional(),
    ipAddressType: z.enum(['ipv4', 'dualstack']).exactOptional(),
    denyAllIgwTraffic: z
      .boolean()
      .exactOptional()
      .meta({ description: 'attribute ipv6.deny_all_igw_traffic; absent: true where it is internal' }),
    securityGroups: z.array(idValue).exactOptional(),
    subnets: z
      .array(
        z.strictObject({
          id: idValue,
          privateIp: ipValue.exactOptional(),
          ipv6: ipValue.exactOptional(),
          publicIp: ipValue.exactOptional(),
        }),
      )
      .min(1),
    listeners: z.array(
      z.strictObject({
        protocol: z.enum(['TCP', 'UDP', 'TCP_UDP', 'TLS']),
        port: portValue,
        idleTimeout: z.int().min(60).max(6000).exactOptional(),
        targetGroup: idValue,
      }),
    ),
    targetGroups: z.array(targetGroup),
  }),
);
export const transitGatewaySchema = document('TransitGateway', transitGatewaySpec);
export const onPremisesSchema = document('OnPremises', onPremisesSpec);
export const vpcEndpointSchema = document('VpcEndpoint', vpcEndpointSpec);
export const securityGroupSchema = document('SecurityGroup', securityGroupSpec);
export const networkAclSchema = document('NetworkAcl', networkAclSpec);
export const prefixListSchema = document('PrefixList', prefixListSpec);

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
  LoadBalancer: loadBalancerSchema,
  SecurityGroup: securityGroupSchema,
  NetworkAcl: networkAclSchema,
  PrefixList: prefixListSchema,
} as const;

export type OwnKind = keyof typeof ownSchemas;

/** Where what one would look for in a VPC is: documents of their own. */
export const elsewhere: ReadonlyMap<string, string> = new Map([
  ['securityGroups', 'SecurityGroup'],
  ['networkAcls', 'NetworkAcl'],
  ['prefixLists', 'PrefixList'],
  ['loadBalancers', 'LoadBalancer'],
]);
