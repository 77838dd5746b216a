import { showAddresses, showConntrack, showRoutes, showRules } from '../../linux/index.ts';
import { arrivalOf, type ObservedExperiment } from '../../render/index.ts';
import type { TraceResult } from '../../trace/index.ts';
import type { Lab } from './lab.ts';

export const POD_A = 'pod/packetlab/toolbox-a-6fb5b9b786-lszr4';
export const NODE = 'node/ip-10-0-0-75.ec2.internal';
export const OTHER_NODE = 'node/ip-10-0-0-49.ec2.internal';
const VETH = 'eniaee705c1f69';

/** Lines of `text` that hold `part`, without their indentation. */
const grep = (text: string, part: string): string =>
  text
    .split('\n')
    .filter((line) => line.includes(part))
    .map((line) => line.trim())
    .join('\n');

/** Address(es) a far end saw, each once. */
export const seen = (result: TraceResult): string =>
  [...new Set(result.roundTrips.map((trip) => trip.farEnd.sees.ip))].join(', ');

export const ttl = (result: TraceResult): string => {
  const [trip] = result.roundTrips;
  const arrived = trip === undefined ? undefined : arrivalOf(trip);
  return arrived === undefined ? 'no reply' : `ttl=${arrived.ttl}`;
};

export async function experiments(lab: Lab): Promise<ObservedExperiment[]> {
  return [
    podInterfaces(lab),
    nodeSide(lab),
    await connectivity(lab),
    await dns(lab),
    await clusterIp(lab),
    await nodePort(lab),
    await egress(lab),
    interfaces(lab),
  ];
}

function podInterfaces(lab: Lab): ObservedExperiment {
  const pod = lab.netns(POD_A);
  const addresses = showAddresses(pod.links, pod.addresses);
  const conf = pod.resolvConf;
  return {
    title: '1  Pod interfaces, routes and ARP',
    observations: [
      {
        command: 'ip addr show',
        printed: 'inet 10.0.1.51/32 scope global eth0',
        model: grep(addresses, 'inet 10.'),
      },
      {
        command: 'ip link show eth0',
        printed: '3: eth0@if336: ... mtu 9001 ... link/ether 0a:12:c5:d0:e4:e1',
        model: linkSummary(lab, POD_A, 'eth0'),
      },
      {
        command: 'ip route show',
        printed: 'default via 169.254.1.1 dev eth0\n169.254.1.1 dev eth0 scope link',
        model: showRoutes(pod.routes, 'main').trim(),
      },
      {
        command: 'arp -a',
        printed: '? (169.254.1.1) at 5a:f3:56:0b:86:d4 [ether] PERM on eth0',
        model: pod.neighbours
          .map(
            (each) =>
              `? (${each.dst}) at ${each.lladdr} [ether] ${each.state === 'PERMANENT' ? 'PERM ' : ''}on ${each.dev}`,
          )
          .join('\n'),
      },
      {
        command: 'cat /etc/resolv.conf',
        printed:
          'search packetlab.svc.cluster.local svc.cluster.local cluster.local ec2.internal\nnameserver 172.20.0.10\noptions ndots:5',
        model:
          conf === undefined
            ? ''
            : `search ${conf.search.join(' ')}\n${conf.nameservers.map((server) => `nameserver ${server}`).join('\n')}\noptions ${conf.options.join(' ')}`,
      },
    ],
  };
}

function linkSummary(lab: Lab, netns: string, dev: string): string {
  const link = lab.netns(netns).links.find((each) => each.ifname === dev);
  if (link === undefined) return `no ${dev}`;
  return `${link.ifindex}: ${link.ifname}${link.link_index === undefined ? '' : `@if${link.link_index}`}: ... mtu ${link.mtu} ... link/ether ${link.address}`;
}

