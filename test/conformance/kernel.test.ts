import { spawnSync } from 'node:child_process';
import { describe, test } from 'vitest';
import { kernelAvailable, kernelTest } from '../kernel/kernel.ts';
import { kernelPlane } from '../planes/kernel-plane.ts';
import { ALL_CASES } from './all-cases.ts';
import { conform } from './conform.ts';
import { KNOWN_GAPS } from './known-gaps.ts';
import { sets } from './sets.case.ts';

if (kernelAvailable().ok) conform(kernelPlane, ALL_CASES, KNOWN_GAPS);
else describe('kernel', () => kernelTest('conformance', () => {}));

// Sets need a tool of their own. IPVS needs a kernel that has it, and none of these has.
const hasIpset = spawnSync('ipset', ['--version']).status === 0;
if (kernelAvailable().ok && hasIpset) conform(kernelPlane, sets, KNOWN_GAPS);
else test.skip('sets of ipset (the tool "ipset" is not installed)', () => {});
test.skip('IPVS (no kernel here has CONFIG_IP_VS: ipvs.case.ts is shown by the model alone)', () => {});
