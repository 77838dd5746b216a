/**
 * A pattern with `*` for any text, slashes too, and `?` for one character (ALB guide, rule condition types). Goes back to the
 * last star only, so no pattern takes longer than the product of both lengths.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  let p = 0;
  let star = -1;
  let resume = 0;
  for (let t = 0; t < text.length; ) {
    if (pattern[p] === '*') {
      star = p++;
      resume = t;
    } else if (pattern[p] === '?' || pattern[p] === text[t]) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

export const matchesGlobInAnyCase = (pattern: string, text: string): boolean =>
  matchesGlob(pattern.toLowerCase(), text.toLowerCase());
