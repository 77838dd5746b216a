/** `A, B and 3 more`: the first `most` of `texts`, and how many follow. */
export function fewOf(texts: readonly string[], most: number, separator = ', '): string {
  const rest = texts.length - most;
  return `${texts.slice(0, most).join(separator)}${rest > 0 ? ` and ${rest} more` : ''}`;
}
