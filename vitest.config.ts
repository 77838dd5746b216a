import { defineConfig } from 'vitest/config';

/** Limits that only end what hangs: a busy machine makes hundreds of namespaces slowly. */
const HANGS = 300_000;
const limits = { testTimeout: HANGS, hookTimeout: HANGS };

/**
 * Tests that ask the kernel and wait for nothing: it says what a rule set prints as, or walks a packet within the call that
 * sends it. What they prove does not depend on how fast the machine is.
 */
const ASK = [
  'test/conformance/**/*.test.ts',
  'test/proof/**/*.test.ts',
  'test/kernel/{destination-order,fib,icmp-size,kube-proxy-nft,lab-proof,node-artefacts,planes-agree,senders-groups-see}.test.ts',
  'test/kernel/*-roundtrip.test.ts',
];

/** Tests that wait for what programs answer, for neighbours and for processes to end. */
const WAIT = ['test/kernel/**/*.test.ts', 'test/examples/**/*.test.ts'];

/** As many files at once as there are processors. One less, as is usual, would leave half of a machine with two idle. */
const EVERY_PROCESSOR = '100%';

/**
 * Three groups, one after another: what needs no kernel and what asks it keep every processor busy, what waits for answers is
 * two files at once, however many processors there are.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'model',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'tools/**/*.test.ts'],
          exclude: [...ASK, ...WAIT],
          maxWorkers: EVERY_PROCESSOR,
          sequence: { groupOrder: 0 },
          ...limits,
        },
      },
      { test: { name: 'lab', include: WAIT, exclude: ASK, maxWorkers: 2, sequence: { groupOrder: 1 }, ...limits } },
      { test: { name: 'kernel', include: ASK, maxWorkers: EVERY_PROCESSOR, sequence: { groupOrder: 2 }, ...limits } },
    ],
  },
});
