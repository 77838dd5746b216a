import type { Eni, Fabric } from '../../src/fabric/index.ts';
import type { ListenSocket, Netns } from '../../src/linux/index.ts';
import { cidr, ip, mac } from '../../src/net/index.ts';
import type { Directory, World } from '../../src/world/index.ts';
import { id, macOf, netnsFrom } from './netns-from.ts';

// A World written by hand.
//
//   vpc-a 10.0.0.0/16   private 10.0.0.0/22 (0/0 -> nat-a, 10.9/16 -> pcx)   public 10.0.100.0/24 (0/0 -> igw-a)
//     node/a  ens5 10.0.0.75 + pod near 10.0.1.60      ens6 10.0.0.85 + pod client 10.0.1.51
//     node/b  ens5 10.0.0.49 + pod server 10.0.2.127
//     host/plain 10.0.0.150 (private)   host/bastion 10.0.100.20 = 203.0.113.20 (public)   nat-a 10.0.100.10 = 203.0.113.10
//   vpc-b 10.9.0.0/16   host/peer 10.9.0.10, behind pcx

export const CLIENT = 'pod/t/client';
export const NEAR = 'pod/t/near';
export const SERVER = 'pod/t/server';
export const NODE_A = 'node/a';
export const NODE_B = 'node/b';
export const PLAIN = 'host/plain';
export const BASTION = 'host/bastion';
export const PEER = 'host/peer';

export const ROUTER_MAC = mac('02:00:00:00:00:01');
const PUBLIC_ROUTER_MAC = mac('02:00:00:00:64:01');
const PEER_ROUTER_MAC = mac('02:00:00:09:00:01');

const listen = (port: number, process: string, protocol: ListenSocket['protocol'] = 'tcp'): ListenSocket => ({
  protocol,
  local: '*',
  port,
  process,
});

const podNetns = (name: string, address: string, veth: string, node: string, sockets: readonly ListenSocket[]): Netns =>
  netnsFrom(name, {
    addresses: `eth0 ${address}/32`,
    routes: 'default via 169.254.1.1 dev eth0\n169.254.1.1 dev eth0 scope link',
    sockets,
    neighbours: [{ dst: ip('169.254.1.1'), dev: 'eth0', lladdr: macOf(`${node} ${veth}`), state: 'PERMANENT' }],
  });

/** What the service proxy and the address manager of a node write; `masquerade` is the mark of packets to the port 32385. */
export interface Knobs {
  readonly externalSnat: boolean;
  readonly masquerade?: boolean;
  readonly connmark?: boolean;
  /** Endpoints of the Service 172.20.0.80:80. */
  readonly endpoints?: readonly string[];
}

