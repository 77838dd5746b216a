import type { Evidence } from '../../trace/index.ts';

/** An artefact entry with its place in the namespace's list, which is what evidence names. */
export interface Indexed<T> {
  readonly entry: T;
  readonly index: number;
  /** Made on first use. */
  evidence: Evidence | undefined;
}
