import { ipt, type Match, type Rule } from '../../linux/index.ts';
import type { Cidr } from '../../net/index.ts';
import type { NodePlan } from '../node/plan-types.ts';
import { becauseOf, type PathSettings } from './settings.ts';
import { atLeast } from './version.ts';

/** A destination that keeps its source address: an associated block of the VPC, or one the user excluded. */
export interface Exempt {
  readonly block: Cidr;
  readonly excluded: boolean;
}

/** VPC blocks in the order the instance metadata lists them, then the exclusions. */
export const exemptBlocks = (node: NodePlan, settings: PathSettings): readonly Exempt[] => [
  ...node.primary.subnet.vpc.cidrs.filter((block) => block.family === 4).map((block) => ({ block, excluded: false })),
  ...settings.excludeSnatCidrs.map((block) => ({ block, excluded: true })),
];

/**
 * One chain with a RETURN for each block, the last one first because each is inserted at the head (#2697, v1.16.2);
 * before that a ladder, each chain handing on to the next unless its block matches. The chains stay, empty, when the
 * node does not translate.
 */
export function exemptChains(
  prefix: string,
  settings: PathSettings,
  exempt: readonly Exempt[],
  comment: (of: Exempt) => string,
  last: readonly Rule[],
): readonly [string, Rule[]][] {
  const on = !settings.externalSnat;
  const origin = (of: Exempt) =>
    of.excluded
      ? becauseOf(settings, 'AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS', '')
      : { by: 'vpc-cni', because: `VPC CIDR ${of.block.text}` };
  if (atLeast(settings.config.version, '1.16.2')) {
    const returns = exempt.map((of) =>
      ipt.rule([...toBlock(of.block, false), ipt.comment(comment(of))], ipt.returnTarget, origin(of)),
    );
    return [[`${prefix}-0`, on ? [...distinct(returns).reverse(), ...last] : []]];
  }
  const chains: [string, Rule[]][] = exempt.map((of, i) => {
    const matches = [...toBlock(of.block, true), ipt.comment(comment(of))];
    return [`${prefix}-${i}`, on ? [ipt.rule(matches, ipt.jump(`${prefix}-${i + 1}`), origin(of))] : []];
  });
  return [...chains, [`${prefix}-${exempt.length}`, on ? [...last] : []]];
}

/** `-d 0.0.0.0/0` matches everything and is stored without `-d`; `! -d 0.0.0.0/0` matches nothing and is kept. */
const toBlock = (block: Cidr, not: boolean): readonly Match[] =>
  block.prefix === 0 && !not ? [] : [ipt.destination(block, not)];

/** A rule already there (`iptables -C`) is not added again. */
function distinct(rules: readonly Rule[]): Rule[] {
  if (rules.length < 2) return [...rules];
  const seen = new Set<string>();
  return rules.filter(({ matches }) => {
    const key = JSON.stringify(matches, (_, value) => (typeof value === 'bigint' ? value.toString() : value));
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