function nodeSide(lab: Lab): ObservedExperiment {
  const node = lab.netns(NODE);
  const address = (dev: string): string => node.addresses.find((each) => each.dev === dev)?.local ?? 'none';
  const rules = showRules(node.rules);
  return {
    title: '2  The node: veth, ENIs, routing tables',
    observations: [
      {
        command: `ip link show ${VETH}`,
        printed: `336: ${VETH}@if3: ... mtu 9001 ... link/ether 5a:f3:56:0b:86:d4`,
        model: linkSummary(lab, NODE, VETH),
      },
      {
        command: 'ip addr show ens5, ens6, ens7',
        printed: 'ens5 10.0.0.75, ens6 10.0.0.85, ens7 10.0.0.84',
        model: ['ens5', 'ens6', 'ens7'].map((dev) => `${dev} ${address(dev)}`).join(', '),
      },
      {
        command: 'ip rule show',
        printed: '512: from all to 10.0.1.51 lookup main\n1536: from 10.0.1.51 lookup 2',
        model: grep(rules, '10.0.1.51').replaceAll('\t', ' '),
      },
      {
        command: 'ip route show table main',
        printed:
          'default via 10.0.0.1 dev ens5 proto dhcp src 10.0.0.75 metric 512\n10.0.0.0/24 dev ens5 proto kernel scope link src 10.0.0.75 metric 512\n10.0.1.51 dev eniaee705c1f69 scope link',
        model: showRoutes(node.routes, 'main').trim(),
        reason:
          'ens6 must hold 10.0.0.85 and 10.0.1.51 behind 10.0.0.1, so the subnet is a /22; the print leaves out the other routes',
      },
      {
        command: 'ip route show table 2',
        printed: 'default via 10.0.0.1 dev ens6\n10.0.0.1 dev ens6 scope link',
        model: showRoutes(node.routes, '2').trim(),
      },
    ],
  };
}

async function connectivity(lab: Lab): Promise<ObservedExperiment> {
  const own = await lab.ask(POD_A, '10.0.0.75', 'icmp');
  const across = await lab.ask(POD_A, '10.0.2.29', 'icmp');
  return {
    title: '3  Pod to pod',
    observations: [
      { command: 'ping -c 3 10.0.0.75', printed: 'ttl=127', model: ttl(own) },
      { command: 'ping -c 3 10.0.2.29', printed: 'ttl=125', model: ttl(across) },
    ],
  };
}

async function dns(lab: Lab): Promise<ObservedExperiment> {
  const name = await lab.ask(POD_A, 'kubernetes.default.svc.cluster.local:443');
  const chain = lab.list(NODE, 'nat', 'KUBE-SVC-TCOU7JCQXEZGVUNU');
  return {
    title: '4  DNS through a ClusterIP',
    observations: [
      {
        command: 'dig +short kubernetes.default.svc.cluster.local',
        printed: '172.20.0.1',
        model: name.query.to.address ?? 'no answer',
      },
      {
        command: 'iptables -t nat -L KUBE-SVC-TCOU7JCQXEZGVUNU -n',
        printed:
          'KUBE-SEP-43APF7RZ6NYHDOWA  all ... /* -> 10.0.1.181:53 */ statistic mode random probability 0.50000000000\nKUBE-SEP-5PFK5H2IGDZ73DVD  all ... /* -> 10.0.3.231:53 */',
        model: grep(chain, 'KUBE-SEP'),
        reason:
          'the printed names are hashes of 10.212.142.181:53 and 10.212.143.231:53: the addresses were altered after the fact, the names were not',
      },
    ],
  };
}

async function clusterIp(lab: Lab): Promise<ObservedExperiment> {
  const curl = await lab.ask(POD_A, 'http://echo-clusterip.packetlab.svc.cluster.local');
  const chain = lab.list(NODE, 'nat', 'KUBE-SVC-B23I5IPCVQPNADR7');
  const { entries } = lab.converse(toClusterIp(lab), NODE, '10.0.3.193:8080');
  const entry = entries.find((each) => each.original.dst === '172.20.122.189');
  return {
    title: '5  ClusterIP',
    observations: [
      {
        command: 'curl -s http://echo-clusterip.packetlab.svc.cluster.local',
        printed: 'client_address=10.0.1.51',
        model: `client_address=${seen(curl)}`,
      },
      {
        command: 'iptables -t nat -L KUBE-SVC-B23I5IPCVQPNADR7 -n',
        printed:
          'KUBE-SEP-MNWX5K5OIII64PTW  all ... /* -> 10.0.2.127:8080 */ statistic mode random probability 0.50000000000\nKUBE-SEP-XAUWYAMA2TYGF5RO  all ... /* -> 10.0.3.193:8080 */',
        model: grep(chain, 'KUBE-SEP'),
        reason: 'the printed names are hashes of 10.212.136.127:8080 and 10.212.143.193:8080',
      },
      {
        command: 'conntrack -L | grep 172.20.122.189',
        printed:
          'tcp 6 60 TIME_WAIT src=10.0.1.51 dst=172.20.122.189 sport=59432 dport=80 src=10.0.3.193 dst=10.0.1.51 sport=8080 dport=59432 [ASSURED] mark=0',
        model: entry === undefined ? 'no entry' : showConntrack(entry).replace(/\s+/g, ' '),
        reason: 'the printed entry was 60 s old; the model prints a fresh one',
      },
    ],
  };
}

