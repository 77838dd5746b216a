import type { NetnsId } from '../../linux/index.ts';
import { showAddresses, showConntrack, showRoutes } from '../../linux/index.ts';
import { fraction } from '../../render/index.ts';
import { walkSim } from '../../sim/index.ts';
import type { TraceResult } from '../../trace/index.ts';
import type { Lab } from './lab.ts';
import { NODE, OTHER_NODE, POD_A } from './places.ts';
import { seen, ttl } from './results.ts';

/** A row of the article's closing table "What we verified". */
export interface VerifiedRow {
  readonly what: string;
  readonly experiment: number;
  readonly printed: string;
  readonly computed: string;
  /** `yes`: computed as printed. `differs`: computed, and the print is wrong or a figure no model has. */
  readonly holds: 'yes' | 'no' | 'no clock' | 'as observed';
}

const yes = (condition: boolean): 'yes' | 'no' => (condition ? 'yes' : 'no');

export async function verified(lab: Lab): Promise<VerifiedRow[]> {
  const pod = lab.netns(POD_A);
  const node = lab.netns(NODE);
  const address = /inet (10\.\S+)/.exec(showAddresses(pod.links, pod.addresses))?.[1] ?? 'none';
  const gateway = pod.routes.find((route) => route.dst.prefix === 0 && route.gateway !== undefined)?.gateway ?? 'none';
  const arp = pod.neighbours.find((each) => each.dst === gateway);
  const veth = node.links.find((link) => link.ifname === 'eniaee705c1f69');
  const to = node.rules.find((rule) => rule.dst?.text === '10.0.1.51/32');
  const from = node.rules.find((rule) => rule.src?.text === '10.0.1.51/32');
  const table = (rule: typeof to): string =>
    rule?.action.kind === 'lookup' ? (rule.action.table === 254 ? 'main' : `table ${rule.action.table}`) : 'none';
  const table2 = showRoutes(node.routes, '2').trim().split('\n');
  const own = await lab.ask(POD_A, '10.0.0.75', 'icmp');
  const across = await lab.ask(POD_A, '10.0.2.29', 'icmp');
  const clusterIp = await lab.ask(POD_A, 'svc/packetlab/echo-clusterip:80', 'tcp', 59432);
  const local = await lab.ask(NODE, '127.0.0.1:32385');
  const remote = await lab.ask(OTHER_NODE, `${NODE}:32385`);
  const out = await lab.ask(POD_A, 'https://checkip.amazonaws.com');
  const marks = lab
    .list(NODE, 'mangle', 'PREROUTING')
    .split('\n')
    .filter((line) => line.includes('CONNMARK or 0x80'));
  const cards = node.links.filter((link) => /^ens\d/.test(link.ifname)).map((link) => link.ifname);
  const row = (
    what: string,
    experiment: number,
    printed: string,
    computed: string,
    holds: VerifiedRow['holds'],
  ): VerifiedRow => ({ what, experiment, printed, computed, holds });
  return [
    row('/32 mask on pod eth0', 1, '10.0.1.51/32', address, yes(address === '10.0.1.51/32')),
    row(
      'Fake gateway 169.254.1.1',
      1,
      'default route via 169.254.1.1',
      `default via ${gateway}`,
      yes(gateway === '169.254.1.1'),
    ),
    row(
      'Static ARP entry',
      1,
      '5a:f3:56:0b:86:d4 PERM',
      `${arp?.lladdr} ${arp?.state === 'PERMANENT' ? 'PERM' : arp?.state}`,
      yes(arp?.lladdr === '5a:f3:56:0b:86:d4' && arp.state === 'PERMANENT'),
    ),
    row(
      'ARP MAC = host-side veth',
      2,
      'both show 5a:f3:56:0b:86:d4',
      `veth ${veth?.address}`,
      yes(arp?.lladdr === veth?.address),
    ),
    row(
      'Policy routing (ip rule)',
      2,
      'to pod -> main, from pod -> table 2',
      `to pod -> ${table(to)}, from pod -> ${table(from)}`,
      yes(table(to) === 'main' && table(from) === 'table 2'),
    ),
    row(
      'Secondary table only has default gw',
      2,
      'table 2: just default via ... dev ens6',
      table2.join(' + '),
      yes(table2.length === 2 && (table2[0] ?? '').startsWith('default via 10.0.0.1 dev ens6')),
    ),
    row('Same-node: sub-ms', 3, '0.05ms', `${ttl(own)}: one kernel, no ENI crossed`, 'no clock'),
    row(
      'Cross-node: ~0.4ms',
      3,
      '0.4-1.7ms via VPC fabric',
      `${ttl(across)}: two kernels forward, the fabric takes no hop`,
      'no clock',
    ),
    row(
      'DNS through ClusterIP',
      4,
      '172.20.0.10 -> DNAT to CoreDNS pods',
      dnsBackends(lab),
      yes(/10\.0\.1\.181:53.*10\.0\.3\.231:53/.test(dnsBackends(lab))),
    ),
    row('ClusterIP: round-robin', 4, 'statistic mode random probability 0.5', odds(clusterIp), 'as observed'),
    row(
      'ClusterIP: no SNAT',
      5,
      'echoserver sees real pod IP',
      `sees ${seen(clusterIp)}`,
      yes(seen(clusterIp) === '10.0.1.51'),
    ),
    row(
      'Conntrack tracks NAT',
      5,
      'bidirectional mapping visible',
      conntrack(lab),
      yes(/dst=172\.20\.122\.189.*src=10\.0\.3\.193/.test(conntrack(lab))),
    ),
    row(
      'NodePort: SNAT masks client',
      6,
      'echoserver sees node IP',
      `sees ${seen(remote)}`,
      yes(seen(remote) === '10.0.0.75'),
    ),
    row(
      'NodePort: SNAT even on localhost',
      6,
      'localhost curl still shows node IP',
      `sees ${seen(local)}`,
      yes(seen(local) === '10.0.0.75'),
    ),
    row(
      'NodePort: cross-node SNAT',
      6,
      'remote curl shows receiving node IP',
      `sees ${seen(remote)}`,
      yes(seen(remote) === '10.0.0.75'),
    ),
    row(
      'Pod egress works',
      7,
      'checkip returns public IP',
      `checkip sees ${seen(out)}`,
      yes(seen(out) === '44.218.31.211'),
    ),
    row(
      'VPC CNI mangle marks',
      7,
      'CONNMARK 0x80 for primary ENI',
      `${marks.length} rule: CONNMARK or 0x80, dst-type LOCAL limit-in`,
      yes(marks.length === 1),
    ),
    row(
      'Multiple ENIs per node',
      8,
      'ens5, ens6, ens7',
      cards.join(', '),
      yes(cards.join(', ') === 'ens5, ens6, ens7'),
    ),
  ];
}

