import { didYouMean, type Issue, type SourceRef } from '../../base/index.ts';
import type { Cluster, LoadBalancerSpec, Service } from '../../cluster/index.ts';
import type { LoadBalancer, TargetGroup } from '../../fabric/index.ts';
import { keyOf } from '../labels.ts';
import { closedBy, DENY_IGW, deniesIgw } from '../load-balancers/deny-igw.ts';
import { discoverSubnets, isUndescribed, namedSubnets } from '../load-balancers/subnets.ts';
import type { Annotations } from './annotations.ts';
import type { IngressGroup, Member } from './groups.ts';
import { ingressGuard } from './ingress-guard.ts';
import { mergePorts } from './listen-ports.ts';
import { loadBalancerName } from './names.ts';
import { buildListener, IDLE_TIMEOUT } from './rules.ts';
import { TargetGroups } from './target-groups.ts';

export const BY = 'aws-load-balancer-controller';

export interface Alb {
  readonly loadBalancer: LoadBalancerSpec;
  readonly targetGroups: readonly TargetGroup[];
}

/** The load balancer of one group: what its members agree on, and a listener for each port (model_builder.go). */
export function buildAlb(cluster: Cluster, group: IngressGroup, issues: Issue[]): Alb | undefined {
  const { members } = group;
  const [first] = members;
  if (first === undefined) return undefined;
  const agree = agreement(members, issues);
  const scheme = agree('scheme', (each) => each.oneOf('scheme', ['internal', 'internet-facing'])) ?? 'internal';
  const ipAddressType = agree('ip-address-type', (each) => each.oneOf('ip-address-type', ADDRESS_TYPES)) ?? 'ipv4';
  const dualstack = ipAddressType !== 'ipv4';
  if (scheme === 'internal' && ipAddressType === WITHOUT_PUBLIC_IPV4) issues.push(onlyOutward(first));
  const attribute = (key: string): string | undefined =>
    agree(ATTRIBUTES, (each) => each.pairs(ATTRIBUTES).get(key), key);
  const name = agree('load-balancer-name', (each) => each.text('load-balancer-name'));
  const targetGroups = new TargetGroups(cluster, issues, dualstack);
  const services: ReadonlyMap<string, Service> = new Map(cluster.services.map((each) => [keyOf(each), each]));
  const conflict = (what: string, one: Member, other: Member, key = ''): void =>
    void issues.push(conflicting(what, one, other, key));
  const ports = mergePorts(members, conflict);
  const input = {
    on: { services, targetGroups },
    idleTimeout: Number(attribute('idle_timeout.timeout_seconds') ?? IDLE_TIMEOUT),
    sslRedirect: sslRedirect(agree, ports, first, issues),
    conflict,
  };
  const listeners = ports.map((port) => buildListener(port, input));
  const guarded = ingressGuard(cluster, group, {
    ports,
    dualstack,
    named: agree('security-groups', (each) => each.text('security-groups'))?.split(/\s*,\s*/) ?? [],
    manages: agree(MANAGES, (each) => each.text(MANAGES) && String(each.flag(MANAGES))) === 'true',
    targetGroups: targetGroups.all,
    conflict,
  });
  const [dnsName] = members.flatMap(({ ingress }) => ingress.status.hostnames);
  const loadBalancer: LoadBalancerSpec = {
    id: name ?? nameIn(dnsName) ?? loadBalancerName(cluster.name, group, scheme),
    type: 'application',
    scheme,
    vpc: cluster.network.clusterVpc,
    ...(dnsName === undefined ? {} : { dnsName }),
    ipAddressType,
    ...deniesIgw(attribute(DENY_IGW), dualstack, (what) =>
      first.annotations.complain(ATTRIBUTES, first.annotations.text(ATTRIBUTES) ?? '', what),
    ),
    ...closedBy(closerIn(members)),
    subnets: subnetsOf(cluster, agree, first, { scheme, dualstack }, issues),
    ...guarded,
    crossZone: true,
    listeners,
    xForwardedFor: xffMode(attribute('routing.http.xff_header_processing.mode'), first.annotations),
    ...xffClientPort(attribute(XFF_CLIENT_PORT), first.annotations),
    madeFor: members.map(({ key }) => key),
    by: BY,
    source: first.ingress.source,
  };
  return { loadBalancer, targetGroups: targetGroups.all };
}

const ATTRIBUTES = 'load-balancer-attributes';
const MANAGES = 'manage-backend-security-group-rules';
const WITHOUT_PUBLIC_IPV4 = 'dualstack-without-public-ipv4';
const ADDRESS_TYPES = ['ipv4', 'dualstack', WITHOUT_PUBLIC_IPV4] as const;

/** Where the first member that says so, or that says a scheme, does. */
function closerIn(members: readonly Member[]): SourceRef | undefined {
  const closer = members.find(({ annotations }) => annotations.text(ATTRIBUTES)?.includes(`${DENY_IGW}=`));
  if (closer !== undefined) return closer.annotations.place(ATTRIBUTES);
  return members.find(({ annotations }) => annotations.text('scheme') !== undefined)?.annotations.place('scheme');
}

/** AWS has no internal load balancer of that type ("Introducing dual-stack without public IPv4 Application Load Balancer"). */
const onlyOutward = ({ key, annotations }: Member): Issue => ({
  code: 'load-balancer-family',
  severity: 'error',
  at: annotations.place('ip-address-type'),
  message: `The internal load balancer of Ingress "${key}" is to be ${WITHOUT_PUBLIC_IPV4}, which AWS refuses`,
  expected: 'expected scheme: internet-facing beside it, or ip-address-type: dualstack',
});

