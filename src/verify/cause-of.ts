import type { Ip } from '../net/index.ts';
import {
  type Cause,
  type CircleCause,
  circleOf,
  decisiveTrip,
  type Headers,
  isSuccess,
  type Place,
  type RoundTrip,
  type Step,
  type Trace,
} from '../trace/index.ts';
import type { Directory } from '../world/index.ts';
import { nodePortCause } from './node-port-cause.ts';
import { ruleCause, withoutServer } from './rule-cause.ts';
import { staleEntry } from './stale-entry.ts';
import { stoppedAt } from './stopped-container.ts';

/** A step where a walk died, and why. */
export interface Death {
  readonly trip: RoundTrip;
  readonly step: Step;
  /** `node/ip-10-0-0-75.ec2.internal` */
  readonly where: string;
  readonly cause: Cause;
}

/** Where a round trip died, and why; undefined for one that did not, or whose end the model cannot tell. */
export function deathOf(whole: RoundTrip, directory: Directory): Death | undefined {
  const trip = decisiveTrip(whole);
  const { diedAt, disposition } = trip;
  if (isSuccess(disposition) || disposition === 'unknown' || diedAt === null) return undefined;
  const hop = (diedAt.leg === 'forward' ? trip.forward : trip.reply)?.hops[diedAt.hop];
  const step = hop?.steps[diedAt.step];
  if (hop === undefined || step === undefined) return undefined;
  return {
    trip: whole,
    step,
    where: `${hop.where.kind}/${hop.where.name}`,
    cause: atPort(hop.where, step, causeOf(trip, step, directory), directory),
  };
}

/** A closed port of a container that does not run, or of a node that some Service has for its node port: this address of the node does not answer node ports. */
function atPort(place: Place, { before }: Step, cause: Cause, directory: Directory): Cause {
  if (cause.kind !== 'closed-port') return cause;
  const stopped = stoppedAt(place, `${cause.protocol}/${cause.port}`, directory);
  if (stopped !== undefined) return { ...cause, stopped };
  if (place.kind !== 'node') return cause;
  const service = directory.services.find(({ ports }) =>
    ports.some(({ nodePort, protocol }) => nodePort === cause.port && protocol === cause.protocol),
  );
  if (service === undefined) return cause;
  return {
    kind: 'no-node-port',
    service: `${service.namespace}/${service.name}`,
    port: cause.port,
    address: before.dst,
  };
}

function causeOf(trip: RoundTrip, step: Step, directory: Directory): Cause {
  if (trip.disposition === 'reply-not-accepted') return { kind: 'wrong-reply', ...balancedBy(trip) };
  switch (step.kind) {
    case 'rule':
      return step.verdict === 'drop' || step.verdict === 'reject'
        ? ruleCause(step, step.verdict, directory)
        : { kind: 'unsaid' };
    case 'policy':
      return { kind: 'policy', hook: step.hook, table: step.table, family: step.before.family };
    case 'drop':
      return dropCause(trip, step, directory);
    default:
      return { kind: 'unsaid' };
  }
}

/** What the data plane said, and the part of it that only the whole walk shows. */
function dropCause(trip: RoundTrip, step: Step & { readonly kind: 'drop' }, directory: Directory): Cause {
  const { cause } = step;
  if (cause?.kind === 'ttl' || (cause === undefined && step.disposition === 'ttl-exceeded'))
    return { kind: 'ttl', ...circledIn(trip, step, directory) };
  if (cause === undefined) return { kind: 'unsaid' };
  if (cause.kind === 'no-socket' && diesOnNode(trip)) return forgotten(step.before, directory) ?? cause;
  if (cause.kind === 'no-real-server') return withoutServer(directory, step.before) ?? cause;
  if (cause.kind === 'closed-port' && diesOnNode(trip)) return nodePortCause(directory, step.before) ?? cause;
  if (cause.kind === 'source-check') return sourceCheck(trip, cause.address, directory);
  if (cause.kind === 'private-destination' && trip.diedAt?.leg === 'forward' && startsOutside(trip.forward))
    return { ...cause, caller: 'internet' };
  if (cause.kind === 'network-acl' && isAnswer(trip, step)) return { ...cause, answers: true };
  if (cause.kind === 'martian' && trip.diedAt?.leg === 'forward') return { ...cause, ...balancedBy(trip) };
  if (cause.kind === 'network-policy') return { ...cause, ...serviceAt(cause.peer, directory) };
  if (cause.kind === 'mtu') return { ...cause, ...toldOf(trip) };
  return (cause.kind === 'unowned' ? staleEntry(trip) : undefined) ?? cause;
}

/** What the sender hears a packet may measure: behind NAT64 it is not the link's own figure. */
function toldOf({ reply }: RoundTrip): { readonly told?: number } {
  const told = reply?.disposition === 'delivered' ? reply.hops.at(-1)?.steps.at(-1)?.before.icmp?.mtu : undefined;
  return told === undefined ? {} : { told };
}

const serviceAt = (address: Ip, { services }: Directory): { readonly service?: string } => {
  const found = services.find(({ clusterIPs }) => clusterIPs.includes(address));
  return found === undefined ? {} : { service: `${found.namespace}/${found.name}` };
};

/** In IPVS mode a Service's address is the node's own, and what IPVS does not know stays there. */
function forgotten({ dst, dport, protocol }: Headers, { nodePorts, services }: Directory): Cause | undefined {
  if (nodePorts?.mode !== 'ipvs' || protocol !== 'tcp') return undefined;
  const serves = services.some(
    ({ clusterIPs, ports }) => clusterIPs.includes(dst) && ports.some(({ port }) => port === dport),
  );
  return serves ? { kind: 'ipvs-idle', address: dst } : undefined;
}

