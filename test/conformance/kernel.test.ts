import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { kernelAvailable, kernelTest } from '../kernel/kernel.ts';
import { kernelPlane } from '../planes/kernel-plane.ts';
import { ALL_CASES } from './all-cases.ts';
import { conform } from './conform.ts';
import { KNOWN_GAPS } from './known-gaps.ts';
import { sets } from './sets.case.ts';

if (kernelAvailable().ok) conform(kernelPlane, ALL_CASES, KNOWN_GAPS);
else describe('kernel', () => kernelTest('conformance', () => {}));

// Sets need a tool of their own; IPVS a kernel that has it, and none of these has: its rows are the model's alone.
const hasIpset = spawnSync('ipset', ['--version']).status === 0;
const must = process.env.PACKETWALK_KERNEL === 'require';
if (kernelAvailable().ok && hasIpset) conform(kernelPlane, sets, KNOWN_GAPS);
else (must ? test : test.skip)('sets (the tool "ipset" is not installed: apt-get install ipset)', () => expect.fail());
