/** No line of a walk is wider: what a terminal beside an editor shows. */
export const WIDEST = 160;

/** A file of the input is as long as where its reader stands, and no line breaks elsewhere for that: its last name counts. */
const FOLDERS = /[^\s(]*\/(?=[^\s/]+\.(?:ya?ml|json)\b)/g;

export const columnsOf = (text: string): number => text.replace(FOLDERS, '').length;

/** A flag and its value are copied as one. */
const WORD = /(?:--\w+ )?\S+\s*/g;

/** A line broken before the widest column, each further line under `indent` blanks. A longer word stays whole. */
export function wrap(line: string, indent: number): string[] {
  if (columnsOf(line) <= WIDEST) return [line];
  const lines: string[] = [];
  let open = line.slice(0, indent);
  for (const [word] of line.slice(indent).matchAll(WORD)) {
    if (columnsOf(open + word.trimEnd()) > WIDEST && open.length > indent) {
      lines.push(open.trimEnd());
      open = ' '.repeat(indent);
    }
    open += word;
  }
  return [...lines, open];
}
