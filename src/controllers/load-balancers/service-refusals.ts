import { didYouMean } from '../../base/index.ts';
import type { Service, SubnetSpec } from '../../cluster/index.ts';
import type { LoadBalancer } from '../../fabric/index.ts';
import { cidrContains, cidrFirst, type Ip, parseCidr, parseIp } from '../../net/index.ts';
import { type Annotations, goBool } from './annotations.ts';
import { isQuic, type ListenerPort } from './listeners.ts';
import { readPairs } from './pairs.ts';
import { namedHealthPort } from './target-group-settings.ts';

/** A load balancer that is about to be ordered. */
export interface ToRefuse {
  readonly scheme: LoadBalancer['scheme'];
  readonly dualstack: boolean;
  readonly subnets: readonly SubnetSpec[];
  readonly ports: readonly ListenerPort[];
  readonly targetType: 'instance' | 'ip';
}

/** An annotation, and what it would have to be. */
type Refusal = readonly [name: string, expected: string];

/**
 * Whether the AWS Load Balancer Controller makes nothing of a Service for a value of an annotation: its model cannot be
 * built, and what there is stays as it is (pkg/service/model_build_*.go). Each is said as a warning where it stands.
 */
export function refuses(service: Service, annotations: Annotations, of: ToRefuse): boolean {
  const found = [
    ...listed(annotations),
    ...ofAddresses(annotations, of),
    ...ofPorts(service, annotations, of),
    ...ofSourceNat(annotations, of),
  ];
  for (const [name, expected] of found)
    annotations.refuse(name, { severity: 'warning', expected: `${expected}: its controller makes no load balancer` });
  return found.length > 0;
}

const SCHEMES: readonly string[] = ['internal', 'internet-facing'];
const ADDRESS_TYPES: readonly string[] = ['ipv4', 'dualstack'];

/**
 * The same, for what is asked first: where the load balancer is to be called from and over which families
 * (buildLoadBalancerScheme, buildLoadBalancerIPAddressType). The older annotation is read where the newer is missing.
 */
export function refusesPlace(annotations: Annotations): boolean {
  const asked: readonly (readonly [name: string, isRight: (text: string) => boolean, options: readonly string[]])[] = [
    ['scheme', (text) => SCHEMES.includes(text), SCHEMES],
    ...(annotations.text('scheme') === undefined ? [['internal', isFlag, ['true', 'false']] as const] : []),
    ['ip-address-type', (text) => ADDRESS_TYPES.includes(text), ADDRESS_TYPES],
  ];
  const wrong = asked.filter(([name, isRight]) => isWrong(annotations.text(name), isRight));
  for (const [name, , options] of wrong)
    annotations.refuse(name, {
      severity: 'warning',
      expected: `expected ${options.map((each) => `"${each}"`).join(', ')}: its controller makes no load balancer`,
      ...didYouMean(annotations.text(name) ?? '', options),
    });
  return wrong.length > 0;
}

const isWrong = (text: string | undefined, isRight: (text: string) => boolean): boolean =>
  text !== undefined && !isRight(text);

/** Values that are wrong whatever the Service is. */
const VALUES: readonly (readonly [name: string, isRight: (text: string) => boolean, expected: string])[] = [
  [
    'proxy-protocol',
    (text) => text === '*',
    'expected "*", or annotation aws-load-balancer-proxy-protocol-per-target-group',
  ],
  ['inbound-sg-rules-on-private-link-traffic', isSwitch, 'expected "on" or "off"'],
  ['enable-prefix-for-ipv6-source-nat', isSwitch, 'expected "on" or "off"'],
  ['name', isName, 'expected up to 32 letters, digits and "-", not at an end, and not "internal-" first'],
  ['access-log-enabled', isFlag, 'expected "true" or "false"'],
  ['cross-zone-load-balancing-enabled', isFlag, 'expected "true" or "false"'],
  ['disable-nlb-sg', isFlag, 'expected "true" or "false"'],
  ['manage-backend-security-group-rules', isFlag, 'expected "true" or "false"'],
  ['multi-cluster-target-group', isFlag, 'expected "true" or "false"'],
  ['additional-resource-tags', isMap, 'expected tags as KEY=VALUE,KEY=VALUE'],
  ['minimum-load-balancer-capacity', isCapacity, 'expected CapacityUnits=NUMBER'],
  ['healthcheck-interval', isInteger, 'expected seconds'],
  ['healthcheck-timeout', isInteger, 'expected seconds'],
  ['healthcheck-healthy-threshold', isInteger, 'expected a whole number'],
  ['healthcheck-unhealthy-threshold', isInteger, 'expected a whole number'],
];

