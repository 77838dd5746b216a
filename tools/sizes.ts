import type { TooLong } from './check-sizes.ts';

/** What is too long and waits for its split. An entry whose file or function has become short fails the check: the list only shrinks. */
export const tooLong: readonly TooLong[] = [
  { what: 'src/cluster/load-cluster.ts assemble', because: 'each kind of input is put together in turn' },
];
