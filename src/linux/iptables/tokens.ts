/** One word of a line. `raw` is what stood there, quotes and escapes included. */
export interface Token {
  readonly text: string;
  readonly raw: string;
  /** Counts from 1. */
  readonly column: number;
}

const WORD = /[^\s"]+(?=\s|$)|(?:[^\s"]|"(?:[^"\\]|\\.)*")+|"/gu;

/**
 * Splits a line, from a position on, the way iptables-restore does (iptables/xshared.c, add_param_to_argv): blanks separate, double quotes
 * group, and a backslash escapes only inside quotes. `unclosed` is the column of a quote without its partner.
 */
export function tokenize(line: string, from = 0): { readonly tokens: readonly Token[]; readonly unclosed?: number } {
  const tokens: Token[] = [];
  for (const found of line.slice(from).matchAll(WORD)) {
    const raw = found[0];
    if (raw === '"') return { tokens, unclosed: from + found.index + 1 };
    tokens.push({ text: raw.includes('"') ? unquote(raw) : raw, raw, column: from + found.index + 1 });
  }
  return { tokens };
}

const unquote = (raw: string): string =>
  raw.replace(/"((?:[^"\\]|\\.)*)"/gu, (_, body: string) => body.replace(/\\(.)/gu, '$1'));

const BARE = /^[-_0-9A-Za-z]+$/;

/** Quotes a value unless it is one plain word (libxtables/xtables.c, xtables_save_string). */
export const quote = (value: string): string =>
  BARE.test(value) ? value : `"${value.replace(/["\\']/g, (found) => `\\${found}`)}"`;
