import { ARRIVING_CASES } from './arriving.ts';
import type { FibCase } from './case.ts';
import { IPV6_CASES } from './ipv6.ts';
import { ROUTE_CASES } from './routes.ts';
import { RULE_CASES } from './rules.ts';

export const FIB_CASES: readonly FibCase[] = [...RULE_CASES, ...ROUTE_CASES, ...ARRIVING_CASES, ...IPV6_CASES];
