import type { Issue, SourceRef } from '../../base/index.ts';
import type { Cluster, LoadBalancerSpec, Service, SubnetSpec } from '../../cluster/index.ts';
import type { LoadBalancer, TargetGroup } from '../../fabric/index.ts';
import { keyOf } from '../labels.ts';
import { controllerOf, isOn } from '../load-balancers/controller.ts';
import { closedBy, DENY_IGW, deniesIgw } from '../load-balancers/deny-igw.ts';
import { readHostname } from '../load-balancers/names.ts';
import { discoverSubnets, isUndescribed, namedSubnets } from '../load-balancers/subnets.ts';
import { type Agreement, agreement, conflicting, type Said } from './agreement.ts';
import { LOAD_BALANCER_VALUES, refuseValues } from './attribute-values.ts';
import type { IngressGroup, Member } from './groups.ts';
import { ingressGuard } from './ingress-guard.ts';
import { mergePorts } from './listen-ports.ts';
import { loadBalancerName, namedScheme } from './names.ts';
import { buildListener, IDLE_TIMEOUT } from './rules.ts';
import { TargetGroups } from './target-groups.ts';
import { refuseUnused } from './unused-settings.ts';

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
  const agreed = agreement(members, issues);
  const asked = agreed.one('scheme', (each) => each.oneOf('scheme', SCHEMES));
  const scheme = asked ?? namedScheme(group)?.scheme ?? controllerOf(cluster).scheme;
  const ipAddressType = agreed.one('ip-address-type', (each) => each.oneOf('ip-address-type', ADDRESS_TYPES)) ?? 'ipv4';
  const dualstack = ipAddressType !== 'ipv4';
  if (scheme === 'internal' && ipAddressType === WITHOUT_PUBLIC_IPV4) issues.push(onlyOutward(first));
  const attributes = agreed.pairs(ATTRIBUTES, ofItsClass(first));
  refuseValues(attributes, LOAD_BALANCER_VALUES);
  const attribute = (key: string): string | undefined => attributes.get(key)?.value;
  const targetGroups = new TargetGroups(cluster, issues, dualstack);
  const services: ReadonlyMap<string, Service> = new Map(cluster.services.map((each) => [keyOf(each), each]));
  const conflict = (what: string, one: Member, other: Member, key = ''): void =>
    void issues.push(conflicting(what, one, other, key));
  const ports = mergePorts(members, conflict);
  refuseUnused(members, ports, issues);
  const input = {
    on: { services, targetGroups, controller: controllerOf(cluster) },
    idleTimeout: idleSeconds(attribute('idle_timeout.timeout_seconds')),
    sslRedirect: sslRedirect(agreed, ports, first, issues),
    conflict,
  };
  const listeners = ports.map((port) => buildListener(port, input));
  const guarded = ingressGuard(cluster, group, {
    ports,
    dualstack,
    agreed,
    targetGroups: targetGroups.all,
    conflict,
  });
  const [dnsName] = members.flatMap(({ ingress }) => ingress.status.hostnames);
  const loadBalancer: LoadBalancerSpec = {
    id: nameOf(agreed) ?? readHostname(dnsName ?? '')?.name ?? loadBalancerName(cluster.name, group, scheme),
    type: 'application',
    scheme,
    vpc: cluster.network.clusterVpc,
    ...(dnsName === undefined ? {} : { dnsName }),
    ipAddressType,
    ...igw(attributes.get(DENY_IGW), dualstack),
    ...closedBy(
      closerIn(members, attributes.get(DENY_IGW)) ?? controllerOf(cluster).places.get('default-load-balancer-scheme'),
    ),
    subnets: subnetsOf(cluster, agreed, first, { scheme, dualstack }, issues),
    ...guarded,
    crossZone: true,
    listeners,
    xForwardedFor: XFF_MODES.find((mode) => mode === attribute('routing.http.xff_header_processing.mode')) ?? 'append',
    ...(attribute('routing.http.xff_client_port.enabled') === 'true' ? { xffClientPort: true } : {}),
    madeFor: members.map(({ key }) => key),
    by: BY,
    source: first.ingress.source,
  };
  return { loadBalancer, targetGroups: targetGroups.all };
}

const SCHEMES = ['internal', 'internet-facing'] as const;
const ATTRIBUTES = 'load-balancer-attributes';
const WITHOUT_PUBLIC_IPV4 = 'dualstack-without-public-ipv4';
const ADDRESS_TYPES = ['ipv4', 'dualstack', WITHOUT_PUBLIC_IPV4] as const;

const NAME = 'load-balancer-name';

