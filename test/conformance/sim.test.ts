import { simPlane } from '../planes/sim-plane.ts';
import { ALL_CASES } from './all-cases.ts';
import { conform } from './conform.ts';
import { ipvs } from './ipvs.case.ts';
import { KNOWN_GAPS } from './known-gaps.ts';
import { sets } from './sets.case.ts';

conform(simPlane, [...ALL_CASES, ...sets, ...ipvs], KNOWN_GAPS);
