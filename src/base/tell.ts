import type { Ground, Issue } from './issue.ts';
import { type SourceRef, showSource } from './source.ts';

/** The problems told so far, and the parts of the input that are not understood for them. */
export interface Told {
  readonly issues: readonly Issue[];
  readonly spoilt: ReadonlySet<Ground>;
}

export const NOTHING_TOLD: Told = { issues: [], spoilt: new Set() };

/** Which parts of the input the text at a place is of. */
export type GroundsAt = (at: SourceRef) => readonly Ground[];

/**
 * What is told once a further stage has read on from what stands: its own problems, less those that rest on a part an
 * earlier stage could not understand. They may be mere echoes, and are told by the next run if they are not. A problem a
 * stage finds anew, at the same place and by the same name, is not told twice.
 */
export function tell(told: Told, found: readonly Issue[], groundsAt: GroundsAt): Told {
  if (found.length === 0) return told;
  const known = new Set(told.issues.map(nameOf));
  const said = new Set<string>();
  const issues = found.filter((issue) => {
    const text = `${nameOf(issue)} ${issue.message}`;
    if (known.has(nameOf(issue)) || said.has(text)) return false;
    said.add(text);
    return !(issue.rests ?? []).some((ground) => told.spoilt.has(ground));
  });
  const spoilt = new Set(told.spoilt);
  for (const { severity, at } of issues)
    if (severity === 'error') for (const ground of groundsAt(at)) spoilt.add(ground);
  return { issues: [...told.issues, ...issues], spoilt };
}

const nameOf = ({ code, severity, at }: Issue): string => `${severity} ${code} ${showSource(at)}`;

export const hasErrors = (issues: readonly Issue[]): boolean => issues.some(({ severity }) => severity === 'error');