const ROUTING = 'dns_record.client_routing_policy';
const ROUTINGS = ['any_availability_zone', 'availability_zone_affinity', 'partial_availability_zone_affinity'];

function listed(annotations: Annotations): readonly Refusal[] {
  const wrong = VALUES.flatMap(([name, isRight, expected]): readonly Refusal[] => {
    const text = annotations.text(name);
    return text === undefined || isRight(text) ? [] : [[name, expected]];
  });
  const routing = annotations.map('attributes').get(ROUTING);
  const isRouted = routing === undefined || ROUTINGS.includes(routing);
  if (isRouted && routing !== undefined && routing !== ROUTINGS[0])
    annotations.refuse('attributes', {
      code: 'not-modelled',
      severity: 'warning',
      expected: `expected ${ROUTING} at its default: the name is answered with the addresses of all zones alike, whatever ${routing} would prefer`,
    });
  return isRouted ? wrong : [...wrong, ['attributes', `expected ${ROUTING} to be one of ${ROUTINGS.join(', ')}`]];
}

function isSwitch(text: string): boolean {
  return text === 'on' || text === 'off';
}

function isFlag(text: string): boolean {
  return goBool(text) !== undefined;
}

export function isInteger(text: string): boolean {
  return /^[-+]?\d+$/.test(text) && Math.abs(Number(text)) < 2 ** 31;
}

/** ELBv2 API, CreateLoadBalancer. */
function isName(text: string): boolean {
  return /^(?!internal-)[A-Za-z0-9](?:[-A-Za-z0-9]{0,30}[A-Za-z0-9])?$/.test(text);
}

function isMap(text: string): boolean {
  return readPairs(text) !== undefined;
}

function isCapacity(text: string): boolean {
  const pairs = readPairs(text);
  return pairs !== undefined && [...pairs].every(([key, value]) => key === 'CapacityUnits' && isInteger(value));
}

/** Given addresses: of the scheme and the family that has them, one a subnet (buildLoadBalancerSubnetMappings). */
function ofAddresses(annotations: Annotations, { scheme, dualstack, subnets }: ToRefuse): readonly Refusal[] {
  const rows = [
    ['eip-allocations', scheme === 'internet-facing', 'expected annotation aws-load-balancer-scheme: internet-facing'],
    ['private-ipv4-addresses', scheme === 'internal', 'expected annotation aws-load-balancer-scheme: internal'],
    ['ipv6-addresses', dualstack, 'expected annotation aws-load-balancer-ip-address-type: dualstack'],
  ] as const;
  const wrong = rows.flatMap(([name, fits, expected]): readonly Refusal[] => {
    const given = annotations.list(name);
    if (given === undefined) return [];
    if (!fits) return [[name, `${expected} beside it`]];
    if (given.length !== subnets.length) return [[name, `expected ${subnets.length}, one a subnet`]];
    if (name === 'eip-allocations') return [];
    const addresses = given.map((text) => parseIp(text));
    const without = subnets.find(
      (subnet) => addresses.filter((each) => each !== undefined && holds(subnet, each)).length !== 1,
    );
    return without === undefined ? [] : [[name, `expected one address of subnet ${without.id}`]];
  });
  const without = subnets.filter((subnet) => !hasIpv6(subnet)).map(({ id }) => id);
  return dualstack && without.length > 0
    ? [...wrong, ['subnets', `expected subnets with an IPv6 block, which ${without.join(', ')} has not`]]
    : wrong;
}

