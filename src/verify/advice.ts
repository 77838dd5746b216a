import { assertNever } from '../base/index.ts';
import { familyOf, type Ip } from '../net/index.ts';
import type {
  Cause,
  CircleCause,
  ConnectionCause,
  DeviceCause,
  FilterCause,
  PolicyCause,
  RoutingCause,
  SenderCause,
  SocketCause,
  VpcCause,
  WalkCause,
} from '../trace/index.ts';
import { connectionAdvice } from './connection-advice.ts';
import { felixAdvice } from './felix-advice.ts';
import { networkAclAdvice, securityGroupAdvice } from './filter-advice.ts';
import { frontAdvice } from './front-advice.ts';
import { nodePortAdvice } from './node-port-cause.ts';
import { policyAdvice } from './policy-advice.ts';
import { sourceCheckAdvice } from './source-check-advice.ts';

/** What to do about what killed a packet, in words that hold whatever the settings are. Empty where nothing is sure to help. */
export function adviceFor(cause: Cause): string {
  return group(cause);
}

function group(cause: Cause): string {
  switch (cause.kind) {
    case 'unresolved-name':
    case 'silent-name-server':
    case 'no-address':
    case 'absent-pod':
    case 'foreign-source':
    case 'no-source':
    case 'no-scope':
    case 'message-size':
    case 'no-local-port':
      return onSender(cause);
    case 'no-route':
    case 'refusing-route':
    case 'no-forwarding':
    case 'early-demux':
    case 'rp-filter':
    case 'martian':
    case 'route-localnet':
    case 'ttl':
    case 'mtu':
    case 'translation':
    case 'port-clash':
    case 'table-full':
      return onRouting(cause);
    case 'device':
    case 'no-neighbour':
    case 'other-host':
      return onDevice(cause);
    case 'closed-port':
    case 'no-socket':
    case 'no-handler':
    case 'not-a-syn':
    case 'no-real-server':
    case 'ignores-echo':
      return onSocket(cause);
    case 'rule':
    case 'policy':
    case 'ct-invalid':
    case 'no-endpoints':
    case 'no-local-endpoints':
    case 'source-ranges':
    case 'cluster-ip':
    case 'localnet-guard':
    case 'node-port-protocol':
    case 'node-port-address':
      return onRules(cause);
    default:
      return onWay(cause);
  }
}

function onWay(cause: ConnectionCause | PolicyCause | WalkCause | VpcCause): string {
  switch (cause.kind) {
    case 'no-attachment':
    case 'no-zone-attachment':
    case 'no-association':
    case 'no-transit-route':
    case 'outside-vpc':
    case 'endpoint-from-outside':
    case 'no-connection':
    case 'no-way-from':
      return connectionAdvice(cause);
    case 'network-policy':
      return policyAdvice(cause);
    case 'no-node-port':
    case 'ipvs-idle':
    case 'stale-entry':
    case 'wrong-reply':
    case 'unsaid':
      return onWalk(cause);
    default:
      return onVpc(cause);
  }
}

function onSender(cause: SenderCause): string {
  switch (cause.kind) {
    case 'unresolved-name':
      if (cause.circle !== undefined)
        return `let one of ${[...new Set(cause.circle)].join(', ')} lead to a name that has addresses`;
      if (cause.inCluster !== undefined)
        return `the cluster's name servers have it, and the sender asks others (its resolv.conf): call ${cause.inCluster.join(' or ')}, or ask from a pod with dnsPolicy ClusterFirst`;
      return cause.rcode === 'NXDOMAIN'
        ? 'no zone of the input has this name: check its spelling, or declare it with a Server or a DnsName'
        : '';
    case 'silent-name-server':
      return `walk to the name server itself: ${cause.servers.map((each) => traceTo(each, cause.by)).join('; ')}`;
    case 'no-address':
      return 'the name is there and has no address: a headless Service lists ready pods only';
    case 'absent-pod':
      if (cause.why?.includes('failed to assign an IP address') === true)
        return "its node's interfaces are full: prefix delegation (ENABLE_PREFIX_DELEGATION=true) gives them more addresses, a lower max-pods keeps the scheduler off";
      return cause.phase === 'Succeeded'
        ? 'ask for a pod that runs: a completed one neither sends nor answers'
        : `find out why it does not run: kubectl describe pod -n ${cause.pod.replace('/', ' ')}`;
    case 'foreign-source':
      return `bind to an address the sender has, not ${cause.address}`;
    case 'no-source':
      return 'give the sender an address of the family it sends with';
    case 'no-scope':
      return `name the device too (${cause.address}%DEV), or call an address that is routed`;
    case 'no-local-port':
      return `end connections that are open, or widen net.ipv4.ip_local_port_range (now ${cause.range})`;
    case 'message-size':
      return '';
    default:
      return assertNever(cause);
  }
}