/** The circle a packet died in, and whether it is that of an address which no pod of its node has. */
function circledIn(trip: RoundTrip, { before }: Step, { pods }: Directory): { readonly circle?: CircleCause } {
  const hops = (trip.diedAt?.leg === 'forward' ? trip.forward : trip.reply)?.hops ?? [];
  const circle = circleOf(hops);
  if (circle === undefined) return {};
  const round = hops.slice(circle.from, circle.from + circle.length).map(({ where }) => where);
  const nodes = [...new Set(round.filter(({ kind }) => kind === 'node').map(({ name }) => name))];
  const [node] = nodes;
  const isHeld = pods.some(({ addresses }) => addresses.includes(before.dst));
  const isDelivered = hops.at(-2)?.steps.some((step) => step.kind === 'fabric' && step.what === 'delivery') === true;
  const gone = nodes.length === 1 && node !== undefined && isDelivered && !isHeld;
  const places = [...round, ...round.slice(0, 1)].map(({ kind, name }) => `${kind}/${name}`);
  return { circle: { places, address: before.dst, ...(gone ? { node: `node/${node}` } : {}) } };
}

/** A reply of a transport with ports: an ICMP error is one to nobody's port. */
const isAnswer = (trip: RoundTrip, { before }: Step): boolean =>
  trip.diedAt?.leg === 'reply' && before.dport !== undefined;

const diesOnNode = ({ forward, diedAt }: RoundTrip): boolean =>
  diedAt?.leg === 'forward' && forward.hops[diedAt.hop]?.where.kind === 'node';

/** The load balancer that sent the request on with the client's own address, where the reply did not come by it. */
function balancedBy({ forward, reply }: RoundTrip): { readonly balancedBy?: string } {
  const by = forward.hops.find(({ where, steps }) => where.kind === 'load-balancer' && steps.some(keepsSource));
  const returned = reply?.hops.some(({ where }) => where.kind === 'load-balancer') ?? false;
  return by === undefined || returned ? {} : { balancedBy: by.where.name };
}

const keepsSource = ({ kind, before, after }: Step): boolean =>
  kind === 'fabric' && before.dst !== after.dst && before.src === after.src;

const startsOutside = ({ hops }: Trace): boolean => hops[0]?.where.kind === 'internet';

/** An ENI sends only what it owns the source of: the route and the source were chosen apart, and one of them is wrong. */
function sourceCheck(
  trip: RoundTrip,
  address: Extract<Cause, { kind: 'source-check' }>['address'],
  directory: Directory,
): Cause {
  const { forward, farEnd, diedAt } = trip;
  const of = { kind: 'source-check', address } as const;
  if (diedAt?.leg === 'reply') return { ...of, story: 'reply' };
  if (passedThrough(forward)) {
    const dst = forward.hops.at(-1)?.steps.at(-1)?.before.dst;
    return { ...of, story: 'passed-through', ...(dst === undefined ? {} : { dst }) };
  }
  const translated = forward.hops.some(({ steps }) =>
    steps.some((step) => step.kind === 'nat' && step.manip === 'src' && !step.reply),
  );
  if (translated) return { ...of, story: 'translated' };
  const sender = forward.hops[0]?.where;
  const isOwn = sender?.kind === 'pod' && farEnd.sees.identity.name === `pod/${sender.name}`;
  if (isOwn && isSentBy(sender.name, forward, directory))
    return { ...of, story: routedByMark(forward) ? 'marked' : 'own' };
  return { ...of, story: isForOwnPod(forward, directory) ? 'own-pod' : 'forwarded' };
}

/** Sent out of the node the pod is on, or out of the pod itself: no other node got it before. */
function isSentBy(pod: string, { hops }: Trace, { pods }: Directory): boolean {
  const node = lastNode(hops);
  return node === undefined || pods.some((each) => each.node === node && `${each.namespace}/${each.name}` === pod);
}

const lastNode = (hops: Trace['hops']): string | undefined =>
  hops.findLast(({ where }) => where.kind === 'node')?.where.name;

/** Sent out of a node for a pod that is on it. */
function isForOwnPod({ hops }: Trace, { pods }: Directory): boolean {
  const dst = hops.at(-1)?.steps.at(-1)?.before.dst;
  const node = lastNode(hops);
  return dst !== undefined && pods.some((pod) => pod.node === node && pod.addresses.includes(dst));
}

/** Delivered to a node, and sent out of it again as it came: nothing there took the address. */
function passedThrough({ hops }: Trace): boolean {
  const nodes = hops.filter(({ where }) => where.kind === 'node');
  const last = nodes.at(-1);
  return (
    nodes.length > 1 &&
    last !== undefined &&
    last.steps.some((step) => step.kind === 'leave') &&
    !last.steps.some((step) => step.kind === 'nat')
  );
}

/** The last node translated the destination and then took a route that a mark names. */
function routedByMark({ hops }: Trace): boolean {
  const steps = hops.findLast(({ where }) => where.kind === 'node')?.steps ?? [];
  const translated = steps.some((step) => step.kind === 'nat' && step.manip === 'dst' && !step.reply);
  const rule = steps.findLast((step) => step.kind === 'ip-rule');
  return translated && rule !== undefined && /\bfwmark\b/.test(rule.evidence.text);
}
