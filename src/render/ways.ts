import { fraction } from '../base/index.ts';
import type { RoundTrip, TraceResult } from '../trace/index.ts';
import { endpoint } from './words.ts';

/** Ways that end alike: what became of them, where, and what that end sees. */
export interface WaysToEnd {
  readonly end: string;
  readonly sees: readonly string[];
  readonly probability: number;
  readonly ways: number;
}

/** A failing walk shows the first way that fails; otherwise the first. */
export function chooseShown(result: TraceResult): number {
  const good = new Set(['delivered', 'answered']);
  const failing = result.roundTrips.findIndex((trip) => !good.has(trip.disposition));
  return Math.max(0, failing);
}

/** `24 ways; shown: 1, 1/16`: the weights of the others add up with it to 1. */
export function waysClause({ roundTrips }: TraceResult, shown: number): string {
  const { length } = roundTrips;
  if (length <= 1) return '';
  const weights = new Set(roundTrips.map((trip) => fraction(trip.probability)));
  const own = fraction(roundTrips[shown]?.probability ?? 0);
  return weights.size === 1
    ? `${length} ways, ${own} each; shown: ${shown + 1}`
    : `${length} ways; shown: ${shown + 1}, ${own}`;
}

/** Every way but the one shown, by where it ends. */
export function otherEnds({ roundTrips }: TraceResult, shown: number): readonly WaysToEnd[] {
  const groups = new Map<string, RoundTrip[]>();
  for (const trip of roundTrips.filter((_, i) => i !== shown)) {
    const end = `${trip.disposition}: ${trip.farEnd.name} ${trip.farEnd.address}`.trimEnd();
    groups.set(end, [...(groups.get(end) ?? []), trip]);
  }
  return [...groups].map(([end, trips]) => ({
    end,
    sees: [...new Set(trips.map(({ farEnd: { sees } }) => endpoint(sees.ip, sees.port)))],
    probability: trips.reduce((sum, { probability }) => sum + probability, 0),
    ways: trips.length,
  }));
}

/** Pods of one namespace that are called at one port, and meet one fate, as one end that names them with their odds. */
export function foldPods(ends: readonly WaysToEnd[]): readonly WaysToEnd[] {
  const folds = new Map<string, { pods: string[]; like: string; of: WaysToEnd[] }>();
  for (const each of ends) {
    // As `otherEnds` says it.
    const [, fate, namespace, pod, port] = /^([\w-]+): pod\/([^/ ]+)\/(\S+) \S+?(?::(\d+))?$/.exec(each.end) ?? [];
    const key = pod === undefined ? each.end : `${fate} ${namespace} ${port}`;
    const fold = folds.get(key) ?? {
      pods: [],
      like: `${fate}: pods of ${namespace}${port === undefined ? '' : ` on ${port}`}`,
      of: [],
    };
    if (pod !== undefined) fold.pods.push(`${pod} ${fraction(each.probability)}`);
    fold.of.push(each);
    folds.set(key, fold);
  }
  return [...folds.values()].flatMap(({ pods, like, of }) => {
    if (of.length === 1 || pods.length === 0) return of;
    const shown = pods.length > NAMED + 1 ? [...pods.slice(0, NAMED), `${pods.length - NAMED} more`] : pods;
    return [
      {
        end: `${like} (${shown.join(', ')})`,
        sees: [...new Set(of.flatMap(({ sees }) => sees))],
        probability: of.reduce((sum, { probability }) => sum + probability, 0),
        ways: of.reduce((sum, { ways }) => sum + ways, 0),
      },
    ];
  });
}

/** Pods that are named one by one. */
const NAMED = 4;

/** `delivered: pod/a/b 10.0.1.51:80 sees 10.0.2.7:4001 or 10.0.3.9:4001 (6 ways)` */
export const tellEnd = ({ end, sees, ways }: WaysToEnd): string =>
  `${end} sees ${sees.join(' or ')}${ways === 1 ? '' : ` (${ways} ways)`}`;
