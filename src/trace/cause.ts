import type { Family, Ip, Mac, Protocol } from '../net/index.ts';

/**
 * What killed a packet, with the values that decided: what to do about it follows from this, never from the words of a step.
 * A `drop` step carries one where the data plane knows it.
 */
export type DropCause =
  | SenderCause
  | RoutingCause
  | DeviceCause
  | SocketCause
  | VpcCause
  | ConnectionCause
  | PolicyCause;

export type Rcode = 'NOERROR' | 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED';

/** No packet was made. */
export type SenderCause =
  /** `circle`: aliases that lead back to one of themselves, as one name of the search met them. */
  | {
      readonly kind: 'unresolved-name';
      readonly name: string;
      readonly rcode: Rcode;
      readonly circle?: readonly string[];
      /** The cluster's own name servers have these addresses for it; the sender asks others. */
      readonly inCluster?: readonly Ip[];
    }
  | {
      readonly kind: 'silent-name-server';
      readonly name: string;
      readonly servers: readonly Ip[];
      readonly by?: string;
    }
  /** The name exists and has no address: a headless Service without a ready pod. */
  | { readonly kind: 'no-address'; readonly name: string }
  /** An end of the question is a pod that is not there yet, or not any more. `why`: the scheduler's or the kubelet's words. */
  | {
      readonly kind: 'absent-pod';
      readonly pod: string;
      readonly phase: 'Pending' | 'Succeeded' | 'Failed';
      readonly why?: string;
    }
  /** EADDRNOTAVAIL: a socket bound to what is no address of the host. */
  | { readonly kind: 'foreign-source'; readonly address: Ip }
  | { readonly kind: 'no-source' }
  /** EINVAL: a link-local address of IPv6 says nothing without the link. */
  | { readonly kind: 'no-scope'; readonly address: Ip }
  /** EADDRNOTAVAIL, EAGAIN: every port of `ip_local_port_range` is reserved or another socket's. */
  | { readonly kind: 'no-local-port'; readonly range: string }
  /** EMSGSIZE: the socket forbids to cut it, and it is longer than the route of its first lookup takes. */
  | { readonly kind: 'message-size'; readonly mtu: number };

/** A host had the packet and would not send it on. */
export type RoutingCause =
  | { readonly kind: 'no-route'; readonly dst: Ip }
  | {
      readonly kind: 'refusing-route';
      readonly by: 'route' | 'rule';
      readonly type: 'unreachable' | 'blackhole' | 'prohibit';
    }
  | { readonly kind: 'no-forwarding'; readonly sysctl: string }
  /** To be forwarded, and a socket of this host claimed it before it was routed. */
  | { readonly kind: 'early-demux'; readonly sysctl: string }
  | { readonly kind: 'rp-filter'; readonly dev: string; readonly mode: number }
  /** A source nobody may have who sends on that device, or a destination that is none. */
  | {
      readonly kind: 'martian';
      readonly address: Ip /** Brought there by a load balancer that kept it; known when the walk is over. */;
      readonly balancedBy?: string;
    }
  | { readonly kind: 'route-localnet'; readonly dev: string }
  /** `circle`: it was used up in one; known when the walk is over. */
  | { readonly kind: 'ttl'; readonly circle?: CircleCause }
  /** On the way. `told`: the size an ICMP error that got back to the sender says; known when the walk is over. */
  | { readonly kind: 'mtu'; readonly mtu: number; readonly told?: number }
  /** Translated packets of a connection that changed its device, or a translation without an address to use. */
  | { readonly kind: 'translation' }
  /** Every port a translation may use is taken. */
  | { readonly kind: 'port-clash' }
  /** A host tracks as many connections as it may, and would have to track another. */
  | { readonly kind: 'table-full'; readonly count: number; readonly max: number };

/** The places of one round, and where to; `node`: has the address on a network interface, and no pod of it has it. */
export interface CircleCause {
  readonly places: readonly string[];
  readonly address: Ip;
  readonly node?: string;
}

export type DeviceCause =
  | { readonly kind: 'device'; readonly dev: string; readonly state: 'absent' | 'down' | 'no-carrier' | 'no-ipv6' }
  | { readonly kind: 'no-neighbour'; readonly dev: string; readonly address: Ip }
  | OtherHostCause;

