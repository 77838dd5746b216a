import type {
  NetworkAcl,
  NetworkAclEntry,
  PortRange,
  PrefixList,
  RulePeer,
  SecurityGroup,
  SecurityGroupRule,
  TrafficClass,
} from '../fabric/index.ts';
import { block, type Decode, list, name, object, oneOf, protocol, tagged, text, whole } from './decode.ts';
import { origin } from './origin-json.ts';

const anyProtocol: Decode<TrafficClass['protocol']> = (value, context, path) =>
  value === 'all' ? 'all' : protocol(value, context, path);
const ports = object<PortRange>({ from: whole, to: whole });
const icmp = object<NonNullable<TrafficClass['icmp']>>({ type: whole, code: whole }, ['code']);
const traffic = { protocol: anyProtocol, ports, icmp };

type Peer<Kind extends RulePeer['kind']> = Extract<RulePeer, { kind: Kind }>;
const peer: Decode<RulePeer> = tagged<RulePeer>('kind', {
  cidr: object<Peer<'cidr'>>({ kind: oneOf('cidr'), cidr: block }),
  'security-group': object<Peer<'security-group'>>({ kind: oneOf('security-group'), id: name }),
  'prefix-list': object<Peer<'prefix-list'>>({ kind: oneOf('prefix-list'), id: name }),
});
const rules = list(object<SecurityGroupRule>({ ...traffic, peer, origin }, ['ports', 'icmp', 'origin']));

export const securityGroup = object<SecurityGroup>(
  { id: name, name, vpc: text, ingress: rules, egress: rules, origin },
  ['name', 'origin'],
);

const entries = list(
  object<NetworkAclEntry>({ ...traffic, ruleNumber: whole, cidr: block, action: oneOf('allow', 'deny'), origin }, [
    'ports',
    'icmp',
    'origin',
  ]),
);

export const networkAcl = object<NetworkAcl>(
  { id: name, vpc: text, subnets: list(text), ingress: entries, egress: entries, origin },
  ['origin'],
);

export const prefixList = object<PrefixList>({ id: name, cidrs: list(block), origin }, ['origin']);