export function nodeRules(primary: string, knobs: Knobs): string {
  const { externalSnat, masquerade = true, connmark = true } = knobs;
  const endpoints = knobs.endpoints ?? ['10.0.2.127:8080'];
  const local = '10.0.1.51:8080';
  const sep = (at: number): string => `LB-SEP-${at}`;
  const balanced = endpoints.map((_, at) => {
    const left = endpoints.length - at;
    const chance = left === 1 ? '' : ` -m statistic --mode random --probability ${(1 / left).toFixed(11)}`;
    return `-A LB-SVC-WEB${chance} -j ${sep(at)}`;
  });
  return `
*mangle
${connmark ? '-A PREROUTING -i ens5 -m addrtype --dst-type LOCAL --limit-iface-in -j CONNMARK --set-xmark 0x80/0x80' : ''}
${connmark ? '-A PREROUTING -i eni+ -j CONNMARK --restore-mark --nfmask 0x80 --ctmask 0x80' : ''}
COMMIT
*nat
:LB-SERVICES - [0:0]
:LB-NODEPORTS - [0:0]
:LB-POSTROUTING - [0:0]
:LB-MARK-MASQ - [0:0]
:LB-SVC-WEB - [0:0]
:EP-LOCAL - [0:0]
${endpoints.map((_, at) => `:${sep(at)} - [0:0]`).join('\n')}
:OUT-CONNMARK - [0:0]
:OUT-SNAT - [0:0]
-A PREROUTING -j LB-SERVICES
${externalSnat ? '' : '-A PREROUTING -i eni+ -j OUT-CONNMARK\n-A PREROUTING -j CONNMARK --restore-mark --nfmask 0x80 --ctmask 0x80'}
-A OUTPUT -j LB-SERVICES
-A POSTROUTING -j LB-POSTROUTING
-A POSTROUTING -j OUT-SNAT
-A LB-SERVICES -d 172.20.0.80/32 -p tcp -m tcp --dport 80 -j LB-SVC-WEB
-A LB-SERVICES -m addrtype --dst-type LOCAL -j LB-NODEPORTS
${masquerade ? '-A LB-NODEPORTS -p tcp -m tcp --dport 32385 -j LB-MARK-MASQ' : ''}
-A LB-NODEPORTS -p tcp -m tcp --dport 32385 -j LB-SVC-WEB
-A LB-NODEPORTS -p tcp -m tcp --dport 32386 -j EP-LOCAL
-A EP-LOCAL -p tcp -m tcp -j DNAT --to-destination ${local}
-A LB-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
${balanced.join('\n')}
${endpoints.map((to, at) => `-A ${sep(at)} -s ${to.split(':')[0]}/32 -j LB-MARK-MASQ\n-A ${sep(at)} -p tcp -m tcp -j DNAT --to-destination ${to}`).join('\n')}
-A LB-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A LB-POSTROUTING -j MARK --set-xmark 0x4000/0x0
-A LB-POSTROUTING -j MASQUERADE --random-fully
-A OUT-CONNMARK -d 10.0.0.0/16 -j RETURN
-A OUT-CONNMARK -j CONNMARK --set-xmark 0x80/0x80
${externalSnat ? '' : `-A OUT-SNAT -d 10.0.0.0/16 -j RETURN\n-A OUT-SNAT ! -o vlan+ -m addrtype ! --dst-type LOCAL -j SNAT --to-source ${primary} --random-fully`}
COMMIT
`;
}

const FORWARDING = {
  'net.ipv4.ip_forward': '1',
  'net.ipv4.conf.all.rp_filter': '0',
  'net.ipv4.conf.ens5.rp_filter': '2',
  'net.ipv4.conf.ens6.rp_filter': '2',
};

function nodeA(knobs: Knobs): Netns {
  return netnsFrom(NODE_A, {
    addresses: 'ens5 10.0.0.75/22\nens6 10.0.0.85/22',
    links: ['eniclient', 'eninear'],
    routes: `default via 10.0.0.1 dev ens5
10.0.1.51 dev eniclient scope link
10.0.1.60 dev eninear scope link
default via 10.0.0.1 dev ens6 table 2
10.0.0.1 dev ens6 table 2 scope link`,
    rules: `512: from all to 10.0.1.51 lookup main
512: from all to 10.0.1.60 lookup main
${knobs.connmark === false ? '' : '1024: from all fwmark 0x80/0x80 lookup main'}
1536: from 10.0.1.51 lookup 2`,
    iptables: nodeRules('10.0.0.75', knobs),
    sysctls: FORWARDING,
    sockets: [listen(10250, 'agent')],
  });
}

function nodeB(knobs: Knobs): Netns {
  return netnsFrom(NODE_B, {
    addresses: 'ens5 10.0.0.49/22',
    links: ['eniserver'],
    routes: 'default via 10.0.0.1 dev ens5\n10.0.2.127 dev eniserver scope link',
    rules: '512: from all to 10.0.2.127 lookup main\n1024: from all fwmark 0x80/0x80 lookup main',
    iptables: nodeRules('10.0.0.49', knobs),
    sysctls: FORWARDING,
  });
}

const server = (name: string, address: string, router: string): Netns =>
  netnsFrom(name, {
    addresses: `eth0 ${address}`,
    routes: `default via ${router} dev eth0`,
    sockets: [listen(80, 'nginx'), listen(53, 'named', 'udp')],
  });

export const eni = (name: string, subnet: string, addresses: readonly string[], of: Partial<Eni>): Eni => ({
  id: name,
  subnet,
  mac: macOf(name),
  addresses: addresses.map(ip),
  prefixes: [],
  publicAddresses: new Map(),
  sourceDestCheck: true,
  attachment: null,
  deviceIndex: 0,
  owner: '',
  securityGroups: [],
  mtu: 9001,
  ...of,
});

