/** Where an entry of an artefact stands in what was collected, where that is not where this project would print it. */
export interface Written {
  /** The artefact as it was collected: `ip-rule.txt`. */
  readonly file: string;
  /** Absent: in no text, as what the kernel adds of itself. */
  readonly line?: number;
}

/** Collections of an artefact whose printed form has one entry a line between the brackets of a JSON list. */
const COLLECTED = /^ip-(?:6-)?(?:link|route|rule|neigh)(?:\.json|\.txt)?$/;

/** Entries with their places, where they are not as they would be printed: a JSON list in one line, a text form. */
export function withPlaces<T extends { readonly written?: Written }>(
  entries: readonly { readonly item: T; readonly line: number }[],
  path: string,
  artefact: string,
): T[] {
  const file = path.slice(path.lastIndexOf('/') + 1);
  const asPrinted = file === artefact && entries.every(({ line }, index) => line === lineOfEntry(index));
  return entries.map(({ item, line }) =>
    asPrinted || !COLLECTED.test(file) ? item : { ...item, written: { file, line } },
  );
}

/** The line that entry `index` has in a file this project prints: `[` is line 1 and every entry has a line of its own. */
export const lineOfEntry = (index: number): number => index + 2;

/** The file of `folder` and the line where entry `index` of an artefact stands. */
export function placeOfEntry(
  folder: string,
  artefact: string,
  index: number,
  written: Written | undefined,
): { readonly file: string; readonly line?: number } {
  const file = `${folder}/${written?.file ?? artefact}`;
  if (written === undefined) return { file, line: lineOfEntry(index) };
  return written.line === undefined ? { file } : { file, line: written.line };
}

/** Beside what was collected: in none of its lines. */
export const notWritten = <T extends { readonly written?: Written }>(
  entries: readonly T[],
  file: string,
): readonly T[] => entries.map((entry) => ({ ...entry, written: { file } }));
