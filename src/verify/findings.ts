import { type Finding, isSuccess, type RoundTrip, type Step, type Trace } from '../trace/index.ts';
import { portsEach } from '../world/index.ts';
import { hairpin } from './hairpin-findings.ts';

/**
 * What a platform engineer should know about a walk even though it arrived. Each check reads round trips and nothing else;
 * a finding says what, why it hurts, and what to do.
 */
export function findingsOf(trips: readonly RoundTrip[]): readonly Finding[] {
  const found = new Map<string, Finding>();
  for (const check of [sharedIdentity, sharedPorts, hairpin, invalidForwarded, followUpDiffers]) {
    for (const finding of check(trips)) if (!found.has(finding.message)) found.set(finding.message, finding);
  }
  return [...found.values()];
}

const stepsOf = (trace: Trace | null): readonly Step[] => trace?.hops.flatMap((hop) => hop.steps) ?? [];

/**
 * The CNI's translation on the node: the far end cannot tell this sender from others. Masquerade by kube-proxy is another
 * story, and beyond an internet gateway no pod's own address could be seen.
 */
function sharedIdentity(trips: readonly RoundTrip[]): Finding[] {
  return trips
    .filter((trip) => trip.farEnd.reached && trip.farEnd.sees.sharedBy > 1 && trip.farEnd.sees.identity.kind === 'node')
    .filter((trip) => !stepsOf(trip.forward).some((step) => step.kind === 'fabric' && step.what === 'igw-nat'))
    .filter((trip) =>
      stepsOf(trip.forward).some(
        (step) => step.kind === 'nat' && step.manip === 'src' && step.evidence.by === 'vpc-cni',
      ),
    )
    .map(({ farEnd, forward }) => ({
      code: 'source-hidden',
      severity: 'info',
      message: `The far end sees ${farEnd.sees.ip}, shared by ${farEnd.sees.sharedBy} workloads: it cannot tell this pod from the others`,
      fix: `to show the pod, exclude ${destination(forward)} from node SNAT (AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS)`,
    }));
}

/** The block of the VPC route the packet took, where that is not the default route. */
function destination(forward: Trace): string {
  const route = stepsOf(forward).find((step) => step.kind === 'fabric' && step.what === 'subnet-route');
  const block = route?.kind === 'fabric' ? route.destination : undefined;
  return block === undefined || block.endsWith('/0') ? 'the destination' : block;
}

/** Below it one workload that keeps no connection open can use up what all of them have. */
const FEW_PORTS = 250;

/** Many behind one address of a NAT gateway have few ports each towards what they all talk to. */
function sharedPorts(trips: readonly RoundTrip[]): Finding[] {
  return trips.flatMap(({ farEnd }) => {
    const { identity, sharedBy } = farEnd.sees;
    const each = portsEach(farEnd.sees);
    if (!farEnd.reached || identity.kind !== 'nat-gateway' || each >= FEW_PORTS) return [];
    return [
      {
        code: 'nat-ports-shared',
        severity: 'info',
        message: `${sharedBy} workloads share the ports of NAT gateway ${identity.name} towards ${farEnd.address}: ${each} connections each; beyond that new ones get no answer (ErrorPortAllocation)`,
        fix: 'keep connections open, give the gateway more addresses (up to 8), or use a gateway for each zone',
      },
    ];
  });
}

function invalidForwarded(trips: readonly RoundTrip[]): Finding[] {
  return trips
    .filter((trip) => stepsOf(trip.forward).some((step) => step.kind === 'conntrack' && step.state === 'invalid'))
    .filter((trip) => trip.disposition !== 'dropped')
    .map((trip) => ({
      code: 'invalid-forwarded',
      severity: isSuccess(trip.disposition) ? 'warning' : 'error',
      message: 'conntrack calls the packet INVALID, so it is forwarded without translation',
      fix: 'drop ctstate INVALID in FORWARD (current kube-proxy does), or set net.netfilter.nf_conntrack_tcp_be_liberal=1',
    }));
}

/** nat rules, and the marks they set, are a flow's first packet's only: what carries it may lose the rest another way. */
function followUpDiffers(trips: readonly RoundTrip[]): Finding[] {
  return trips.flatMap(({ forward, followUp, diedAt }) => {
    if (followUp === undefined || diedAt?.leg === 'followUp' || wayOf(forward) === wayOf(followUp)) return [];
    return [
      {
        code: 'later-packets-differ',
        severity: 'warning',
        message: `Later packets of the connection take another way than the first: ${wayOf(followUp)}`,
        fix: 'restore the mark from the connection in mangle PREROUTING, so that every packet is routed like the first',
      },
    ];
  });
}

/** Places and the cards a packet left them by. */
function wayOf(trace: Trace): string {
  return trace.hops
    .map(({ where, steps }) => {
      const leave = steps.findLast((step) => step.kind === 'leave');
      return leave?.kind === 'leave' ? `${where.kind}/${where.name} by ${leave.dev}` : `${where.kind}/${where.name}`;
    })
    .join(' · ');
}