const toClusterIp = (lab: Lab): Parameters<Lab['converse']>[0] => {
  const service = lab.world.directory.services.find((each) => each.name === 'echo-clusterip');
  const [dst] = service?.clusterIPs ?? [];
  if (dst === undefined) throw new Error('The example has no Service echo-clusterip');
  return { from: lab.netns(POD_A).id, dst, dport: 80, sport: 59432, protocol: 'tcp' };
};

async function nodePort(lab: Lab): Promise<ObservedExperiment> {
  const local = await lab.ask(NODE, '127.0.0.1:32385');
  const remote = await lab.ask(OTHER_NODE, `${NODE}:32385`);
  return {
    title: '6  NodePort',
    observations: [
      {
        command: 'iptables -t nat -L KUBE-POSTROUTING -n',
        printed:
          'RETURN  all ... mark match ! 0x4000/0x4000\nMARK  all ... MARK xor 0x4000\nMASQUERADE  all ... /* kubernetes service traffic requiring SNAT */ random-fully',
        model: lab.list(NODE, 'nat', 'KUBE-POSTROUTING').trim().split('\n').slice(2).join('\n'),
      },
      {
        command: 'curl -s http://localhost:32385   (on ip-10-0-0-75)',
        printed: 'client_address=10.0.0.75',
        model: `client_address=${seen(local)}`,
      },
      {
        command: 'curl -s http://10.0.0.75:32385   (on ip-10-0-0-49)',
        printed: 'client_address=10.0.0.75',
        model: `client_address=${seen(remote)}`,
      },
    ],
  };
}

async function egress(lab: Lab): Promise<ObservedExperiment> {
  const out = await lab.ask(POD_A, 'https://checkip.amazonaws.com');
  return {
    title: '7  Pod egress',
    observations: [
      { command: 'curl -s https://checkip.amazonaws.com', printed: '44.218.31.211', model: seen(out) },
      {
        command: 'iptables -t mangle -L PREROUTING -n',
        printed:
          'CONNMARK  all ... /* AWS, primary ENI */ ADDRTYPE match dst-type LOCAL limit-in CONNMARK or 0x80\nCONNMARK  all ... /* AWS, primary ENI */ CONNMARK restore mask 0x80',
        model: grep(lab.list(NODE, 'mangle', 'PREROUTING'), 'CONNMARK'),
        reason: 'there are three rules: -L hides the interfaces, so the vlan+ twin of the second prints the same line',
      },
    ],
  };
}

function interfaces(lab: Lab): ObservedExperiment {
  const node = lab.netns(NODE);
  const short = (dev: string): string => {
    const link = node.links.find((each) => each.ifname === dev);
    return link === undefined
      ? `no ${dev}`
      : `${link.ifindex}: ${dev}${link.link_index === undefined ? '' : `@if${link.link_index}`}`;
  };
  return {
    title: '8  Every interface of the node',
    observations: [
      {
        command: 'ip link show',
        printed: '2: ens5, 165: ens6, 264: ens7, 4: eni36f7c958f87@if3, 336: eniaee705c1f69@if3',
        model: ['ens5', 'ens6', 'ens7', 'eni36f7c958f87', VETH].map(short).join(', '),
      },
    ],
  };
}
