import { fraction } from '../../base/index.ts';
import type { NetnsId } from '../../linux/index.ts';
import { showAddresses, showConntrack, showRoutes } from '../../linux/index.ts';
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
  /** `yes`: computed as printed. `no clock`: a time, which no model has. `as observed`: drawn at random. */
  readonly holds: 'yes' | 'no' | 'no clock' | 'as observed';
}

const row = (
  what: string,
  experiment: number,
  printed: string,
  computed: string,
  holds: VerifiedRow['holds'],
): VerifiedRow => ({ what, experiment, printed, computed, holds });

const yes = (condition: boolean): 'yes' | 'no' => (condition ? 'yes' : 'no');

export const verified = async (lab: Lab): Promise<VerifiedRow[]> => [
  ...podRows(lab),
  ...routingRows(lab),
  ...(await distanceRows(lab)),
  ...(await clusterIpRows(lab)),
  ...(await nodePortRows(lab)),
  ...(await outwardRows(lab)),
];

function podRows(lab: Lab): VerifiedRow[] {
  const pod = lab.netns(POD_A);
  const address = /inet (10\.\S+)/.exec(showAddresses(pod.links, pod.addresses))?.[1] ?? 'none';
  const gateway = pod.routes.find((route) => route.dst.prefix === 0 && route.gateway !== undefined)?.gateway ?? 'none';
  const arp = pod.neighbours.find((each) => each.dst === gateway);
  const veth = lab.netns(NODE).links.find((link) => link.ifname === 'eniaee705c1f69');
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
  ];
}

function routingRows(lab: Lab): VerifiedRow[] {
  const { rules, routes } = lab.netns(NODE);
  const table = (rule: (typeof rules)[number] | undefined): string =>
    rule?.action.kind === 'lookup' ? (rule.action.table === 254 ? 'main' : `table ${rule.action.table}`) : 'none';
  const to = table(rules.find((rule) => rule.dst?.text === '10.0.1.51/32'));
  const from = table(rules.find((rule) => rule.src?.text === '10.0.1.51/32'));
  const table2 = showRoutes(routes, '2').trim().split('\n');
  return [
    row(
      'Policy routing (ip rule)',
      2,
      'to pod -> main, from pod -> table 2',
      `to pod -> ${to}, from pod -> ${from}`,
      yes(to === 'main' && from === 'table 2'),
    ),
    row(
      'Secondary table only has default gw',
      2,
      'table 2: just default via ... dev ens6',
      table2.join(' + '),
      yes(table2.length === 2 && (table2[0] ?? '').startsWith('default via 10.0.0.1 dev ens6')),
    ),
  ];
}

async function distanceRows(lab: Lab): Promise<VerifiedRow[]> {
  const own = await lab.ask(POD_A, '10.0.0.75', 'icmp');
  const across = await lab.ask(POD_A, '10.0.2.29', 'icmp');
  return [
    row('Same-node: sub-ms', 3, '0.05ms', `${ttl(own)}: one kernel, no ENI crossed`, 'no clock'),
    row(
      'Cross-node: ~0.4ms',
      3,
      '0.4-1.7ms via VPC fabric',
      `${ttl(across)}: two kernels forward, the fabric takes no hop`,
      'no clock',
    ),
  ];
}

async function clusterIpRows(lab: Lab): Promise<VerifiedRow[]> {
  const clusterIp = await lab.ask(POD_A, 'svc/packetlab/echo-clusterip:80', 'tcp', 59432);
  const backends = dnsBackends(lab);
  const entry = conntrack(lab);
  return [
    row(
      'DNS through ClusterIP',
      4,
      '172.20.0.10 -> DNAT to CoreDNS pods',
      backends,
      yes(/10\.0\.1\.181:53.*10\.0\.3\.231:53/.test(backends)),
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
      entry,
      yes(/dst=172\.20\.122\.189.*src=10\.0\.3\.193/.test(entry)),
    ),
  ];
}

async function nodePortRows(lab: Lab): Promise<VerifiedRow[]> {
  const local = seen(await lab.ask(NODE, '127.0.0.1:32385'));
  const remote = seen(await lab.ask(OTHER_NODE, `${NODE}:32385`));
  const masked = (what: string, printed: string, saw: string): VerifiedRow =>
    row(`NodePort: ${what}`, 6, printed, `sees ${saw}`, yes(saw === '10.0.0.75'));
  return [
    masked('SNAT masks client', 'echoserver sees node IP', remote),
    masked('SNAT even on localhost', 'localhost curl still shows node IP', local),
    masked('cross-node SNAT', 'remote curl shows receiving node IP', remote),
  ];
}

async function outwardRows(lab: Lab): Promise<VerifiedRow[]> {
  const out = seen(await lab.ask(POD_A, 'https://checkip.amazonaws.com'));
  const prerouting = lab.list(NODE, 'mangle', 'PREROUTING').split('\n');
  const marks = prerouting.filter((line) => line.includes('CONNMARK or 0x80'));
  const links = lab.netns(NODE).links.map((link) => link.ifname);
  const cards = links.filter((name) => /^ens\d/.test(name)).join(', ');
  return [
    row('Pod egress works', 7, 'checkip returns public IP', `checkip sees ${out}`, yes(out === '44.218.31.211')),
    row(
      'VPC CNI mangle marks',
      7,
      'CONNMARK 0x80 for primary ENI',
      `${marks.length} rule: CONNMARK or 0x80, dst-type LOCAL limit-in`,
      yes(marks.length === 1),
    ),
    row('Multiple ENIs per node', 8, 'ens5, ens6, ens7', cards, yes(cards === 'ens5, ens6, ens7')),
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
