/** One line of a Corefile and the block it opens. */
export interface Directive {
  /** From 1. */
  readonly line: number;
  readonly words: readonly string[];
  readonly block: readonly Directive[];
}

const MAX_DEPTH = 8;

/**
 * The Caddyfile syntax CoreDNS reads (coredns corefile.5): words between blanks, quotes around words, `#` starts a comment,
 * `{` at the end of a line opens a block that a line `}` closes. Undefined when the blocks do not close.
 */
export function parseCorefile(text: string): readonly Directive[] | undefined {
  const root: Directive[] = [];
  const open: Directive[][] = [root];
  for (const [index, text_] of text.split('\n').entries()) {
    const words = wordsOf(text_);
    if (words.length === 0) continue;
    if (words[0] === '}') {
      open.pop();
      if (open.length === 0 || words.length > 1) return undefined;
      continue;
    }
    const opens = words.at(-1) === '{';
    const block: Directive[] = [];
    open.at(-1)?.push({ line: index + 1, words: opens ? words.slice(0, -1) : words, block });
    if (opens) open.push(block);
    if (open.length > MAX_DEPTH) return undefined;
  }
  return open.length === 1 ? root : undefined;
}

const wordsOf = (line: string): string[] =>
  [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(#.*$)|([^\s"]+)/g)]
    .filter((match) => match[2] === undefined)
    .map((match) => match[1] ?? match[3] ?? '');
