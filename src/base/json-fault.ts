/** Where a text stops being JSON (RFC 8259), and what stands there instead of what should. */
export interface JsonFault {
  readonly offset: number;
  /** `found "}" where a value should be` */
  readonly message: string;
}

type Wanted = 'value' | 'value or end' | 'name' | 'name or end' | 'colon' | 'more or end' | 'another';

const WORDS: Record<Wanted, string> = {
  value: 'a value',
  'value or end': 'a value or "]"',
  name: 'a name in double quotes',
  'name or end': 'a name in double quotes or "}"',
  colon: '":"',
  'more or end': '"," or the closing bracket',
  another: 'a value',
};

/**
 * The first fault of a text of JSON values one after the other, as `kubectl get -o json` and `ip -j` print them; undefined
 * where there is none. `JSON.parse` says only whether there is one: its words and positions differ between engines.
 */
export function jsonFault(text: string): JsonFault | undefined {
  const open: ('{' | '[')[] = [];
  let wanted: Wanted = 'value';
  const closed = (): Wanted => (open.length === 0 ? 'another' : 'more or end');
  for (let at = 0; ; ) {
    while (at < text.length && isSpace(text.charCodeAt(at))) at++;
    const c = text[at];
    if (c === undefined) return wanted === 'another' ? undefined : fault(text, at, wanted);
    const inside = open.at(-1);
    if (wanted === 'colon') {
      if (c !== ':') return fault(text, at, wanted);
      wanted = 'value';
      at++;
    } else if (c === closerOf(inside) && CLOSABLE.has(wanted)) {
      open.pop();
      wanted = closed();
      at++;
    } else if (wanted === 'more or end') {
      if (c !== ',') return fault(text, at, wanted);
      wanted = inside === '{' ? 'name' : 'value';
      at++;
    } else if (wanted === 'name' || wanted === 'name or end') {
      if (c !== '"') return fault(text, at, wanted);
      const end = stringEnd(text, at);
      if (typeof end !== 'number') return end;
      wanted = 'colon';
      at = end;
    } else if (c === '{' || c === '[') {
      open.push(c);
      wanted = c === '{' ? 'name or end' : 'value or end';
      at++;
    } else {
      const end = scalarEnd(text, at, wanted);
      if (typeof end !== 'number') return end;
      wanted = closed();
      at = end;
    }
  }
}

const CLOSABLE: ReadonlySet<Wanted> = new Set(['value or end', 'name or end', 'more or end']);
const closerOf = (inside: '{' | '[' | undefined): string | undefined =>
  inside === undefined ? undefined : inside === '{' ? '}' : ']';

const isSpace = (code: number): boolean => code === 32 || code === 10 || code === 13 || code === 9;

const SCALAR = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y;

function scalarEnd(text: string, at: number, wanted: Wanted): number | JsonFault {
  if (text[at] === '"') return stringEnd(text, at);
  SCALAR.lastIndex = at;
  return SCALAR.test(text) ? SCALAR.lastIndex : fault(text, at, wanted);
}

const ESCAPE = /\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4})/y;

function stringEnd(text: string, start: number): number | JsonFault {
  for (let at = start + 1; ; ) {
    const c = text[at];
    if (c === '"') return at + 1;
    if (c === undefined) return { offset: start, message: 'a string begins here and does not end' };
    if (c < ' ') return { offset: at, message: `found ${show(text, at)} in a string, where JSON wants an escape` };
    if (c === '\\') {
      ESCAPE.lastIndex = at;
      if (!ESCAPE.test(text)) return { offset: at, message: `found the unknown escape "${text.slice(at, at + 2)}"` };
      at = ESCAPE.lastIndex;
    } else at++;
  }
}

const fault = (text: string, offset: number, wanted: Wanted): JsonFault => ({
  offset,
  message:
    offset >= text.length
      ? `the text ends where ${WORDS[wanted]} should be`
      : `found ${show(text, offset)} where ${WORDS[wanted]} should be`,
});

/** The word or sign at `at` as a message can hold it: control characters by name. */
function show(text: string, at: number): string {
  const c = text[at] ?? '';
  if (c === '\n' || c === '\r') return 'a line break';
  if (c === '\t') return 'a tab';
  const word = /^[\w.+-]{1,30}/.exec(text.slice(at, at + 30))?.[0];
  const code = text.codePointAt(at) ?? 0;
  if (code < 0x20 || code === 0x7f)
    return `the control character U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  return `"${word ?? String.fromCodePoint(code)}"`;
}