const on = (netns: string, dev: string): Pick<Eni, 'attachment' | 'owner' | 'mac'> => ({
  attachment: { netns, dev },
  owner: netns,
  mac: macOf(`${netns} ${dev}`),
});

const routeTables: Fabric['routeTables'] = [
  {
    id: 'rtb-private',
    vpc: 'vpc-a',
    routes: [
      { destination: cidr('10.0.0.0/16'), target: { kind: 'local' }, state: 'active' },
      { destination: cidr('10.9.0.0/16'), target: { kind: 'vpc-peering', id: 'pcx' }, state: 'active' },
      { destination: cidr('10.66.0.0/16'), target: { kind: 'vpc-peering', id: 'gone' }, state: 'blackhole' },
      { destination: cidr('0.0.0.0/0'), target: { kind: 'nat-gateway', id: 'nat-a' }, state: 'active' },
    ],
  },
  {
    id: 'rtb-public',
    vpc: 'vpc-a',
    routes: [
      { destination: cidr('10.0.0.0/16'), target: { kind: 'local' }, state: 'active' },
      { destination: cidr('0.0.0.0/0'), target: { kind: 'internet-gateway', id: 'igw-a' }, state: 'active' },
    ],
  },
  {
    id: 'rtb-peer',
    vpc: 'vpc-b',
    routes: [
      { destination: cidr('10.9.0.0/16'), target: { kind: 'local' }, state: 'active' },
      { destination: cidr('10.0.0.0/16'), target: { kind: 'vpc-peering', id: 'pcx' }, state: 'active' },
      { destination: cidr('0.0.0.0/0'), target: { kind: 'vpc-peering', id: 'pcx' }, state: 'active' },
    ],
  },
];

const enis: Fabric['enis'] = [
  eni('eni-a5', 'private', ['10.0.0.75', '10.0.1.60'], on(NODE_A, 'ens5')),
  eni('eni-a6', 'private', ['10.0.0.85', '10.0.1.51'], { ...on(NODE_A, 'ens6'), deviceIndex: 1 }),
  eni('eni-b5', 'private', ['10.0.0.49', '10.0.2.127'], on(NODE_B, 'ens5')),
  eni('eni-plain', 'private', ['10.0.0.150'], on(PLAIN, 'eth0')),
  eni('eni-bastion', 'public', ['10.0.100.20'], {
    ...on(BASTION, 'eth0'),
    publicAddresses: new Map([[ip('10.0.100.20'), ip('203.0.113.20')]]),
  }),
  eni('eni-hidden', 'public', ['10.0.100.30'], on('host/hidden', 'eth0')),
  eni('eni-peer', 'peer', ['10.9.0.10'], on(PEER, 'eth0')),
  eni('eni-nat', 'public', ['10.0.100.10'], { owner: 'nat-gateway/nat-a' }),
  eni('eni-api', 'private', ['10.0.0.200'], { owner: 'control-plane/lab' }),
  eni('eni-other', 'private', ['10.0.0.201'], { owner: 'load-balancer/x' }),
];