/** The frame came in by a device whose address is not the one it is for. `lladdr`: whom it is for, where that is seen. */
export interface OtherHostCause {
  readonly kind: 'other-host';
  readonly dev: string;
  readonly address: Mac;
  readonly lladdr?: Mac;
}

/** A classifier on a device has no entry that lets it through: what enforces NetworkPolicy on the host end of a pod's pair. */
export interface PolicyCause {
  readonly kind: 'network-policy';
  /** As the pod sees it. */
  readonly direction: 'ingress' | 'egress';
  /** The other end: who sends to the pod, or whom it sends to, before its node translates. */
  readonly peer: Ip;
  readonly protocol: Protocol;
  readonly port?: number;
  /** The entry that has the peer, and not what was asked of it. */
  readonly entry?: string;
  /** `pod shop/web: NetworkPolicy shop/deny`, where the artefact says who made it so. */
  readonly of?: string;
  readonly state: 'POLICIES_APPLIED' | 'DEFAULT_ALLOW' | 'DEFAULT_DENY';
  /** The Service that has the peer's address; known when the walk is over. */
  readonly service?: string;
}

/** It reached its host. */
export type SocketCause =
  /** `stopped`: the container that would have the port, and why it does not run; known when the walk is over. */
  | {
      readonly kind: 'closed-port';
      readonly protocol: Protocol;
      readonly port: number;
      readonly stopped?: { readonly pod: string; readonly container: string; readonly why: string };
    }
  /** A packet of a connection, a ping or a protocol that nobody on the host has open. */
  | { readonly kind: 'no-socket' }
  /** A protocol of IP that neither the kernel nor a program of the host takes. */
  | { readonly kind: 'no-handler'; readonly protocol: Protocol }
  | { readonly kind: 'not-a-syn' }
  /** A load balancer of the host has a service for it and nobody behind that. */
  | { readonly kind: 'no-real-server' }
  | { readonly kind: 'ignores-echo'; readonly sysctl: string };

export type VpcCause =
  /** `story` and the destination `dst` the packet had are known when the walk is over. */
  | { readonly kind: 'source-check'; readonly address: Ip; readonly story?: SourceStory; readonly dst?: Ip }
  | { readonly kind: 'destination-check'; readonly eni: string; readonly address: Ip }
  /** No ENI of the VPC, or of the subnet a frame stayed in, has the address. `kept`: what AWS keeps it for instead. */
  | { readonly kind: 'unowned'; readonly address: Ip; readonly kept?: string }
  /** A frame for a MAC address that neither the subnet's router nor an ENI of the subnet has. */
  | { readonly kind: 'unowned-mac'; readonly dev: string; readonly lladdr: Mac; readonly address: Ip }
  /** An address of one link, which no router forwards. */
  | { readonly kind: 'link-local'; readonly address: Ip }
  | { readonly kind: 'no-vpc-route'; readonly table: string; readonly dst: Ip }
  | { readonly kind: 'vpc-blackhole'; readonly table: string; readonly destination: string }
  /** A route or a target names a gateway that is not there. */
  | { readonly kind: 'missing-gateway'; readonly id: string }
  /** An internet gateway translates only an address that has a public one. */
  | { readonly kind: 'private-source'; readonly gateway: string; readonly address: Ip }
  | { readonly kind: 'private-destination'; readonly address: Ip; readonly caller?: 'internet' }
  | { readonly kind: 'no-internet-gateway'; readonly vpc: string; readonly address: Ip }
  /** Plain HTTP where TLS is spoken, or the other way round. */
  | { readonly kind: 'wrong-scheme'; readonly listener: 'HTTP' | 'HTTPS' }
  | { readonly kind: 'uninvited'; readonly gateway: string }
  | { readonly kind: 'not-carried'; readonly gateway: string; readonly what: string }
  | { readonly kind: 'nat-ports'; readonly gateway: string }
  | { readonly kind: 'nat-idle'; readonly gateway: string }
  /** An answer, or a later packet, of a connection whose first packet went another way. */
  | { readonly kind: 'nat-stray'; readonly gateway: string }
  | { readonly kind: 'not-transitive'; readonly peering: string; readonly address: Ip }
  | { readonly kind: 'route-circle'; readonly table: string }
  | { readonly kind: 'resolver-only'; readonly address: Ip }
  | SecurityGroupCause
  | NetworkAclCause
  | FrontCause;

