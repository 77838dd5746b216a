import type { Issue, Parsed } from '../../base/index.ts';
import { type Written, withPlaces } from '../written.ts';

export type Said = (message: string) => undefined;
export type Reader<T> = (words: Words, fail: Said) => T | undefined;

/** Words of one line, taken from the left. */
export class Words {
  private at = 0;
  private readonly words: readonly string[];
  constructor(text: string) {
    this.words = text
      .trim()
      .split(/\s+/)
      .filter((word) => word !== '');
  }
  next(): string | undefined {
    return this.words[this.at++];
  }
  peek(): string | undefined {
    return this.words[this.at];
  }
}

/**
 * Who wrote a text: a tool printed it, and a line of it that is not read as a whole is one the model lacks, or somebody typed
 * it, and the line is wrong.
 */
export type TextForm = 'printed' | 'typed';

/** `unread` keeps a line that `reader` cannot read; undefined: such a line is an error. */
export function eachLine<T extends { readonly written?: Written; readonly unsupported?: string }>(
  text: string,
  file: string,
  what: string,
  reader: Reader<T>,
  unread: ((line: string) => T | undefined) | undefined,
): Parsed<T[]> {
  const issues: Issue[] = [];
  const read: { readonly item: T; readonly line: number }[] = [];
  let number = 0;
  for (const line of text.split('\n')) {
    const here = ++number;
    number += line.split('\u0000').length - 1;
    if (line.trim() === '' || line.trim().startsWith('#')) continue;
    const words = line.replaceAll('\u0000', ' ');
    const shown = words.trim().slice(0, 120);
    const at = { file, line: here };
    const wrong: Issue[] = [];
    const fail: Said = (message) => {
      wrong.push({ code: `bad-${what}`, severity: 'error', at, message: `${message} in "${shown}"` });
      return undefined;
    };
    const whole = reader(new Words(words), fail);
    const item = whole ?? unread?.(words);
    if (item === undefined) issues.push(...wrong);
    else read.push({ item, line: here });
    if (item?.unsupported !== undefined && (what === 'route' || unread !== undefined)) {
      const why = whole === undefined ? `: ${wrong[0]?.message ?? ''}` : ` in "${shown}": ${item.unsupported}`;
      const message = `Not all of this ${what} is modelled${why}`;
      issues.push({ code: 'unmodelled-field', severity: 'warning', at, message, hint: UNREAD });
    }
  }
  return { value: withPlaces(read, file, `ip-${what}.json`), issues };
}

const UNREAD = 'a walk that reaches it ends unknown';
