import { createRng, type Rng } from '../../base/index.ts';
import type { Listener } from '../../fabric/index.ts';
import { familyOf, type Ip, ip, type Protocol } from '../../net/index.ts';
import type { HttpRequest, Probe } from '../../trace/index.ts';
import type { Directory, PodEntry, World } from '../../world/index.ts';
import { requestsTo } from './listener-requests.ts';

/** One walk of a proof: a probe, and its ends as `trace` takes them. */
export interface ProofCase {
  readonly from: string;
  readonly to: string;
  readonly probe: Probe;
}

/** The walks a proof makes of a World. */
export interface ProofCases {
  /** All there are: every sender to every destination. */
  readonly of: number;
  /** Those that are walked, in order. */
  readonly cases: readonly ProofCase[];
  /** Destinations no plain socket can send to. */
  readonly leftOut: readonly string[];
}

interface Sender {
  readonly name: string;
  readonly netns: string;
  readonly addresses: readonly Ip[];
}

interface Target {
  readonly name: string;
  readonly dst: Ip;
  readonly dport?: number;
  readonly protocol: Protocol;
  readonly http?: HttpRequest;
}

/** Who speaks to what of one kind and family: a sample draws the group first, so that many node ports hide nothing. */
interface Group {
  readonly senders: readonly Sender[];
  readonly targets: readonly Target[];
}

const ANYONE = { 4: ip('8.8.8.8'), 6: ip('2001:4860:4860::8888') } as const;
/** Somebody on the internet nobody declared, in either family. */
const CLIENTS: readonly Sender[] = ['203.0.113.7', '2001:db8:ffff::7'].map((address) => ({
  name: `internet/${address}`,
  netns: `internet/${address}`,
  addresses: [ip(address)],
}));
const KUBELET = 10_250;
const HTTP = 80;
const HTTPS = 443;

/**
 * Every pod, node and declared host to every port of every Service, every node port on every node, every pod and node, the
 * API server, declared hosts and somebody on the internet, each in the families it has addresses of; all of those and somebody on
 * the internet to every listener of every load balancer. Where these are more than `most`, so many of them, drawn by `seed`.
 */
export function proofCases(world: World, { most, seed }: { readonly most: number; readonly seed: number }): ProofCases {
  const targets = targetsOf(world);
  const groups = [
    ...groupsOf(
      sendersOf(world.directory),
      targets.map((kind) => kind.filter(isSendable)),
    ),
    ...groupsOf(CLIENTS, [listeners(world, 'outside')]),
  ];
  const of = groups.reduce((sum, group) => sum + sizeOf(group), 0);
  const cases = of <= most ? everyCase(groups) : someCases(groups, most, createRng(seed));
  return { of, cases, leftOut: targets.flatMap((kind) => kind.filter((target) => !isSendable(target)).map(labelOf)) };
}

function groupsOf(senders: readonly Sender[], kinds: readonly (readonly Target[])[]): readonly Group[] {
  const groups = kinds.flatMap((targets) =>
    ([4, 6] as const).map((family) => ({
      senders: senders.filter(({ addresses }) => addresses.some((address) => familyOf(address) === family)),
      targets: targets.filter(({ dst }) => familyOf(dst) === family),
    })),
  );
  return groups.filter((group) => sizeOf(group) > 0);
}

const sizeOf = ({ senders, targets }: Group): number => senders.length * targets.length;

/** A namespace sends once: hostNetwork pods are their node. */
function sendersOf({ pods, nodes, hosts }: Directory): readonly Sender[] {
  const running = pods.filter(({ addresses, hostNetwork }) => !hostNetwork && addresses.length > 0);
  return [
    ...running.map((pod) => ({ ...pod, name: podName(pod) })),
    ...nodes.map((node) => ({ ...node, name: `node/${node.name}` })),
    ...hosts.map((host) => ({ ...host, name: `host/${host.name}` })),
  ];
}

/** Each destination once, in the first kind that has it. */
function targetsOf(world: World): readonly (readonly Target[])[] {
  const { directory } = world;
  const seen = new Set<string>();
  const isNew = (target: Target): boolean => !seen.has(labelOf(target)) && seen.add(labelOf(target)) !== undefined;
  return [
    servicePorts(directory),
    listeners(world, 'inside'),
    nodePorts(directory),
    podEnds(directory),
    nodeEnds(directory),
    outside(world),
  ].map((targets) => targets.filter(isNew));
}

/** Listeners of load balancers, at the addresses their nodes have in the VPC and at those the internet knows. */
function listeners({ fabric }: World, side: 'inside' | 'outside'): Target[] {
  const enis = new Map(fabric.enis.map((eni) => [eni.id, eni]));
  return fabric.loadBalancers.flatMap(({ zones, listeners: heard }) =>
    zones.flatMap(({ eni: id }) => {
      const { addresses = [], publicAddresses = new Map<Ip, Ip>() } = enis.get(id) ?? {};
      const called = addresses.filter((address) => side === 'inside' || familyOf(address) === 6);
      return [...called, ...publicAddresses.values()].flatMap((dst) =>
        heard.flatMap((listener) => [
          ...spoken(listener.protocol).map((l4) => ({ ...atListener(dst, listener), protocol: l4 })),
          ...requestsTo(listener).map((http) => ({ ...atListener(dst, listener), protocol: 'tcp' as const, http })),
        ]),
      );
    }),
  );
}

