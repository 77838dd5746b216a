import type { NetworkAcl } from '../../../../fabric/index.ts';
import type { Family } from '../../../../net/index.ts';
import { block } from '../nft-text.ts';
import type { Way } from './flow-keys.ts';
import { peerWords, trafficWords } from './match-words.ts';

/** A network ACL's entries of one direction, in order; behind them everything is dropped. */
export function aclChain(name: string, way: Way, acl: NetworkAcl, families: readonly Family[]): readonly string[] {
  const entries = [...acl[way]].sort((a, b) => a.ruleNumber - b.ruleNumber);
  const field = way === 'ingress' ? 'saddr' : 'daddr';
  return block(`chain ${name}`, [
    ...entries.flatMap((entry) =>
      families.flatMap((family) => {
        const peer = peerWords(field, [entry.cidr], family);
        const traffic = trafficWords(entry, family);
        if (peer === undefined || traffic === undefined) return [];
        return [`${[...peer, ...traffic].join(' ')} ${entry.action === 'allow' ? 'return' : 'drop'}`];
      }),
    ),
    'drop',
  ]);
}