const traceTo = (server: Ip, from = 'FROM'): string =>
  `trace ${from} ${familyOf(server) === 6 ? `[${server}]` : server}:53 --proto udp`;

function onRouting(cause: RoutingCause): string {
  switch (cause.kind) {
    case 'no-route':
      return `add a route: no table that the ip rules ask has one (ip route get ${cause.dst})`;
    case 'refusing-route':
      return `a ${cause.by} of type ${cause.type} is there to refuse this: remove it, or add a more specific ${cause.by === 'route' ? 'one (ip route)' : 'one before it (ip rule)'}`;
    case 'no-forwarding':
      return `let this host forward (sysctl -w ${cause.sysctl}=1), or send by another`;
    case 'early-demux':
      return `have packets routed before sockets are looked for: sysctl -w ${cause.sysctl}=0`;
    case 'rp-filter':
      return `make the route back to this source leave by ${cause.dev} (its ip rule)${cause.mode === 1 ? `, or set rp_filter of ${cause.dev} to 2 (loose) where another way back is meant` : ''}`;
    case 'martian':
      if (cause.balancedBy !== undefined) return onKeptAddress(cause.balancedBy);
      return `${cause.address} is no address that may stand there: look for who wrote it into the packet`;
    case 'route-localnet':
      return `loopback addresses stay on their host unless net.ipv4.conf.${cause.dev}.route_localnet is 1`;
    case 'ttl':
      return cause.circle === undefined ? 'send with a higher TTL' : onCircle(cause.circle);
    case 'mtu':
      return '';
    case 'translation':
      return 'the connection was translated for another device: open a new one';
    case 'port-clash':
      return 'let old connections to this destination end, use another source port, or translate with more addresses';
    case 'table-full':
      return `raise net.netfilter.nf_conntrack_max above ${cause.max} (kube-proxy sets it: conntrack.maxPerCore, conntrack.min), or open fewer connections at a time`;
    default:
      return assertNever(cause);
  }
}

function onCircle({ places, address, node }: CircleCause): string {
  const circle = `it goes in a circle (${places.join(' → ')}), in which a higher TTL only makes more rounds`;
  return node === undefined
    ? `${circle}: correct the route by which one of them sends ${address} back`
    : `${circle}: no pod of ${node} has ${address} any more, though its ENI still does, so the packet is routed out again: call a pod that runs, and let senders hear of a pod's end before it goes (preStop, deregistration delay)`;
}

function onDevice(cause: DeviceCause): string {
  if (cause.kind === 'no-neighbour')
    return `nobody on ${cause.dev} is ${cause.address}: check the next hop and its machine (ip neigh show ${cause.address})`;
  if (cause.kind === 'other-host')
    return `whoever sends to ${cause.dev} has a neighbour entry with ${cause.lladdr ?? 'another address'}, and ${cause.dev} is ${cause.address}: correct the entry (ip neigh replace; a pod gets a new one when it is created anew), or give ${cause.dev} that address back, and keep udev from renaming it (MACAddressPolicy=none)`;
  switch (cause.state) {
    case 'absent':
      return `a route names ${cause.dev}, and there is no such device: remove the route, or bring the device back`;
    case 'down':
      return `bring it up: ip link set ${cause.dev} up`;
    case 'no-carrier':
      return `look at the other end of ${cause.dev}: its pod or machine is gone or its device is down`;
    case 'no-ipv6':
      return `let ${cause.dev} speak IPv6: sysctl net.ipv6.conf.${cause.dev}.disable_ipv6=0`;
    default:
      return assertNever(cause.state);
  }
}

