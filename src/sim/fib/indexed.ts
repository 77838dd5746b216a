import type { Route } from '../../linux/index.ts';
import type { Evidence } from '../../trace/index.ts';
import type { FibLookup } from './lookup-route.ts';

/** An artefact entry with its place in the namespace's list, which is what evidence names. */
export interface Indexed<T> {
  readonly entry: T;
  readonly index: number;
  /** Made on first use. */
  evidence: Evidence | undefined;
}

export interface IndexedRoute extends Indexed<Route> {
  /** The answer this route gave last: most routes have one next hop and are asked for by one rule. */
  found: (FibLookup & { readonly kind: 'found' }) | undefined;
}
