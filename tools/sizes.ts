import type { TooLong } from './check-sizes.ts';

/** What is too long and waits for its split. An entry whose file or function has become short fails the check: the list only shrinks. */
export const tooLong: readonly TooLong[] = [
  { what: 'src/cluster/load-cluster.ts assemble', because: 'each kind of input is put together in turn' },
  { what: 'src/cluster/load-cluster.test.ts', because: 'waits for its split by kind of input' },
  { what: 'src/compile/compile-world.test.ts', because: 'waits for its split by component' },
  { what: 'src/ingest/ingest.test.ts', because: 'waits for its split into dumps and patches' },
  { what: 'test/cli/bad-input.test.ts', because: 'waits for its split by what is bad' },
  { what: 'test/kernel/arbitrary-rule.ts', because: 'waits for its split into matches and targets' },
  { what: 'test/kernel/arbitrary-rule.ts target', because: 'waits for its split by table' },
  { what: 'test/proof/generate/random-rules.ts #modules', because: 'one table of modules and their weights' },
];