const onStopped = ({ pod, container, why }: { pod: string; container: string; why: string }): string =>
  `find out why container ${container} does not run (${why}): kubectl describe pod -n ${pod.replace('/', ' ')}`;

function onSocket(cause: SocketCause): string {
  switch (cause.kind) {
    case 'closed-port':
      return cause.stopped === undefined
        ? 'check the port, and that the process is up and listens on this address (ss -ln)'
        : onStopped(cause.stopped);
    case 'no-socket':
      return 'it belongs to nothing this host has open: begin with a new connection';
    case 'no-handler':
      return `let this host take protocol ${cause.protocol}: the tunnel or the module it is for (ip -d link, ip xfrm state), or a program with a raw socket`;
    case 'not-a-syn':
      return 'open the connection with a SYN; what follows it carries an ACK';
    case 'no-real-server':
      return 'give the virtual service a real server (ipvsadm -a), or remove it';
    case 'ignores-echo':
      return `set ${cause.sysctl} to 0 where ping should be answered`;
    default:
      return assertNever(cause);
  }
}

function onRules(cause: FilterCause): string {
  switch (cause.kind) {
    case 'no-endpoints':
      return 'give the Service a ready endpoint: its selector matches no ready pod, or nothing fills its EndpointSlice';
    case 'no-local-endpoints':
      return 'run an endpoint on this node';
    case 'source-ranges':
      return `add the caller (${cause.source}) to the Service's loadBalancerSourceRanges, or call the cluster IP: the ranges guard load balancer addresses only`;
    case 'cluster-ip':
      return cause.verdict === 'reject'
        ? `call a port that the Service of ${cause.address} lists, or add the port to its spec.ports`
        : `ask for the Service's address again: no Service has ${cause.address}`;
    case 'ct-invalid':
      if (cause.protocol === 'udplite')
        return 'use UDP: a Linux host that tracks connections calls every UDP-Lite packet it forwards INVALID (net.netfilter.nf_conntrack_checksum)';
      return 'leave this rule: forwarded untranslated, the packet would be answered with RST and end the connection; TCP sends again what was dropped';
    case 'localnet-guard':
      return 'only the node itself may talk to its 127.0.0.0/8: call the node by an address of its own';
    case 'node-port-protocol':
    case 'node-port-address':
      return nodePortAdvice(cause);
    case 'policy':
      return onPolicy(cause);
    case 'rule':
      return felixAdvice(cause) ?? `this rule of ${cause.table} ${cause.chain} ${cause.verdict}s it: ${OWN_RULE}`;
    default:
      return assertNever(cause);
  }
}

const OWN_RULE = 'remove it, or accept the packet before it';

function onPolicy({ hook, table, family }: Extract<FilterCause, { kind: 'policy' }>): string {
  if (table.includes(' '))
    return `let it pass: a rule that accepts it in nft table ${table}, or policy accept of its chain`;
  const iptables = family === 6 ? 'ip6tables' : 'iptables';
  return `let it pass: ${iptables} -P ${hook} ACCEPT when the node starts (EKS images do), or a rule of table ${table} that accepts it`;
}