/** What clients call would not serve them. */
export type FrontCause =
  /** An internet gateway carries nothing of this ENI (`DenyAllIgwTraffic`). */
  | { readonly kind: 'igw-denied'; readonly gateway: string; readonly eni: string; readonly owner: string }
  /** `asked`: `tcp 81`, `icmp`. */
  | { readonly kind: 'no-listener'; readonly loadBalancer: string; readonly asked: string }
  /** What a rule sends to is not there (`Service NS/NAME`), and the load balancer answers an error instead. */
  | { readonly kind: 'no-backend'; readonly loadBalancer: string; readonly missing: string }
  /**
   * `zone`: the group has targets, in other zones. `unregistered`: why its controller registers none. `unhealthy`: it has some, and
   * none is healthy. `weightless`: no target group of the rule has a weight.
   */
  | {
      readonly kind: 'no-target';
      readonly loadBalancer: string;
      readonly targetGroup: string;
      readonly zone?: string;
      readonly unregistered?: string;
      readonly unhealthy?: true;
      readonly weightless?: true;
    }
  /** The public endpoint of a cluster's API server is not for this address; `standsFor`: whose it is, where it is made up. */
  | { readonly kind: 'public-access'; readonly cluster: string; readonly address: Ip; readonly standsFor?: string }
  | { readonly kind: 'lb-ports'; readonly loadBalancer: string }
  | { readonly kind: 'lb-idle'; readonly loadBalancer: string; readonly seconds: number };

/** No rule of an ENI's groups allows a packet that belongs to no flow they know. */
export interface SecurityGroupCause {
  readonly kind: 'security-group';
  readonly direction: 'ingress' | 'egress';
  readonly eni: string;
  readonly groups: readonly string[];
  /** What a rule must say to let it pass: `tcp 5432`, and the other end. */
  readonly traffic: string;
  readonly peer: Ip;
  /** Whose public address `peer` stands in for, where it is made up. */
  readonly standsFor?: string;
  /** Groups of the ENI that sends or receives, where the fabric sees one: a rule may name one of them instead. */
  readonly peerGroups?: readonly string[];
  /** A rule names this group and would allow it, and no sender is seen: its address is a gateway's, or from outside. */
  readonly hidden?: string;
  /** Over which no reference to a group holds, though the sender wears it. */
  readonly across?: { readonly kind: 'vpc-peering' | 'transit-gateway'; readonly id: string };
  /** The receiver's side, which would refuse it as well. */
  readonly farSide?: { readonly eni: string; readonly groups: readonly string[]; readonly sender: Ip };
  /** One of the groups is a load balancer's own, as its controller writes it from what the load balancer was made for. */
  readonly written?: { readonly type: 'network' | 'application' | 'classic'; readonly madeFor: readonly string[] };
}

export interface NetworkAclCause {
  readonly kind: 'network-acl';
  readonly direction: 'ingress' | 'egress';
  readonly acl: string;
  readonly subnet: string;
  /** `*`: no entry was for it. */
  readonly ruleNumber: number | '*';
  readonly traffic: string;
  readonly peer: Ip;
  /** Whose public address `peer` stands in for, where it is made up. */
  readonly standsFor?: string;
  /** The network ACL of the subnet it would enter next, which denies it as well. */
  readonly next?: string;
  /** It is an answer, known when the walk is over: its port is the one the caller drew. */
  readonly answers?: true;
}

/** What connects VPCs and networks would not carry it. */
export type ConnectionCause =
  | { readonly kind: 'no-attachment'; readonly gateway: string; readonly vpc: string }
  | { readonly kind: 'no-zone-attachment'; readonly attachment: string; readonly zone: string }
  | { readonly kind: 'no-association'; readonly gateway: string; readonly attachment: string }
  | { readonly kind: 'no-transit-route'; readonly gateway: string; readonly table: string; readonly dst: Ip }
  /** A VPN gateway carries what its VPC owns. */
  | { readonly kind: 'outside-vpc'; readonly gateway: string; readonly vpc: string; readonly address: Ip }
  /** A gateway endpoint serves its own VPC. */
  | {
      readonly kind: 'endpoint-from-outside';
      readonly endpoint: string;
      readonly service: string;
      readonly vpc: string;
      readonly address: Ip;
    }
  | { readonly kind: 'no-connection'; readonly gateway: string; readonly dst: Ip }
  | { readonly kind: 'no-way-from'; readonly network: string; readonly dst: Ip };