/** One that neither the controller nor ELBv2 has anything against (buildLoadBalancerName; ELBv2 API, CreateLoadBalancer). */
function nameOf(agreed: Agreement): string | undefined {
  return agreed.one(NAME, (each) => {
    const name = each.text(NAME);
    const isRight = name === undefined || (/^(?!-|internal-)[a-zA-Z0-9-]{1,32}$/.test(name) && !name.endsWith('-'));
    return isRight ? name : each.complain(NAME, name, LEGAL_NAME);
  });
}

const LEGAL_NAME = 'up to 32 letters, digits and "-", that stands neither first nor last, without "internal-" in front';

const idleSeconds = (said: string | undefined): number => (/^\d+$/.test(said ?? '') ? Number(said) : IDLE_TIMEOUT);

function igw(said: Said<string> | undefined, dualstack: boolean): ReturnType<typeof deniesIgw> {
  return deniesIgw(said?.value, dualstack, (what) => {
    said?.annotations.complain(said.key, said.annotations.text(said.key) ?? '', what);
  });
}

/** The parameters of the first member's class count for its group (buildIngressGroupLoadBalancerAttributes). */
const ofItsClass = ({ annotations }: Member): ReadonlyMap<string, Said<string>> =>
  new Map([...annotations.overruling(ATTRIBUTES)].map(([part, said]) => [part, { ...said, annotations }]));

/** Where it is said, or where the first member that says a scheme does. */
function closerIn(members: readonly Member[], denies: Said<string> | undefined): SourceRef | undefined {
  if (denies !== undefined) return denies.annotations.place(denies.key);
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
/** ELBv2 wants two zones of an application load balancer (ALB guide, subnets), unless AWS allowed an account one. */
const MIN_ZONES = 2;

/** Those an annotation names, in whatever order (buildLoadBalancerSubnetMappings), else those found by tag or route. */
function subnetsOf(
  cluster: Cluster,
  agreed: Agreement,
  { key, ingress, annotations }: Member,
  asked: { readonly scheme: LoadBalancer['scheme']; readonly dualstack: boolean },
  issues: Issue[],
): LoadBalancerSpec['subnets'] {
  const names = agreed.one(SUBNETS, (each) => (each.has(SUBNETS) ? each.list(SUBNETS).toSorted() : undefined));
  const at = names === undefined ? ingress.source : annotations.place(SUBNETS);
  const code = isUndescribed(cluster) ? UNSEEN_SUBNETS : 'load-balancer-subnets';
  const report = (problem: Pick<Issue, 'message'> & Partial<Issue>): void =>
    void issues.push({ code, severity: 'error', rests: ['network'], at, ...problem });
  const found = names === undefined ? discoverSubnets(cluster, asked) : namedSubnets(cluster, names, report);
  const least = isOn(cluster, 'ALBSingleSubnet') ? 1 : MIN_ZONES;
  if (found !== undefined && found.length < least) {
    const told = isUndescribed(cluster) ? unseen(key) : tooFew(key, asked.scheme, found.length);
    issues.push({ severity: 'error', rests: ['network'], at, ...told });
  }
  const without = asked.dualstack ? (found ?? []).filter((subnet) => !hasIpv6(subnet)) : [];
  if (without.length > 0) report(noIpv6(key, without));
  return (found ?? []).map(({ id }) => ({ id }));
}

const SUBNETS = 'subnets';
const hasIpv6 = ({ cidrs }: SubnetSpec): boolean => cidrs.some(({ family }) => family === 6);

/** pkg/networking/subnet_resolver.go, validateSubnetsIPv6CIDR; those it finds itself have one. */
const noIpv6 = (key: string, subnets: readonly SubnetSpec[]): Pick<Issue, 'message' | 'expected'> => ({
  message: `The load balancer of Ingress "${key}" is to have IPv6 addresses, and of its subnets ${subnets.map(({ id }) => id).join(', ')} ${subnets.length === 1 ? 'has' : 'have'} no IPv6 block`,
  expected: 'expected subnets with an IPv6 block, or ip-address-type: ipv4',
});

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

/** model_build_load_balancer ssl redirect: the port has to be one of the group's own HTTPS listeners. */
function sslRedirect(
  agreed: Agreement,
  ports: ReturnType<typeof mergePorts>,
  { annotations }: Member,
  issues: Issue[],
): number | undefined {
  const port = agreed.one('ssl-redirect', (each) => each.integer('ssl-redirect', 1, 65_535));
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

const XFF_MODES = ['append', 'preserve', 'remove'] as const;
