import type { Cluster } from '../../cluster/index.ts';
import { ipt, type Rule } from '../../linux/index.ts';
import { cidr, type Family } from '../../net/index.ts';
import type { Fragment } from '../types.ts';
import { becauseOf, type PathSettings } from './settings.ts';

const V4_EGRESS = cidr('169.254.172.0/22');
const V6_EGRESS = cidr('fd00::ac:0/118');

/**
 * Where pods get a second, node-local address for the other family's way out, new connections to it are refused
 * (pkg/networkutils/network.go setupRuleToBlockNodeLocalAccess): an insert at the head of FORWARD.
 */
export function localAccessGuard(
  ipFamily: Cluster['ipFamily'],
  settings: PathSettings,
  family: Family,
): readonly Fragment[] {
  if (family === 4 && ipFamily === 'IPv6') return [guard(4, [V4_EGRESS], becauseOf(settings, 'ENABLE_IPv6', 'true'))];
  if (family === 6 && ipFamily === 'IPv4' && settings.v6Egress) {
    return [guard(6, [V6_EGRESS], becauseOf(settings, 'ENABLE_V6_EGRESS', 'false'))];
  }
  return [];
}

function guard(family: Family, blocks: readonly (typeof V4_EGRESS)[], origin: NonNullable<Rule['origin']>): Fragment {
  const comment = ipt.comment(`Block Node Local Pod access via IPv${family}`);
  const rules = blocks.map((block) =>
    ipt.rule([ipt.destination(block), ipt.ctstate(['NEW']), comment], ipt.reject(family), origin),
  );
  return { chains: new Map(), head: [{ table: 'filter', chain: 'FORWARD', rules }], tail: [] };
}
