import type { NftRule, NftStatement, NftTable, Origin } from '../../linux/index.ts';
import type { NodePlan } from '../node/plan-types.ts';
import { exemptBlocks } from './exempt.ts';
import { usesNftConnmark } from './iptables.ts';
import { becauseOf, type PathSettings } from './settings.ts';

const ALL_BITS = 0xffffffff;
/** `dstnat + 10`. */
const PRIORITY = -90;

const counter: NftStatement = { kind: 'counter' };
const returnVerdict: NftStatement = { kind: 'verdict', verdict: 'return' };

/**
 * `table ip aws-cni` (pkg/networkutils/nftables_connmark.go): the mark of connections that leave the VPC, where iptables
 * writes nft. All nat-type chains of a hook run inside one dispatcher, so its priority orders it only after iptables' nat
 * and a translated packet does not reach it. The returns stand in no order of their own (a Go map); ours are sorted.
 */
export function vpcCniNft(node: NodePlan, settings: PathSettings): readonly NftTable[] {
  if (settings.externalSnat || !usesNftConnmark(node, settings)) return [];
  const mark = settings.connmark;
  const origin = becauseOf(settings, 'AWS_VPC_K8S_CNI_EXTERNALSNAT', 'false');
  const blocks = new Map(exemptBlocks(node, settings).map((exempt) => [exempt.block.text, exempt]));
  const returns = [...blocks.values()]
    .sort((a, b) =>
      a.block.first === b.block.first ? a.block.prefix - b.block.prefix : a.block.first < b.block.first ? -1 : 1,
    )
    .map(({ block, excluded }): NftRule => {
      const because: Origin = excluded
        ? becauseOf(settings, 'AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS', '')
        : { by: 'vpc-cni', because: `VPC CIDR ${block.text}` };
      const daddr: NftStatement = { kind: 'match-address', field: 'daddr', not: false, cidrs: [block] };
      return { statements: [counter, daddr, returnVerdict], origin: because };
    });
  const rule = (...statements: NftStatement[]): NftRule => ({ statements, origin });
  return [
    {
      family: 'ip',
      name: 'aws-cni',
      objects: [],
      chains: [
        { name: 'snat-mark', rules: [...returns, rule(counter, setMark('ct', ALL_BITS, mark))] },
        {
          name: 'nat-prerouting',
          base: { type: 'nat', hook: 'PREROUTING', priority: PRIORITY, policy: 'accept' },
          rules: [
            rule({ kind: 'match-fib-type', of: 'daddr', not: false, type: 'local' }, returnVerdict),
            rule(fromVeth(settings), counter, { kind: 'jump', chain: 'snat-mark' }),
            rule(counter, setMark('meta', mark, 0)),
          ],
        },
      ],
    },
  ];
}

const fromVeth = (settings: PathSettings): NftStatement => ({
  kind: 'match-interface',
  field: 'iifname',
  not: false,
  name: `${settings.vethPrefix}*`,
  wildcard: true,
});

/** `ct mark set ct mark | 0x80`, `meta mark set ct mark & 0x80`: the second replaces the whole packet mark. */
const setMark = (of: 'meta' | 'ct', and: number, or: number): NftStatement => ({
  kind: 'set-mark',
  of,
  source: 'ct',
  and,
  or,
  xor: 0,
});
