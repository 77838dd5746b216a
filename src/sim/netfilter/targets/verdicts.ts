import type { Target } from '../../../linux/index.ts';
import { runChain } from '../run-chain.ts';
import type { RuleVerdict, TableFrame, TargetModule } from '../types.ts';

/** ACCEPT ends this table's chains only: the next table still sees the packet. */
export const verdict: TargetModule<Extract<Target, { kind: 'ACCEPT' | 'DROP' | 'RETURN' }>> = {
  eval({ kind }) {
    if (kind === 'ACCEPT') return () => 'accept';
    if (kind === 'RETURN') return () => 'return';
    return (frame) => {
      const { tableName, chainName, hook } = frame;
      const because = `a rule of chain ${chainName} (table ${tableName}, hook ${hook}) drops it`;
      frame.result = { kind: 'drop', disposition: 'dropped', because };
      return 'stop';
    };
  },
};

/** Deeper than any kernel lets rules nest (NFT_JUMP_STACK_SIZE is 16): beyond it, the rules go in circles. */
const MAX_DEPTH = 64;

/** `-j CHAIN` comes back after the rule; `-g CHAIN` comes back where the chain that held the rule would have. */
export const jump: TargetModule<Extract<Target, { kind: 'jump' | 'goto' }>> = {
  eval({ kind, chain: name }) {
    return (frame) => {
      const chain = (frame as TableFrame).table.chains.get(name);
      if (chain === undefined || frame.depth >= MAX_DEPTH) {
        const what = chain === undefined ? 'is not in the table' : 'is reached in circles';
        frame.result = { kind: 'unknown', what: `chain ${name} ${what}, which no kernel loads` };
        return 'stop';
      }
      const { chainName } = frame;
      frame.depth++;
      const inner: RuleVerdict = runChain(frame as TableFrame, chain);
      frame.depth--;
      frame.chainName = chainName;
      if (inner === 'accept' || inner === 'stop') return inner;
      return kind === 'goto' ? 'return' : 'continue';
    };
  },
};