export const holds = ({ cidrs }: SubnetSpec, address: Ip): boolean =>
  cidrs.some((block) => cidrContains(block, address));

const hasIpv6 = ({ cidrs }: SubnetSpec): boolean => cidrs.some(({ family }) => family === 6);

/** Ports by name or number (validateTLSPortsSet, buildListenerSpec, buildTargetGroupHealthCheckPort), or by number alone. */
function ofPorts(service: Service, annotations: Annotations, { ports, targetType }: ToRefuse): readonly Refusal[] {
  const known = new Set(service.spec.ports.flatMap(({ name, port }) => [name, String(port)]));
  const tls = (annotations.list('ssl-ports') ?? []).filter((each) => !known.has(each));
  const quic = isQuic(annotations);
  const cannot = ports.find(({ port, protocol }) => quic(port) && protocol !== 'UDP' && protocol !== 'TCP_UDP');
  const proxied = annotations.list('proxy-protocol-per-target-group') ?? [];
  const check = annotations.text('healthcheck-port');
  const isNamed = check !== undefined && check !== 'traffic-port' && !/^[-+]?\d+$/.test(check);
  const hasTls = ports.some(({ protocol }) => protocol === 'TLS');
  const alpn = annotations.text('alpn-policy');
  const rows: readonly (readonly [string, boolean, string])[] = [
    ['ssl-ports', tls.length > 0, `expected ports of the Service by name or number, not ${tls.join(', ')}`],
    ['quic-enabled-ports', cannot !== undefined, `expected ports of UDP, not ${cannot?.protocol} ${cannot?.port.port}`],
    ['proxy-protocol-per-target-group', !proxied.every(isInteger), 'expected ports by number'],
    [
      'healthcheck-port',
      isNamed && namedHealthPort(service, check, targetType) === undefined,
      'expected "traffic-port", a number, or the name of a port of the Service that has one',
    ],
    ['alpn-policy', hasTls && alpn !== undefined && !ALPN.includes(alpn), `expected one of ${ALPN.join(', ')}`],
  ];
  return rows.flatMap(([name, isWrong, expected]): readonly Refusal[] => (isWrong ? [[name, expected]] : []));
}

const ALPN = ['None', 'HTTP1Only', 'HTTP2Only', 'HTTP2Optional', 'HTTP2Preferred'];

/** pkg/networking, ValidateEnablePrefixForIpv6SourceNat and ValidateSourceNatPrefixes. */
function ofSourceNat(annotations: Annotations, { dualstack, subnets }: ToRefuse): readonly Refusal[] {
  const isOn = annotations.text('enable-prefix-for-ipv6-source-nat') === 'on';
  const prefixes = annotations.list('source-nat-ipv6-prefixes');
  const need = 'expected annotation aws-load-balancer-ip-address-type: dualstack beside it';
  const wrong: readonly Refusal[] = isOn && !dualstack ? [['enable-prefix-for-ipv6-source-nat', need]] : [];
  if (prefixes === undefined) return wrong;
  if (!dualstack) return [...wrong, ['source-nat-ipv6-prefixes', need]];
  if (!isOn)
    return [
      ['source-nat-ipv6-prefixes', 'expected annotation aws-load-balancer-enable-prefix-for-ipv6-source-nat: on'],
    ];
  if (prefixes.length !== subnets.length)
    return [['source-nat-ipv6-prefixes', `expected ${subnets.length}, one a subnet`]];
  const at = prefixes.findIndex((text, i) => text !== 'auto_assigned' && !isPrefixIn(text, subnets[i]));
  return at < 0
    ? []
    : [['source-nat-ipv6-prefixes', `expected auto_assigned or a /${PREFIX_LENGTH} of subnet ${subnets[at]?.id}`]];
}

const PREFIX_LENGTH = 80;

function isPrefixIn(text: string, subnet: SubnetSpec | undefined): boolean {
  const block = parseCidr(text);
  if (block?.family !== 6 || block.prefix !== PREFIX_LENGTH) return false;
  return subnet?.cidrs.some((of) => of.family === 6 && cidrContains(of, cidrFirst(block))) === true;
}