const atListener = (dst: Ip, { port }: Listener): Pick<Target, 'name' | 'dst' | 'dport'> => ({
  name: ended(dst, port),
  dst,
  dport: port,
});

const spoken = (protocol: Listener['protocol']): readonly ('tcp' | 'udp')[] =>
  protocol === 'UDP' ? ['udp'] : protocol === 'TCP_UDP' ? ['tcp', 'udp'] : ['tcp'];

function servicePorts({ services }: Directory): Target[] {
  return services.flatMap(({ clusterIPs, externalIPs, loadBalancerIPs, ports }) =>
    [...clusterIPs, ...externalIPs, ...loadBalancerIPs].flatMap((dst) =>
      ports.map(({ port, protocol }) => ({ name: ended(dst, port), dst, dport: port, protocol })),
    ),
  );
}

function nodePorts({ services, nodes }: Directory): Target[] {
  const ports = services.flatMap((service) => service.ports.filter(({ nodePort }) => nodePort !== undefined));
  return nodes.flatMap(({ addresses }) =>
    addresses.flatMap((dst) =>
      ports.map(({ nodePort = 0, protocol }) => ({ name: ended(dst, nodePort), dst, dport: nodePort, protocol })),
    ),
  );
}

function podEnds({ pods }: Directory): Target[] {
  const running = pods.filter(({ hostNetwork }) => !hostNetwork);
  return running.flatMap((pod) =>
    pod.addresses.flatMap((dst) => [
      ...portsOf(pod).map(({ port, protocol }) => ({ name: ended(dst, port), dst, dport: port, protocol })),
      echo(dst),
    ]),
  );
}

/** A pod that says nothing of its ports is asked at one where nobody listens. */
const portsOf = ({ ports }: PodEntry): readonly { readonly port: number; readonly protocol: Protocol }[] =>
  ports.length > 0 ? ports : [{ port: HTTP, protocol: 'tcp' }];

const nodeEnds = ({ nodes }: Directory): Target[] =>
  nodes.flatMap(({ addresses }) => addresses.flatMap((dst) => [tcp(dst, KUBELET), echo(dst)]));

function outside({ directory, netns }: World): Target[] {
  const families = new Set(directory.pods.flatMap(({ addresses }) => addresses.map(familyOf)));
  const known = directory.hosts.flatMap(({ addresses, netns: id }) => {
    const listening = netns.get(id)?.sockets ?? [];
    const port = listening.find(({ protocol }) => protocol === 'tcp')?.port ?? HTTP;
    return addresses.flatMap((dst) => [tcp(dst, port), echo(dst)]);
  });
  const anyone = [...families].flatMap((family) => {
    const dst = ANYONE[family];
    return [tcp(dst, HTTPS), { name: ended(dst, 53), dst, dport: 53, protocol: 'udp' as const }, echo(dst)];
  });
  return [...directory.apiserver.map((dst) => tcp(dst, HTTPS)), ...known, ...anyone];
}

const tcp = (dst: Ip, dport: number): Target => ({ name: ended(dst, dport), dst, dport, protocol: 'tcp' });

const echo = (dst: Ip): Target => ({
  name: dst,
  dst,
  protocol: familyOf(dst) === 4 ? 'icmp' : 'ipv6-icmp',
});

const ended = (address: Ip, port: number): string =>
  familyOf(address) === 4 ? `${address}:${port}` : `[${address}]:${port}`;

const podName = ({ namespace, name }: PodEntry): string => `pod/${namespace}/${name}`;

/** What the kernel's own sockets send as programs do. */
const isSendable = ({ protocol }: Target): boolean => ['tcp', 'udp', 'icmp', 'ipv6-icmp'].includes(String(protocol));

const labelOf = ({ name, protocol, http }: Target): string =>
  `${name} ${protocol}${http === undefined ? '' : ` ${http.method} ${http.scheme}://${http.host}${http.path}?${http.query} ${JSON.stringify(http.headers)}`}`;

const caseOf = ({ name, netns }: Sender, { name: to, ...what }: Target): ProofCase => ({
  from: name,
  to,
  probe: { from: netns, ...what },
});

const everyCase = (groups: readonly Group[]): readonly ProofCase[] =>
  groups.flatMap(({ senders, targets }) =>
    senders.flatMap((sender) => targets.map((target) => caseOf(sender, target))),
  );

/** Different walks, as many as asked for, fewer than there are; a small group is soon taken whole. */
function someCases(groups: readonly Group[], most: number, rng: Rng): readonly ProofCase[] {
  const taken = new Set<string>();
  const cases: ProofCase[] = [];
  const left = new Map(groups.map((group) => [group, sizeOf(group)]));
  while (cases.length < most) {
    const group = rng.pick([...left.keys()]);
    const [sender, target] = [rng.pick(group.senders), rng.pick(group.targets)];
    const key = `${sender.name} ${labelOf(target)}`;
    if (taken.has(key)) continue;
    taken.add(key);
    cases.push(caseOf(sender, target));
    const more = (left.get(group) ?? 0) - 1;
    if (more > 0) left.set(group, more);
    else left.delete(group);
  }
  return cases;
}
