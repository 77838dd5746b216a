import { type SourceRef, showSource } from '../../base/index.ts';
import type { Unmodelled } from '../../linux/index.ts';

/** One sentence for the answer: what it is, and where the user wrote it. */
export const told = (what: string, at: SourceRef | undefined): string =>
  at === undefined ? what : `${what} (${showSource(at)})`;

/** Every packet of a namespace meets it. */
export const ofNetns = (what: string, at: SourceRef | undefined): Unmodelled => ({
  scope: { kind: 'netns' },
  what: told(what, at),
  ...(at === undefined ? {} : { at }),
});