/** No refusal: the input does not tell enough of the VPC to say what the controller finds. */
export const UNSEEN_SUBNETS = 'subnets-not-described';
/** ELBv2 wants two zones of an application load balancer (ALB guide, subnets). */
const MIN_ZONES = 2;

/** Those an annotation names, else those found by tag or route. */
function subnetsOf(
  cluster: Cluster,
  agree: Agree,
  { key, ingress, annotations }: Member,
  asked: { readonly scheme: LoadBalancer['scheme']; readonly dualstack: boolean },
  issues: Issue[],
): LoadBalancerSpec['subnets'] {
  const names = agree('subnets', (each) => each.list('subnets').toSorted().join(',') || undefined);
  const at = names === undefined ? ingress.source : annotations.place('subnets');
  const code = isUndescribed(cluster) ? UNSEEN_SUBNETS : 'load-balancer-subnets';
  const found =
    names === undefined
      ? discoverSubnets(cluster, asked)
      : namedSubnets(cluster, names.split(','), (problem) =>
          issues.push({ code, severity: 'error', rests: ['network'], at, ...problem }),
        );
  if (found !== undefined && found.length < MIN_ZONES) {
    const told = isUndescribed(cluster) ? unseen(key) : tooFew(key, asked.scheme, found.length);
    issues.push({ severity: 'error', rests: ['network'], at, ...told });
  }
  return (found ?? []).map(({ id }) => ({ id }));
}

const tooFew = (key: string, scheme: string, zones: number): Pick<Issue, 'code' | 'message' | 'expected'> => ({
  code: 'load-balancer-subnets',
  message: `The ${scheme} load balancer of Ingress "${key}" finds subnets in ${zones} ${zones === 1 ? 'zone' : 'zones'}`,
  expected: `expected subnets in two zones: tag them kubernetes.io/role/${scheme === 'internal' ? 'internal-elb' : 'elb'}=1, or name them with the annotation subnets`,
});

/** Live objects tell of the subnets that nodes and pods are in. */
const unseen = (key: string): Pick<Issue, 'code' | 'message' | 'expected'> => ({
  code: UNSEEN_SUBNETS,
  message: `Which subnets the load balancer of Ingress "${key}" is in is not known: the input does not describe its VPC`,
  expected: 'a Network with its subnets',
});

/** `internal-k8s-shop-front-0123456789-987654321.eu-west-1.elb.amazonaws.com` has the name in front of its number. */
const nameIn = (hostname: string | undefined): string | undefined =>
  /^(?:internal-)?(.+)-\d+\.[a-z0-9-]+\.elb\.amazonaws\.com(?:\.cn)?$/.exec(hostname ?? '')?.[1];

type Agree = <T extends string | number>(
  key: string,
  read: (annotations: Annotations) => T | undefined,
  part?: string,
) => T | undefined;

/** A setting of the load balancer comes from any member that has it; two that differ are a conflict. */
function agreement(members: readonly Member[], issues: Issue[]): Agree {
  return (key, read, part) => {
    const given = members.flatMap((member) => {
      const value = read(member.annotations);
      return value === undefined ? [] : [{ member, value }];
    });
    const [first] = given;
    const other = given.find(({ value }) => value !== first?.value);
    if (first !== undefined && other !== undefined) {
      const what = `${part ?? key} (${first.value} and ${other.value})`;
      issues.push(conflicting(what, first.member, other.member, key));
    }
    return first?.value;
  };
}

const conflicting = (what: string, first: Member, second: Member, key: string): Issue => ({
  code: 'ingress-group-conflict',
  severity: 'error',
  at: second.annotations.place(key),
  message: `Ingresses "${first.key}" and "${second.key}" share a load balancer and disagree on ${what}`,
  expected: 'expected one of them to say it, or both the same: until then the controller changes nothing',
});

/** model_build_load_balancer ssl redirect: the port has to be one of the group's own HTTPS listeners. */
function sslRedirect(
  agree: Agree,
  ports: ReturnType<typeof mergePorts>,
  { annotations }: Member,
  issues: Issue[],
): number | undefined {
  const port = agree('ssl-redirect', (each) => each.integer('ssl-redirect', 1, 65_535));
  if (port === undefined || ports.some((each) => each.port === port && each.protocol === 'HTTPS')) return port;
  issues.push({
    code: 'no-https-listener',
    severity: 'error',
    at: annotations.place('ssl-redirect'),
    message: `ssl-redirect names port ${port}, and no HTTPS listener has it`,
    expected: `expected listen-ports: '[{"HTTP": 80}, {"HTTPS": ${port}}]'`,
  });
  return port;
}

const XFF_CLIENT_PORT = 'routing.http.xff_client_port.enabled';

function xffClientPort(value: string | undefined, annotations: Annotations): { readonly xffClientPort?: true } {
  if (value !== undefined && value !== 'true' && value !== 'false')
    annotations.complain(ATTRIBUTES, value, `${XFF_CLIENT_PORT}=true or =false`);
  return value === 'true' ? { xffClientPort: true } : {};
}

const XFF_MODES = ['append', 'preserve', 'remove'] as const;

function xffMode(value: string | undefined, annotations: Annotations): (typeof XFF_MODES)[number] {
  if (value === undefined) return 'append';
  const found = XFF_MODES.find((mode) => mode === value);
  return (
    found ??
    annotations.complain(ATTRIBUTES, value, '"append", "preserve" or "remove"', didYouMean(value, XFF_MODES)) ??
    'append'
  );
}
