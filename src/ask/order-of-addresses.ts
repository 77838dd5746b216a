import { fewOf } from '../base/index.ts';
import type { Resolution } from './question.ts';

/** Which of a name's addresses a program takes, where it has a choice. */
export function orderOf(name: string, { addresses, first, rule }: Resolution): readonly string[] {
  const others = addresses.filter((address) => !first.includes(address));
  // Of those without a source a program has no choice.
  const chosen = others.length === 0 || rule === undefined || rule === 1 ? undefined : why(rule);
  if (chosen === undefined && first.length < 2) return [];
  const changing = first.length < 2 ? '' : ', in an order that changes: each is as likely to be used';
  if (chosen === undefined) return [`${name} has ${first.length} addresses${changing}`];
  const behind = `${fewOf(others, MAX_LISTED)} ${others.length === 1 ? 'is' : 'are'} for a program that tries more than one`;
  const before = `${fewOf(first, MAX_LISTED)} ${first.length === 1 ? 'comes' : 'come'} first as glibc sorts them, ${chosen}`;
  return [`${name} has ${addresses.length} addresses; ${before}${changing}; ${behind}`];
}

function why(rule: 2 | 5 | 6 | 8 | 9): string {
  switch (rule) {
    case 2:
      return 'of the scope their source has (RFC 6724 rule 2)';
    case 5:
      return 'of the label their source has (RFC 6724 rule 5)';
    case 6:
      return 'by their precedence (RFC 6724 rule 6)';
    case 8:
      return 'by their smaller scope (RFC 6724 rule 8)';
    case 9:
      return "nearest to the sender's own (RFC 6724 rule 9)";
  }
}

const MAX_LISTED = 4;
