/** Part of a YAML stream that is read on its own. */
export interface Chunk {
  readonly file: string;
  readonly text: string;
  /** Lines of the file before the chunk. */
  readonly linesBefore: number;
}

export interface SplitList {
  /** The list without its elements: `items` is empty there. */
  readonly head: Chunk;
  /** Each element as a document of its own; its dash is a blank, so that columns stay. */
  readonly items: Iterable<Chunk>;
}

/** Below this a document is read whole. */
const LARGE = 1 << 20;

/**
 * The elements of a large `List` as `kubectl get -o yaml` prints it, one after another: its syntax tree would need a
 * hundred times its text. Undefined for a document that is small or not laid out like that: block style, one `items` at the
 * left edge, no anchors that elements may share.
 */
export function splitList(chunk: Chunk): SplitList | undefined {
  const { text } = chunk;
  if (text.length < LARGE || /(?:^|[\s[{,])&[\w-]/m.test(text)) return undefined;
  const keys = [...text.matchAll(/^items:[ \t]*(?:#.*)?\n/gm)];
  const [key] = keys;
  if (key === undefined || keys.length > 1) return undefined;
  const start = key.index + key[0].length;
  const dash = /^( *)-(?=[ \n])/.exec(text.slice(start, start + 4096));
  if (dash === null) return undefined;
  const indent = dash[1]?.length ?? 0;
  const end = endOfItems(text, start, indent);
  if (end === undefined) return undefined;
  return {
    head: { ...chunk, text: text.slice(0, start) + text.slice(end) },
    items: itemsOf(chunk, start, end, indent),
  };
}

/** Where the list's own keys go on: the first line that is neither blank, nor a dash at `indent`, nor deeper. */
function endOfItems(text: string, start: number, indent: number): number | undefined {
  for (let line = start; line < text.length; line = nextLine(text, line)) {
    const first = firstVisible(text, line);
    const code = text.charCodeAt(first);
    if (code === TAB) return undefined;
    if (code === NEWLINE || Number.isNaN(code) || code === HASH) continue;
    if (first - line > indent || isDash(text, first, line, indent)) continue;
    return line;
  }
  return text.length;
}

function* itemsOf(chunk: Chunk, start: number, end: number, indent: number): Generator<Chunk> {
  const { file, text } = chunk;
  let linesBefore = chunk.linesBefore + countLines(text, 0, start);
  const item = (from: number, to: number): Chunk => ({
    file,
    text: `${text.slice(from, from + indent)} ${text.slice(from + indent + 1, to)}`,
    linesBefore,
  });
  let from = start;
  for (let line = nextLine(text, start); line < end; line = nextLine(text, line)) {
    if (!isDash(text, firstVisible(text, line), line, indent)) continue;
    yield item(from, line);
    linesBefore += countLines(text, from, line);
    from = line;
  }
  yield item(from, end);
}

const [TAB, NEWLINE, BLANK, HASH, DASH] = [9, 10, 32, 35, 45];

function isDash(text: string, first: number, line: number, indent: number): boolean {
  const after = text.charCodeAt(first + 1);
  return first - line === indent && text.charCodeAt(first) === DASH && (after === BLANK || after === NEWLINE);
}

function firstVisible(text: string, line: number): number {
  let at = line;
  while (text.charCodeAt(at) === BLANK) at++;
  return at;
}

function nextLine(text: string, line: number): number {
  const end = text.indexOf('\n', line);
  return end < 0 ? text.length : end + 1;
}

export function countLines(text: string, from = 0, to = text.length): number {
  let count = 0;
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
