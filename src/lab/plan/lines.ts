import type { PlanGap } from './types.ts';

/**
 * Lines for `ip -batch`, made of words. A word from the input that the tool would read as two, as an option or as the start
 * of a comment cannot be written: its line becomes a gap.
 */
export class Lines {
  readonly lines: string[] = [];
  private readonly where: string;
  private readonly gaps: PlanGap[];

  constructor(where: string, gaps: PlanGap[]) {
    this.where = where;
    this.gaps = gaps;
  }

  /** One line; `undefined` words are left out. */
  add(...words: readonly (string | number | undefined)[]): void {
    const texts = words.filter((word) => word !== undefined).map(String);
    if (texts.every(isWord)) this.lines.push(texts.join(' '));
    else this.gap(JSON.stringify(texts.join(' ')), 'a name in it is not a word "ip" can read');
  }

  gap(what: string, because: string): void {
    this.gaps.push({ where: this.where, what, because });
  }
}

const isWord = (text: string): boolean => /^[A-Za-z0-9_+:./%@~][\x21\x24-\x26\x28-\x5b\x5d-\x7e]*$/.test(text);
