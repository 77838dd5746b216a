import { defineConfig } from 'vitest/config';

/** Limits that only end what hangs: a busy machine makes hundreds of namespaces slowly. */
const HANGS = 300_000;
const limits = { testTimeout: HANGS, hookTimeout: HANGS };

const PROOF = 'test/proof/**/*.test.ts';

/** The proof keeps every core busy for minutes: it begins when the tests are done that wait for real answers. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'tests',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'tools/**/*.test.ts'],
          exclude: [PROOF],
          sequence: { groupOrder: 0 },
          ...limits,
        },
      },
      { test: { name: 'proof', include: [PROOF], sequence: { groupOrder: 1 }, ...limits } },
    ],
  },
});
