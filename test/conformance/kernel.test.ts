import { describe } from 'vitest';
import { kernelAvailable, kernelTest } from '../kernel/kernel.ts';
import { kernelPlane } from '../planes/kernel-plane.ts';
import { ALL_CASES } from './all-cases.ts';
import { conform } from './conform.ts';
import { KNOWN_GAPS } from './known-gaps.ts';

if (kernelAvailable().ok) conform(kernelPlane, ALL_CASES, KNOWN_GAPS);
else describe('kernel', () => kernelTest('conformance', () => {}));