function dnsBackends(lab: Lab): string {
  const [dst] = lab.world.fabric.dns.clusterDns;
  if (dst === undefined) return 'no cluster DNS';
  const probe = { from: POD_A as NetnsId, dst, dport: 53, protocol: 'udp' } as const; // the example's own name
  const trips = walkSim(lab.world, probe, { choice: { kind: 'all' }, detail: 'verdict-only' });
  return `${dst} -> ${trips.map((trip) => `${trip.farEnd.address} (${fraction(trip.probability)})`).join(', ')}`;
}

const odds = (result: TraceResult): string =>
  `${result.roundTrips.map((trip) => fraction(trip.probability)).join(' and ')}: drawn at random for each connection`;

function conntrack(lab: Lab): string {
  const service = lab.world.directory.services.find((each) => each.name === 'echo-clusterip');
  const [dst] = service?.clusterIPs ?? [];
  if (dst === undefined) return 'no Service';
  const { entries } = lab.converse(
    { from: POD_A, dst, dport: 80, sport: 59432, protocol: 'tcp' },
    NODE,
    '10.0.3.193:8080',
  );
  const entry = entries.find((each) => each.original.dst === dst);
  return entry === undefined
    ? 'no entry'
    : showConntrack(entry)
        .replace(/\s+/g, ' ')
        .replace(/^.*?(src=)/, '$1')
        .replace(/ \[ASSURED\].*$/, '');
}
