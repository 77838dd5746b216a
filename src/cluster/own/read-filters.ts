import type { SourceRef } from '../../base/index.ts';
import { defaultRoute, parseCidr } from '../../net/index.ts';
import type {
  AclEntrySpec,
  GroupRuleSpec,
  NetworkAclSpec,
  PeerSpec,
  PrefixListSpec,
  SecurityGroupSpec,
  TrafficSpec,
} from '../filters.ts';
import { type Fields, maybe } from '../read/fields.ts';
import type { PathKey } from '../read/json-positions.ts';
import { checkOwn, type OwnSpec } from './check-own.ts';

type OwnTraffic = Pick<
  NonNullable<OwnSpec<'SecurityGroup'>['ingress']>[number],
  'protocol' | 'ports' | 'icmpType' | 'icmpCode'
>;

export function readSecurityGroup(fields: Fields): SecurityGroupSpec | undefined {
  const spec = checkOwn(fields, 'SecurityGroup');
  if (spec === undefined) return undefined;
  const { id, name, vpc, tags, ingress = [], egress } = spec;
  const { source } = fields.document;
  return {
    id,
    ...maybe('name', name),
    ...maybe('vpc', vpc),
    ...maybe('tags', tags),
    ingress: ingress.flatMap((rule, i) => readRule(fields, rule, rule.from, id, ['spec', 'ingress', i])),
    egress:
      egress === undefined
        ? allOut(source)
        : egress.flatMap((rule, i) => readRule(fields, rule, rule.to, id, ['spec', 'egress', i])),
    source,
  };
}

/** The rule a group is made with; in a VPC with IPv6 there is one for each family (VPC guide, default security groups). */
export const allOut = (source: SourceRef): readonly GroupRuleSpec[] =>
  ([4, 6] as const).map((family) => ({ protocol: 'all', peer: { kind: 'cidr', cidr: defaultRoute(family) }, source }));

function readRule(
  fields: Fields,
  rule: OwnTraffic,
  peers: string | readonly string[],
  own: string,
  path: readonly PathKey[],
): readonly GroupRuleSpec[] {
  const source = fields.place(...path);
  return readTraffic(fields, rule, path).flatMap((traffic) =>
    [peers].flat().map((peer) => ({ ...traffic, peer: readPeer(peer, own), source })),
  );
}

/** Prefix lists are told by their id; any other name is a group's. */
function readPeer(text: string, own: string): PeerSpec {
  const cidr = parseCidr(text);
  if (cidr !== undefined) return { kind: 'cidr', cidr };
  if (text.startsWith('pl-')) return { kind: 'prefix-list', id: text };
  return { kind: 'security-group', id: text === 'self' ? own : text };
}

/** Only TCP and UDP have ports here, only ICMP and ICMPv6 a type: of other protocols AWS filters all or nothing. */
function readTraffic(fields: Fields, rule: OwnTraffic, path: readonly PathKey[]): readonly TrafficSpec[] {
  const { protocol = 'all', ports, icmpType, icmpCode } = rule;
  const wrong = (key: string, what: string, expected: string): void =>
    fields.complain([...path, key], { code: 'wrong-value', message: `${what} have no "${key}"`, expected });
  if (ports !== undefined && protocol !== 'tcp' && protocol !== 'udp')
    wrong('ports', `Rules of protocol "${protocol}"`, 'expected "protocol: tcp" or "protocol: udp" beside it');
  if (icmpType !== undefined && protocol !== 'icmp' && protocol !== 'ipv6-icmp')
    wrong('icmpType', `Rules of protocol "${protocol}"`, 'expected "protocol: icmp" or "protocol: icmpv6" beside it');
  if (icmpCode !== undefined && icmpType === undefined)
    wrong('icmpCode', 'Rules without "icmpType"', 'expected "icmpType" beside it');
  if (icmpType !== undefined) return [{ protocol, icmp: { type: icmpType, ...maybe('code', icmpCode) } }];
  return ports === undefined ? [{ protocol }] : [ports].flat().map((range) => ({ protocol, ports: range }));
}

export function readNetworkAcl(fields: Fields): NetworkAclSpec | undefined {
  const spec = checkOwn(fields, 'NetworkAcl');
  if (spec === undefined) return undefined;
  const entries = (way: 'ingress' | 'egress'): readonly AclEntrySpec[] =>
    (spec[way] ?? []).flatMap((entry, i) =>
      readTraffic(fields, entry, ['spec', way, i]).map((traffic) => ({
        ...traffic,
        ruleNumber: entry.ruleNumber,
        cidr: entry.cidr,
        action: entry.action,
        source: fields.place('spec', way, i),
      })),
    );
  const { id, subnets } = spec;
  return { id, subnets, ingress: entries('ingress'), egress: entries('egress'), source: fields.document.source };
}

export function readPrefixList(fields: Fields): PrefixListSpec | undefined {
  const spec = checkOwn(fields, 'PrefixList');
  return spec === undefined ? undefined : { ...spec, source: fields.document.source };
}
