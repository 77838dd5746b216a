import type { Hook, NftChain, TableName } from '../../linux/index.ts';
import type { Skb } from '../packet.ts';
import type { BaseChain } from './types.ts';

/**
 * A chain of iptables that is taken to run before an nft chain of its priority. The later one registered runs first
 * (net/netfilter/core.c, nf_hook_entries_grow), and no artefact tells which that was: where the chain ended the packet or
 * changed anything, the walk says so.
 */
export function saysItsTurn(base: BaseChain, table: TableName, rival: NftChain, hook: Hook): BaseChain {
  return {
    reroutes: base.reroutes,
    run(frame) {
      const before = stateOf(frame.skb);
      const verdict = base.run(frame);
      if (verdict === 'stop' || stateOf(frame.skb) !== before) {
        frame.walk.assumptions.add(
          `iptables ${table} is taken to run before nft chain ${rival.name} of the same priority at ${hook}`,
        );
      }
      return verdict;
    },
  };
}

/** What the rules of a chain can change. */
function stateOf({ mark, ct }: Skb): string {
  if (ct.kind !== 'tracked') return `${mark}`;
  const { mark: connmark, srcNatDone, dstNatDone } = ct.conn;
  return `${mark} ${connmark} ${srcNatDone} ${dstNatDone}`;
}