/** How a source came to leave by an ENI that does not own it. */
export type SourceStory =
  /** The reply: the request came in by another ENI. */
  | 'reply'
  /** Routed in and out again: no pod there has the address any more. */
  | 'passed-through'
  /** The node translated the source, and routed by the one it had before. */
  | 'translated'
  /** The sender's own address, by the wrong ENI of its node. */
  | 'own'
  /** The same, because a mark chose the routing table. */
  | 'marked'
  /** Somebody else's address, forwarded as it came. */
  | 'forwarded'
  /** The same, for a pod of the node itself that it reaches only through the VPC. */
  | 'own-pod';

/** What the rules of a host did; told by the `rule` and `policy` steps themselves, and by whose rules they are. */
export type FilterCause =
  | {
      readonly kind: 'rule';
      readonly verdict: 'drop' | 'reject';
      readonly table: string;
      readonly chain: string;
      /** The NodePatch that wrote it. */
      readonly patch?: string;
    }
  /** `table` as the rules name it: `filter` of iptables, or the family and name of an nft one. */
  | { readonly kind: 'policy'; readonly hook: string; readonly table: string; readonly family: Family }
  | { readonly kind: 'ct-invalid'; readonly protocol: Protocol }
  | { readonly kind: 'no-endpoints'; readonly service: string }
  | {
      readonly kind: 'no-local-endpoints';
      readonly service: string;
      readonly policy: 'internalTrafficPolicy' | 'externalTrafficPolicy';
    }
  | { readonly kind: 'source-ranges'; readonly service: string; readonly source: Ip }
  /** A node port of a Service, asked with a protocol it is not for. */
  | {
      readonly kind: 'node-port-protocol';
      readonly service: string;
      readonly port: number;
      readonly asked: Protocol;
      readonly serves: readonly Protocol[];
    }
  /** A node port of a Service at an address of the node that kube-proxy leaves out, and the setting that does, where one does. */
  | {
      readonly kind: 'node-port-address';
      readonly service: string;
      readonly port: number;
      readonly address: Ip;
      readonly setting?: { readonly name: 'localhostNodePorts' | 'nodePortAddresses'; readonly at?: string };
    }
  /** A port a Service does not list is rejected; an address of the service range that no Service has is dropped. */
  | { readonly kind: 'cluster-ip'; readonly verdict: 'drop' | 'reject'; readonly address: Ip }
  /** The guard of 127.0.0.0/8 that goes with route_localnet. */
  | { readonly kind: 'localnet-guard' };

/** What a walk as a whole shows, beside where its packet ended. */
export type WalkCause =
  /** Nothing listens: a Service has the port for its node port, and no rule translates it at this address of the node. */
  | { readonly kind: 'no-node-port'; readonly service: string; readonly port: number; readonly address: Ip }
  /** A packet of a connection IPVS has forgotten: it is for an address of the node now, and no socket has it. */
  | { readonly kind: 'ipvs-idle'; readonly address: Ip }
  /** A connection entry older than the walk decided, no rule did. */
  | { readonly kind: 'stale-entry'; readonly protocol: Protocol; readonly dst: Ip }
  /** The asking socket does not take the reply for its answer. */
  | {
      readonly kind: 'wrong-reply' /** The load balancer that kept the client's address, and that the reply did not pass. */;
      readonly balancedBy?: string;
    }
  /** The data plane says how the packet ended, and not why. */
  | { readonly kind: 'unsaid' };

export type Cause = DropCause | FilterCause | WalkCause;

/** The packet got to its host, and no socket has the port. */
export const CLOSED_PORT: ReadonlySet<Cause['kind']> = new Set<Cause['kind']>([
  'closed-port',
  'node-port-protocol',
  'node-port-address',
]);