export const testFabric = (of: Partial<Fabric> = {}): Fabric => ({
  vpcs: [
    { id: 'vpc-a', region: 'us-east-1', cidrs: [cidr('10.0.0.0/16')] },
    { id: 'vpc-b', region: 'us-east-1', cidrs: [cidr('10.9.0.0/16')] },
  ],
  subnets: [
    subnet('private', 'vpc-a', '10.0.0.0/22', 'rtb-private', '10.0.0.1', ROUTER_MAC),
    subnet('public', 'vpc-a', '10.0.100.0/24', 'rtb-public', '10.0.100.1', PUBLIC_ROUTER_MAC),
    subnet('peer', 'vpc-b', '10.9.0.0/24', 'rtb-peer', '10.9.0.1', PEER_ROUTER_MAC),
  ],
  routeTables,
  enis,
  internetGateways: [{ id: 'igw-a', vpc: 'vpc-a' }],
  natGateways: [{ id: 'nat-a', subnet: 'public', privateIp: ip('10.0.100.10'), publicIp: ip('203.0.113.10') }],
  transitGateways: [],
  vpnGateways: [],
  onPremises: [],
  vpcEndpoints: [],
  controlPlanes: [],
  loadBalancers: [],
  securityGroups: [],
  networkAcls: [],
  prefixLists: [],
  targetGroups: [],
  peerings: [{ id: 'pcx', requester: 'vpc-a', accepter: 'vpc-b', mtu: 9001 }],
  wires: [
    { a: { netns: CLIENT, dev: 'eth0' }, b: { netns: NODE_A, dev: 'eniclient' } },
    { a: { netns: NEAR, dev: 'eth0' }, b: { netns: NODE_A, dev: 'eninear' } },
    { a: { netns: SERVER, dev: 'eth0' }, b: { netns: NODE_B, dev: 'eniserver' } },
  ],
  internetHosts: [],
  dns: {
    clusterDomain: 'cluster.local',
    clusterDns: [ip('10.0.0.150')],
    cluster: [{ name: 'web.t.svc.cluster.local', type: 'A', addresses: [ip('172.20.0.80')], ttl: 5 }],
    namespaces: ['t'],
    upstream: [{ name: 'example.com', type: 'A', addresses: [ip('198.51.100.7')], ttl: 60 }],
  },
  unmodelled: [],
  ...of,
});

const subnet = (
  name: string,
  vpc: string,
  block: string,
  routeTable: string,
  router: string,
  routerMac: ReturnType<typeof mac>,
): Fabric['subnets'][number] => ({
  id: name,
  vpc,
  zone: 'us-east-1a',
  cidrs: [cidr(block)],
  routeTable,
  router: ip(router),
  routerMac,
});

const directory: Directory = {
  nodes: [
    { name: 'a', netns: id(NODE_A), addresses: [ip('10.0.0.75')], zone: 'us-east-1a' },
    { name: 'b', netns: id(NODE_B), addresses: [ip('10.0.0.49')], zone: 'us-east-1a' },
  ],
  pods: [
    ['client', 'a', '10.0.1.51'],
    ['near', 'a', '10.0.1.60'],
    ['server', 'b', '10.0.2.127'],
  ].map(([name = '', node = '', address = '']) => ({
    namespace: 't',
    name,
    node,
    netns: id(`pod/t/${name}`),
    addresses: [ip(address)],
    hostNetwork: false,
    ports: [],
  })),
  absent: [],
  services: [],
  hosts: [
    { name: 'plain', netns: id(PLAIN), kind: 'server', addresses: [ip('10.0.0.150')] },
    { name: 'bastion', netns: id(BASTION), kind: 'server', addresses: [ip('10.0.100.20'), ip('203.0.113.20')] },
    { name: 'peer', netns: id(PEER), kind: 'server', addresses: [ip('10.9.0.10')] },
  ],
  apiserver: [ip('10.0.0.200')],
  serviceCidrs: [cidr('172.20.0.0/16')],
};

/** The whole World; `netns` replaces or adds namespaces. */
export function testWorld(
  knobs: Knobs = { externalSnat: true },
  fabric: Partial<Fabric> = {},
  netns: readonly Netns[] = [],
): World {
  const all = [
    podNetns(CLIENT, '10.0.1.51', 'eniclient', NODE_A, [listen(8080, 'echoserver')]),
    podNetns(NEAR, '10.0.1.60', 'eninear', NODE_A, [listen(8080, 'echoserver')]),
    podNetns(SERVER, '10.0.2.127', 'eniserver', NODE_B, [listen(8080, 'echoserver')]),
    nodeA(knobs),
    nodeB(knobs),
    server(PLAIN, '10.0.0.150/22', '10.0.0.1'),
    server(BASTION, '10.0.100.20/24', '10.0.100.1'),
    server('host/hidden', '10.0.100.30/24', '10.0.100.1'),
    server(PEER, '10.9.0.10/24', '10.9.0.1'),
    ...netns,
  ];
  return {
    name: 'test',
    netns: new Map(all.map((each) => [each.id, each])),
    fabric: testFabric(fabric),
    directory,
    assumptions: [],
  };
}
