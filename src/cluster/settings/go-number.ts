/**
 * What Go's `strconv.ParseInt(text, 0, 64)` reads: a sign, then 0x, 0o, 0b, a bare leading 0 for octal, or decimal digits;
 * underscores between digits and after a prefix (Go specification, "Integer literals"). Undefined where it fails.
 */
export function parseGoInt(text: string): bigint | undefined {
  const found = /^([+-]?)(0[xX](?:_?[\da-fA-F])+|0[oO]?(?:_?[0-7])+|0[bB](?:_?[01])+|[1-9](?:_?\d)*|0)$/.exec(text);
  const [, sign, digits] = found ?? [];
  if (digits === undefined) return undefined;
  const plain = digits.replaceAll('_', '');
  const size = BigInt(/^0\d/.test(plain) ? `0o${plain.slice(1)}` : plain.toLowerCase());
  const value = sign === '-' ? -size : size;
  return value < -(2n ** 63n) || value >= 2n ** 63n ? undefined : value;
}

/** What `strconv.Atoi` reads: decimal digits behind a sign. */
export function parseGoDecimal(text: string): number | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const value = BigInt(text.replace('+', ''));
  return value < -(2n ** 63n) || value >= 2n ** 63n ? undefined : Number(value);
}

/** `strconv.ParseBool`; undefined for any other text. */
export function parseGoBool(text: string): boolean | undefined {
  if (/^(?:1|t|T|TRUE|true|True)$/.test(text)) return true;
  return /^(?:0|f|F|FALSE|false|False)$/.test(text) ? false : undefined;
}
