import { connections } from './connections.case.ts';
import { earlyDemux } from './early-demux.case.ts';
import { hooks } from './hooks.case.ts';
import { mss } from './mss.case.ts';
import { nat } from './nat.case.ts';
import { netfilter } from './netfilter.case.ts';
import { nft } from './nft.case.ts';
import { nftSets } from './nft-sets.case.ts';
import { ownAnswers } from './own-answers.case.ts';
import type { Group } from './parse-cases.ts';
import { refusals } from './refusals.case.ts';
import { reject } from './reject.case.ts';
import { routeMetrics } from './route-metrics.case.ts';
import { routing } from './routing.case.ts';
import { routing6 } from './routing6.case.ts';
import { scopes } from './scopes.case.ts';
import { tos } from './tos.case.ts';

/** Every group of rows. */
export const ALL_CASES: readonly Group[] = [
  ...hooks,
  ...netfilter,
  ...reject,
  ...connections,
  ...nft,
  ...nftSets,
  ...nat,
  ...refusals,
  ...routing,
  ...routing6,
  ...routeMetrics,
  ...earlyDemux,
  ...tos,
  ...mss,
  ...ownAnswers,
  ...scopes,
];
