import { GROUNDS, type Issue, nearest, type Parsed, type SourceRef } from '../base/index.ts';

/** How one kind of artefact entry is written on a line, and where a new one goes. */
export interface LineForm<T> {
  readonly parse: (line: string, file: string) => Parsed<readonly T[]>;
  readonly show: (item: T) => string;
  /** An entry the kernel takes for the same: it refuses a second one with "File exists". */
  readonly clash?: (items: readonly T[], item: T) => T | undefined;
  readonly place: (items: readonly T[], item: T) => readonly T[];
}

/** What a user changes by hand on one node. Lines are those of the artefact's text form. */
export interface LineChange {
  readonly remove: readonly string[];
  readonly add: readonly string[];
  readonly source: SourceRef;
}

/** Removes and adds entries by their line. Two lines are the same when they print the same. */
export function patchList<T>(
  items: readonly T[],
  change: LineChange,
  form: LineForm<T>,
  issues: Issue[],
): readonly T[] {
  let patched = items;
  for (const line of change.remove) {
    for (const unwanted of parseLine(line, change.source, form, issues)) {
      const text = form.show(unwanted);
      const index = patched.findIndex((item) => form.show(item) === text);
      if (index < 0) issues.push(noMatch(text, patched.map(form.show), change.source));
      else patched = patched.toSpliced(index, 1);
    }
  }
  for (const line of change.add) {
    for (const item of parseLine(line, change.source, form, issues)) {
      const there = form.clash?.(patched, item);
      if (there === undefined) patched = form.place(patched, item);
      else issues.push(exists(form.show(item), form.show(there), change.source));
    }
  }
  return patched;
}

function parseLine<T>(line: string, source: SourceRef, form: LineForm<T>, issues: Issue[]): readonly T[] {
  const parsed = form.parse(line, source.file);
  for (const issue of parsed.issues) issues.push({ ...issue, at: source });
  if (parsed.issues.length === 0 && parsed.value.length === 0) {
    issues.push({
      code: 'bad-patch',
      severity: 'error',
      at: source,
      message: `Nothing to patch in "${line.slice(0, 120)}"`,
    });
  }
  return parsed.value;
}

const exists = (text: string, there: string, at: SourceRef): Issue => ({
  code: 'patch-exists',
  severity: 'error',
  rests: GROUNDS,
  at,
  message: `Cannot add "${text}": File exists, "${there}" is there`,
  hint: 'remove that line in the same patch, or give the new one another metric',
});

/** The issue of a `remove` line that is not there, with the closest line that is. */
export function noMatch(text: string, lines: readonly string[], at: SourceRef): Issue {
  const near = nearest(text, lines);
  return {
    code: 'patch-no-match',
    severity: 'error',
    rests: GROUNDS,
    at,
    message: `Nothing to remove: no line "${text.trim()}"`,
    ...(near === undefined ? {} : { hint: `did you mean "${near}"?` }),
  };
}
