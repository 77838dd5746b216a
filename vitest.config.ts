import { defineConfig } from 'vitest/config';

/** Limits that only end what hangs: a busy machine makes hundreds of namespaces slowly. */
const HANGS = 300_000;

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'tools/**/*.test.ts'],
    testTimeout: HANGS,
    hookTimeout: HANGS,
  },
});
