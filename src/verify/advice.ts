import type { RoundTrip, Step } from '../trace/index.ts';
import { type Advice, advice } from './say.ts';
import { sourceCheckAdvice } from './source-check-advice.ts';

type Adviser = (trip: RoundTrip, step: Step) => Advice | undefined;

/** Advice keyed on what killed the packet: the first who knows. Empty when we cannot prove a change would help. */
export function adviceFor(trip: RoundTrip, step: Step): Advice {
  for (const adviser of [onNames, onServiceRules, onFabric, onHosts]) {
    const found = adviser(trip, step);
    if (found !== undefined) return found;
  }
  return advice('');
}

const onNames: Adviser = (_, { action }) => {
  if (/ did not resolve: NXDOMAIN/.test(action)) {
    return advice('no zone of the input has this name: check its spelling, or declare it with a Server or a DnsName');
  }
  const server = / did not resolve: no answer from name server (\S+)/.exec(action)?.[1];
  return server === undefined
    ? undefined
    : advice(`walk to the name server itself: trace FROM ${server}:53 --proto udp`);
};

const onServiceRules: Adviser = (trip, { evidence: { text } }) => {
  if (/has no endpoints/.test(text)) {
    return advice(
      'give the Service a ready endpoint: its selector matches no ready pod, or nothing fills its EndpointSlice',
    );
  }
  if (/has no local endpoints/.test(text)) {
    return advice('run an endpoint on this node, or use traffic policy Cluster', ...clusterPolicyFlags(text));
  }
  if (/traffic not accepted by KUBE-FW-/.test(text)) {
    return advice(
      `add the caller (${trip.farEnd.sees.ip}) to the Service's loadBalancerSourceRanges, or call the cluster IP: the ranges guard load balancer addresses only`,
    );
  }
  if (/--ctstate INVALID -j DROP/.test(text)) {
    return advice(
      'leave this rule: forwarded untranslated, the packet would be answered with RST and end the connection; TCP sends again what was dropped',
    );
  }
  return undefined;
};

const onFabric: Adviser = (trip, step) => {
  if (step.evidence.text.includes('sourceDestCheck')) return sourceCheckAdvice(trip);
  const stale = staleEntry(trip);
  if (stale !== undefined && /: nobody answers for it|^no ENI in/.test(step.because)) {
    return advice(
      `an old connection entry decides, not the rules: every retry from the same port renews it. Delete it (conntrack -D -p ${stale.before.protocol} --orig-dst ${stale.before.dst}), or use a new source port`,
    );
  }
  if (trip.disposition === 'loop' && /^the route tables send/.test(step.because)) {
    return advice(
      'let the route lead somewhere else: a NAT gateway must stand in a subnet whose own default route goes to an internet gateway',
    );
  }
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
  return undefined;
};

const onHosts: Adviser = (trip, step) => {
  if (trip.disposition === 'reply-not-accepted') {
    return advice(
      'the reply must come back through the node that translated the request: masquerade the request there, or keep the backend on that node',
    );
  }
  if (trip.disposition === 'too-big') {
    return advice('send smaller packets: TCP learns the size from the other end, a datagram with DF has to be told');
  }
  if (/(?:^|\/)ss$/.test(step.evidence.artefact.file) && trip.disposition === 'refused') {
    return advice('nothing listens there: check the port and that the process is up');
  }
  if (/rp_filter/.test(`${step.action} ${step.because} ${step.evidence.text}`)) {
    return advice(
      'make the route back to this source leave by the device it came in by (its ip rule), or set rp_filter of that device to 2 (loose) where another way back is meant',
    );
  }
  if (step.kind === 'policy') {
    return advice(
      `let it pass: iptables -P ${step.hook} ACCEPT when the node starts (EKS images do), or a rule of table ${step.table} that accepts it`,
    );
  }
  return step.kind === 'rule' || step.evidence.artefact.rule !== undefined
    ? advice(`change or remove the rule at ${step.evidence.artefact.file}`)
    : undefined;
};

/** A destination rewritten by an entry that was there before: no rule was asked. */
const staleEntry = ({ forward }: RoundTrip): Step | undefined =>
  forward.hops
    .flatMap(({ steps }) => steps)
    .find(
      (step) =>
        step.kind === 'nat' &&
        step.manip === 'dst' &&
        !step.reply &&
        step.evidence.artefact.file.endsWith('/conntrack'),
    );

/** `packetlab/echo-lb:http has no local endpoints` names the Service whose policy decides. */
function clusterPolicyFlags(text: string): string[] {
  const service = /--comment "([^":]+)(?::[^" ]*)? has no local endpoints"/.exec(text)?.[1];
  if (service === undefined) return [];
  const field = /KUBE-EXTERNAL-SERVICES/.test(text) ? 'externalTrafficPolicy' : 'internalTrafficPolicy';
  return [`--set svc/${service}:spec.${field}=Cluster`];
}
