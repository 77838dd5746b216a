import type { RoundTrip, Trace } from '../trace/index.ts';
import { type Advice, advice } from './say.ts';

/** An ENI sends only what it owns the source of: the route and the source were chosen apart, and one of them is wrong. */
export function sourceCheckAdvice(trip: RoundTrip): Advice {
  const { forward, farEnd } = trip;
  if (trip.diedAt?.leg === 'reply') {
    return lacksNodePortMark(trip)
      ? advice(
          'let the CNI mark what arrives on the primary ENI, so that its replies leave there: node port support',
          '--set AWS_VPC_CNI_NODE_PORT_SUPPORT=true',
        )
      : advice('restore the ip rule or mark that sends the reply out of the ENI the request came in by');
  }
  if (passedThrough(forward)) {
    return advice(
      `no pod of that node has ${trip.forward.hops.at(-1)?.steps.at(-1)?.before.dst ?? 'the address'} any more, though its ENI still does, so the packet was routed out again: let senders hear of a pod's end before it goes (preStop, deregistration delay)`,
    );
  }
  const translated = forward.hops.some(({ steps }) =>
    steps.some((step) => step.kind === 'nat' && step.manip === 'src' && !step.reply),
  );
  if (translated) {
    return advice(
      'the node translated the source and routed by the pod: exclude the destination from node SNAT, or restore the mark that sends what is translated out of the primary ENI',
    );
  }
  const sender = forward.hops[0]?.where;
  if (sender?.kind === 'pod' && farEnd.sees.identity.name === `pod/${sender.name}`) {
    return advice(
      `restore the ip rule that sends ${farEnd.sees.ip} out of the ENI that owns it (1536: from ${farEnd.sees.ip} lookup N): recreate the pod, and keep the OS from removing rules it did not write`,
    );
  }
  return advice('translate the source on the node that forwards it (masquerade), or keep the backend on that node');
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

/**
 * The request was translated on a node that did not mark its connection on the way in. VPC CNI's node port support is that
 * mark: the rule "AWS, primary ENI" of mangle PREROUTING (pkg/networkutils/network.go, updateHostIptablesRules).
 */
function lacksNodePortMark(trip: RoundTrip): boolean {
  const hop = trip.forward.hops.find(
    ({ where, steps }) =>
      where.kind === 'node' && steps.some((step) => step.kind === 'nat' && step.manip === 'dst' && !step.reply),
  );
  return hop !== undefined && !hop.steps.some((step) => /AWS, primary ENI.* CONNMARK --set/.test(step.evidence.text));
}
