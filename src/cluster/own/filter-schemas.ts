import { z } from 'zod';
import { type Protocol, parseProtocol } from '../../net/index.ts';
import { cidrValue, idValue, textMap } from './values.ts';

const EXPECTED_PROTOCOL = 'expected "all", "tcp", "udp", "icmp", "icmpv6", or a protocol number';

const protocolValue = z
  .union([z.string(), z.int()], { error: EXPECTED_PROTOCOL })
  .meta({ description: 'all (as -1), tcp, udp, icmp, icmpv6, or a number; absent: all' })
  .transform((value, context): Protocol | 'all' => {
    if (value === 'all' || String(value) === '-1') return 'all';
    const protocol = parseProtocol(String(value));
    if (protocol !== undefined) return protocol;
    context.issues.push({ code: 'custom', message: EXPECTED_PROTOCOL, input: value });
    return z.NEVER;
  });

const EXPECTED_PORTS = 'expected a port such as 443, or a range such as "1024-65535"';

const portsValue = z
  .union([z.string(), z.int()], { error: EXPECTED_PORTS })
  .meta({ description: 'a port such as 443, or a range such as "1024-65535"' })
  .transform((value, context): { readonly from: number; readonly to: number } => {
    const [, first, last] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(String(value)) ?? [];
    const [from, to] = [Number(first), Number(last ?? first)];
    if (from <= to && to <= 65_535) return { from, to };
    context.issues.push({ code: 'custom', message: EXPECTED_PORTS, input: value });
    return z.NEVER;
  });

const oneOrMore = <T extends z.ZodType>(value: T, error: string) => z.union([value, z.array(value).min(1)], { error });

const traffic = {
  protocol: protocolValue.exactOptional(),
  ports: oneOrMore(portsValue, EXPECTED_PORTS).exactOptional(),
  icmpType: z.int().min(0).max(255).exactOptional(),
  icmpCode: z.int().min(0).max(255).exactOptional(),
  description: z.string().exactOptional(),
};

const peers = oneOrMore(idValue, 'expected a CIDR, the id of a security group or of a prefix list, or "self"').meta({
  description: 'CIDRs, ids of security groups (sg-…) and prefix lists (pl-…), or "self"',
});

export const securityGroupSpec = z.strictObject({
  id: idValue,
  name: idValue.exactOptional(),
  vpc: idValue.exactOptional().meta({ description: "absent: the cluster's" }),
  tags: textMap
    .exactOptional()
    .meta({ description: 'kubernetes.io/cluster/NAME marks the one controllers write rules into' }),
  ingress: z
    .array(z.strictObject({ ...traffic, from: peers }))
    .exactOptional()
    .meta({ description: 'absent: nothing comes in' }),
  egress: z
    .array(z.strictObject({ ...traffic, to: peers }))
    .exactOptional()
    .meta({ description: 'absent: everything goes out, as EC2 makes a group' }),
});

const entries = z
  .array(
    z.strictObject({
      ...traffic,
      ruleNumber: z.int().min(1).max(32_766),
      cidr: cidrValue,
      action: z.enum(['allow', 'deny']),
    }),
  )
  .exactOptional()
  .meta({ description: 'absent: everything is denied, as EC2 makes a network ACL' });

export const networkAclSpec = z.strictObject({
  id: idValue,
  subnets: z.array(idValue).min(1),
  ingress: entries,
  egress: entries,
});

export const prefixListSpec = z.strictObject({ id: idValue, cidrs: z.array(cidrValue) });
