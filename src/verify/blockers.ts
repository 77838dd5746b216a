import { type Blocker, isSuccess, type RoundTrip, type Step } from '../trace/index.ts';

/**
 * What stops the walks, and the change that would let a re-walk through. One blocker a place of death: round trips that
 * die at the same line are told once.
 */
export function blockersOf(trips: readonly RoundTrip[]): readonly Blocker[] {
  const blockers = new Map<string, Blocker>();
  for (const trip of trips) {
    if (isSuccess(trip.disposition) || trip.disposition === 'unknown' || trip.diedAt === null) continue;
    const trace = trip.diedAt.leg === 'forward' ? trip.forward : trip.reply;
    const hop = trace?.hops[trip.diedAt.hop];
    const step = hop?.steps[trip.diedAt.step];
    if (hop === undefined || step === undefined) continue;
    const message = describe(trip, step, `${hop.where.kind}/${hop.where.name}`);
    const { fix, setFlags } = adviceFor(trip, step);
    if (!blockers.has(message)) blockers.set(message, { at: trip.diedAt, message, fix, setFlags });
  }
  return [...blockers.values()];
}

function describe(trip: RoundTrip, step: Step, where: string): string {
  const { file, line } = step.evidence.artefact;
  const says = step.kind === 'drop' && step.action !== 'dropped' && step.action !== 'not sent';
  const bare = step.kind === 'rule' ? `rule "${step.evidence.text}"` : step.action;
  const why = step.because === '' || says ? bare : step.because;
  const leg = trip.diedAt?.leg === 'reply' ? ' (the reply)' : '';
  return `${trip.disposition}${leg} at ${where}: ${why} (${file}${line === undefined ? '' : `:${line}`})`;
}

interface Advice {
  readonly fix: string;
  readonly setFlags: readonly string[];
}

const advice = (fix: string, ...setFlags: string[]): Advice => ({ fix, setFlags });

/** Advice keyed on what killed the packet. Empty when we cannot prove a change would help. */
function adviceFor(trip: RoundTrip, step: Step): Advice {
  const text = step.evidence.text;
  if (/ did not resolve: NXDOMAIN/.test(step.action)) {
    return advice('no zone of the input has this name: check its spelling, or declare it with a Server or a DnsName');
  }
  const server = / did not resolve: no answer from name server (\S+)/.exec(step.action)?.[1];
  if (server !== undefined) return advice(`walk to the name server itself: trace FROM ${server}:53 --proto udp`);
  if (/has no endpoints/.test(text)) {
    return advice(
      'give the Service a ready endpoint: its selector matches no ready pod, or nothing fills its EndpointSlice',
    );
  }
  if (/has no local endpoints/.test(text)) {
    return advice('run an endpoint on this node, or use traffic policy Cluster', ...clusterPolicyFlags(text));
  }
  if (text.includes('sourceDestCheck')) return sourceCheckAdvice(trip);
  if (/is not routed on the internet/.test(step.because)) {
    return advice(
      "nobody owns this address, or the subnet's route table lacks a more specific route to where it lives",
    );
  }
  if (/has no public address/.test(step.because)) {
    return advice(
      'send it through a NAT gateway, give the address a public one, or let the node translate it',
      '--set AWS_VPC_K8S_CNI_EXTERNALSNAT=false',
    );
  }
  if (trip.disposition === 'reply-not-accepted') {
    return advice(
      'the reply must come back through the node that translated the request: masquerade the request there, or keep the backend on that node',
    );
  }
  if (trip.disposition === 'too-big')
    return advice('send smaller packets or lower the MTU at the sender', '--set AWS_VPC_ENI_MTU=1500');
  if (trip.disposition === 'refused') return advice('nothing listens there: check the port and that the process is up');
  if (/rp_filter/.test(`${step.action} ${step.because} ${text}`)) {
    return advice(
      'make the route back to this source leave by the device it came in by (its ip rule), or set rp_filter of that device to 2 (loose) where another way back is meant',
    );
  }
  if (/--ctstate INVALID -j DROP/.test(text)) {
    return advice(
      'leave this rule: forwarded untranslated, the packet would be answered with RST and end the connection; TCP sends again what was dropped',
    );
  }
  if (step.kind === 'policy') {
    return advice(
      `let it pass: iptables -P ${step.hook} ACCEPT when the node starts (EKS images do), or a rule of table ${step.table} that accepts it`,
    );
  }
  if (step.kind === 'rule') return advice(`change or remove the rule at ${step.evidence.artefact.file}`);
  return advice('');
}

/** An ENI sends only what it owns the source of: the route and the source were chosen apart, and one of them is wrong. */
function sourceCheckAdvice(trip: RoundTrip): Advice {
  const { forward, farEnd } = trip;
  if (trip.diedAt?.leg === 'reply') {
    return lacksNodePortMark(trip)
      ? advice(
          'let the CNI mark what arrives on the primary ENI, so that its replies leave there: node port support',
          '--set AWS_VPC_CNI_NODE_PORT_SUPPORT=true',
        )
      : advice('restore the ip rule or mark that sends the reply out of the ENI the request came in by');
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

/** `packetlab/echo-lb:http has no local endpoints` names the Service whose policy decides. */
function clusterPolicyFlags(text: string): string[] {
  const service = /--comment "([^":]+)(?::[^" ]*)? has no local endpoints"/.exec(text)?.[1];
  if (service === undefined) return [];
  const field = /KUBE-EXTERNAL-SERVICES/.test(text) ? 'externalTrafficPolicy' : 'internalTrafficPolicy';
  return [`--set svc/${service}:spec.${field}=Cluster`];
}
