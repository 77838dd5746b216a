import type { Vpc, VpcEndpoint } from '../../../fabric/index.ts';
import type { Cidr } from '../../../net/index.ts';
import type { FabricNetns } from './fabric-netns.ts';
import { join, type Lowering, type Via } from './lowering.ts';
import { block, table } from './nft-text.ts';
import type { VpcNetns } from './vpc.ts';

const MTU = 9001;
const FIRST_TABLE = 2000;
const RULE = 100;

/**
 * A gateway endpoint: from addresses of the VPC to the service's, sources as they are; back only what answers (VPC guide, Gateway
 * endpoints). On the internet's side a rule of its own leads the answers in, since no route there knows a private address.
 */
export function lowerGatewayEndpoint(
  on: Lowering,
  { id }: VpcEndpoint,
  vpc: VpcNetns,
  of: Vpc,
  internet: FabricNetns,
  number: number,
): Via {
  const at = on.netns(id, `vpc-endpoint/${id}`);
  const inside = join(on, vpc.netns, at, { a: id, b: 'vpc', mtu: MTU });
  const outside = join(on, internet, at, { a: id, b: 'service', mtu: MTU });
  const own = FIRST_TABLE + number;
  for (const family of [4, 6] as const) at.of(family).add('route', 'add', 'default', ...outside.toA[family]);
  for (const cidr of of.cidrs) {
    at.of(cidr.family).add('route', 'add', cidr.text, ...inside.toA[cidr.family]);
    internet.of(cidr.family).add('route', 'add', cidr.text, ...outside.toB[cidr.family], 'table', own);
  }
  for (const service of servedBy(on, id))
    for (const cidr of of.cidrs) {
      if (cidr.family !== service.family) continue;
      const rule = ['from', service.text, 'to', cidr.text, 'priority', RULE, 'lookup', own];
      internet.of(cidr.family).add('rule', 'add', ...rule);
    }
  at.nft.push(
    table('inet', 'endpoint', [
      block('chain input', [
        'type filter hook input priority 0; policy drop',
        'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept',
      ]),
      block('chain forward', [
        'type filter hook forward priority 0; policy drop',
        ...of.cidrs.map(
          ({ family, text }) =>
            `iifname "${inside.b.dev}" oifname "${outside.b.dev}" ${family === 4 ? 'ip' : 'ip6'} saddr ${text} accept`,
        ),
        `iifname "${outside.b.dev}" oifname "${inside.b.dev}" ct state established,related accept`,
      ]),
    ]),
  );
  return inside.toB;
}

/** The service's blocks: whatever a route sends there. */
const servedBy = ({ fabric }: Lowering, id: string): readonly Cidr[] => [
  ...new Map(
    fabric.routeTables
      .flatMap(({ routes }) => routes)
      .flatMap(({ target, destination }) =>
        target.kind === 'vpc-endpoint' && target.id === id ? [[destination.text, destination] as const] : [],
      ),
  ).values(),
];
