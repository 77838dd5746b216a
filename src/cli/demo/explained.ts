import type { Lab } from './lab.ts';
import { NODE, POD_A } from './places.ts';
import { seen, ttl } from './results.ts';

/** A place where the article observed right and explained wrong, with what the walk shows instead. */
export interface Correction {
  readonly claim: string;
  readonly truth: string;
  readonly evidence: string;
}

export async function corrections(lab: Lab): Promise<Correction[]> {
  const own = await lab.ask(POD_A, '10.0.0.75', 'icmp');
  const across = await lab.ask(POD_A, '10.0.2.29', 'icmp');
  const out = await lab.ask(POD_A, 'https://checkip.amazonaws.com');
  const nodePort = await lab.ask('node/ip-10-0-0-49.ec2.internal', `${NODE}:32385`);
  const translations =
    out.roundTrips[0]?.forward.hops.flatMap((hop) =>
      hop.steps.filter((step) => step.before.src !== step.after.src).map(() => `${hop.where.kind} ${hop.where.name}`),
    ) ?? [];
  const entered = nodePort.roundTrips[0]?.forward.hops.find((hop) => `node/${hop.where.name}` === NODE);
  const marked = entered?.steps.find((step) => step.evidence.text.includes('CONNMARK'));
  return [
    {
      claim: 'ttl=125 is three hops, one of them the VPC router (experiment 3)',
      truth:
        'the nodes start at 127: the own node answers with 127, so 125 is two decrements, one a forwarding kernel; the VPC router takes none',
      evidence: `own node ${ttl(own)}, across ${ttl(across)}, ${decrements(across)} TTL steps on the reply's way`,
    },
    {
      claim: 'ClusterIP is round-robin (section 7, closing table)',
      truth: 'every new connection draws anew: statistic mode random, p = 0.5 for the first of two',
      evidence: 'iptables -t nat -L KUBE-SVC-B23I5IPCVQPNADR7 -n',
    },
    {
      claim: 'two-stage SNAT: the CNI to the node address, then the gateway (experiment 7)',
      truth:
        'the lab ran with EXTERNALSNAT=true: the node translates nothing, the NAT gateway is the only SNAT before the internet gateway maps its address',
      evidence: `sources change at ${translations.join(', then ')}; the far end sees ${seen(out)}`,
    },
    {
      claim: 'the 0x80 CONNMARK rules prove the CNI translated the source (experiment 7)',
      truth:
        'they mark what enters the primary ENI for a local address, so that replies leave by it; they are there for NodePort, also with EXTERNALSNAT=true',
      evidence:
        marked === undefined ? 'show node/ip-10-0-0-75.ec2.internal iptables --table mangle' : marked.evidence.text,
    },
    {
      claim: 'the rule "from 10.0.3.42 lookup main" (section 4 diagram)',
      truth:
        'no such rule exists: pods on the primary ENI have one rule, "to POD lookup main", and their packets fall through to main',
      evidence: `show node/ip-10-0-0-75.ec2.internal rule: ${lab.netns(NODE).rules.filter((rule) => rule.src !== undefined && rule.action.kind === 'lookup' && rule.action.table === 254).length} rules "from ... lookup main"`,
    },
    {
      claim: "cross-node packets land on the far node's ENI-0, whatever ENI holds the pod (5d)",
      truth: 'the VPC delivers to the ENI that owns the address; only the way out is chosen by the node',
      evidence: `the reply to toolbox-a arrives on ${arrivalDevice(across)}, which holds 10.0.1.51`,
    },
    {
      claim: 'kube-proxy "marks the flow" and "iptables matches return traffic" (section 7)',
      truth:
        'conntrack remembers the flow by itself; no rule is read for replies, and the mark of a ClusterIP flow stays 0',
      evidence: 'conntrack prints mark=0; the reply has no rule steps in table nat',
    },
  ];
}

type Result = Awaited<ReturnType<Lab['ask']>>;

const decrements = (result: Result): number =>
  result.roundTrips[0]?.reply?.hops.flatMap((hop) => hop.steps.filter((step) => step.kind === 'ttl')).length ?? 0;

function arrivalDevice(result: Result): string {
  const hop = result.roundTrips[0]?.reply?.hops.find((each) => `node/${each.where.name}` === NODE);
  const enter = hop?.steps.find((step) => step.kind === 'enter');
  return enter?.kind === 'enter' ? enter.dev : 'no device';
}
