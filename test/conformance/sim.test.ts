import { simPlane } from '../planes/sim-plane.ts';
import { ALL_CASES } from './all-cases.ts';
import { conform } from './conform.ts';
import { KNOWN_GAPS } from './known-gaps.ts';

conform(simPlane, ALL_CASES, KNOWN_GAPS);
