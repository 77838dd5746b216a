export type { Brand } from './brand.ts';
export { assertNever, InvariantError, invariant } from './invariant.ts';
export { type Issue, type Parsed, showIssue } from './issue.ts';
export { LayeredMap } from './layered-map.ts';
export { didYouMean, nearest } from './nearest.ts';
export { createRng, type Rng } from './rng.ts';
export { type SourceRef, showSource } from './source.ts';
export { formatTxtar, parseTxtar, type Txtar } from './txtar.ts';