function onWalk(cause: WalkCause): string {
  switch (cause.kind) {
    case 'stale-entry':
      return `an old connection entry decides, not the rules: every retry from the same port renews it. Delete it (conntrack -D${cause.dst.includes(':') ? ' -f ipv6' : ''} -p ${String(cause.protocol)} --orig-dst ${cause.dst}), or use a new source port`;
    case 'no-node-port':
      return `${cause.port} is the node port of Service ${cause.service}, and no rule translates it at ${cause.address}: call an address of the node that answers node ports (nodePortAddresses of kube-proxy; in nftables mode the primary one unless set, and never localhost)`;
    case 'ipvs-idle':
      return 'send something within 15 minutes (TCP keepalive below 900 s): IPVS forgets a connection that is idle for longer, whatever nf_conntrack keeps; ipvsadm --set, or ipvs.tcpTimeout of kube-proxy, changes the time';
    case 'wrong-reply':
      if (cause.balancedBy !== undefined) return onKeptAddress(cause.balancedBy);
      return 'the reply must come back through the node that translated the request: masquerade the request there, or keep the backend on that node';
    case 'unsaid':
      return '';
    default:
      return assertNever(cause);
  }
}

/** Client and target share a machine, which sends the answer straight to the client. */
const onKeptAddress = (loadBalancer: string): string =>
  `call the ClusterIP from inside the cluster, or let load balancer ${loadBalancer} put its own address in (preserve_client_ip.enabled=false; the PROXY protocol can still name the client)`;

const onUnowned = ({ address, kept }: Extract<VpcCause, { kind: 'unowned' }>): string =>
  kept === undefined
    ? `no machine has ${address}: a pod or instance that is gone, or an address nobody was given`
    : `${address} is ${kept}: call the address of a machine`;

function onVpc(cause: VpcCause): string {
  switch (cause.kind) {
    case 'source-check':
      return sourceCheckAdvice(cause);
    case 'destination-check':
      return `route ${cause.address} to the ENI that owns it, or turn the source/destination check of ${cause.eni} off where it is meant to forward`;
    case 'unowned':
      return onUnowned(cause);
    case 'unowned-mac':
      return `delete the entry, so that the kernel asks again: ip neigh del ${cause.address} dev ${cause.dev}`;
    case 'link-local':
      return `${cause.address} is an address of one link, and nobody on it has it: call an address that is routed, or run what should answer on the node itself`;
    case 'no-vpc-route':
      return `add a route to ${cause.dst} to route table ${cause.table}`;
    case 'vpc-blackhole':
      return `give ${cause.destination} of route table ${cause.table} a target that exists, or delete the route`;
    case 'missing-gateway':
      return `${cause.id} is named and not there: create it, or correct what names it`;
    case 'private-source':
      return 'send it through a NAT gateway, or give the address a public one';
    case 'private-destination':
      return cause.caller === 'internet'
        ? 'call it by a public address, where it has one: the internet carries no private addresses'
        : "nobody owns this address, or the subnet's route table lacks a more specific route to where it lives";
    case 'no-internet-gateway':
      return `give ${cause.vpc} an internet gateway, or call a private address of it`;
    case 'wrong-scheme':
      return `call it with ${cause.listener === 'HTTPS' ? 'https' : 'http'}://`;
    case 'uninvited':
      return `${cause.gateway} answers connections from inside only: to be called from outside, an address needs an internet gateway or a load balancer`;
    case 'not-carried':
      return `${cause.gateway} does not carry ${cause.what}: route it another way`;
    case 'nat-ports':
      return `close idle connections to this destination sooner, or give ${cause.gateway} more addresses`;
    case 'nat-idle':
      return `keep the connection busy: ${cause.gateway} forgets one that is idle for 350 s (TCP keepalive below that)`;
    case 'nat-stray':
      return `${cause.gateway} carries connections it saw begin: route the answer the way the question came`;
    case 'not-transitive':
      return `a peering carries what its two VPCs own: give the VPC of its own a way to ${cause.address}, or use a transit gateway`;
    case 'route-circle':
      return 'let the route lead somewhere else: a NAT gateway must stand in a subnet whose own default route goes to an internet gateway';
    case 'resolver-only':
      return 'ask it for names, on port 53';
    case 'security-group':
      return securityGroupAdvice(cause);
    case 'network-acl':
      return networkAclAdvice(cause);
    case 'igw-denied':
    case 'no-listener':
    case 'no-backend':
    case 'no-target':
    case 'public-access':
    case 'lb-ports':
    case 'lb-idle':
      return frontAdvice(cause);
    default:
      return assertNever(cause);
  }
}
