import type { Target } from '../../../linux/index.ts';
import { stopUnknown } from '../evidence.ts';
import type { RunnableChain, TargetEval, TargetModule } from '../types.ts';

/** ACCEPT ends this table's chains only: the next table still sees the packet. */
export const verdict: TargetModule<Extract<Target, { kind: 'ACCEPT' | 'DROP' | 'RETURN' }>> = {
  eval({ kind }) {
    if (kind === 'ACCEPT') return () => 'accept';
    if (kind === 'RETURN') return () => 'return';
    return (frame) => {
      const { at, table, hook } = frame;
      const because = `a rule of chain ${at?.chain} (table ${table?.name}, hook ${hook}) drops it`;
      frame.result = { kind: 'drop', disposition: 'dropped', because };
      return 'stop';
    };
  },
};

/** Deeper than any kernel lets rules nest (NFT_JUMP_STACK_SIZE is 16): beyond it, the rules go in circles. */
const MAX_DEPTH = 64;

/** `-j CHAIN` comes back after the rule; `-g CHAIN` comes back where the chain that held the rule would have. */
export const jump: TargetModule<Extract<Target, { kind: 'jump' | 'goto' }>> = {
  eval: ({ kind, chain }) => jumpTo(chain, kind),
};

/** A rule is of one table, so where it leads is looked up once. Shared with nft's jump and goto. */
export function jumpTo(name: string, kind: 'jump' | 'goto'): TargetEval {
  let chain: RunnableChain | undefined;
  return (frame) => {
    chain ??= frame.table?.chain(name);
    if (chain === undefined) return stopUnknown(frame, `chain ${name} is not in the table, which no kernel loads`);
    if (frame.depth >= MAX_DEPTH)
      return stopUnknown(frame, `chain ${name} is reached in circles, which no kernel loads`);
    frame.depth++;
    const inner = chain.run(frame);
    frame.depth--;
    if (inner === 'accept' || inner === 'stop') return inner;
    return kind === 'goto' ? 'return' : 'continue';
  };
}
