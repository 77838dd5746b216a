const [QUOTE, COMMA, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [34, 44, 91, 93, 123, 125] as const;
const BACKSLASH = 92;

/** How much a JSON text holds, counted without building any of it. */
export interface JsonCount {
  /** Every scalar, list and object. */
  readonly values: number;
  /** Values one after the other, and of each the elements of the lists in it: the objects of a `List`. */
  readonly elements: number;
}

/**
 * The values of a JSON text (RFC 8259), counted up to `limit`: each but the first of a list or an object stands behind a
 * comma. A text that is not JSON gives some number.
 */
export function countJson(text: string, limit: number): JsonCount {
  let depth = 0;
  let values = 0;
  let elements = 0;
  const isList: boolean[] = [];
  for (let at = 0; at < text.length && values <= limit; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === COMMA) {
      values++;
      if (depth === 2 && isList[2] === true) elements++;
    } else if (code === OPEN_LIST || code === OPEN_OBJECT) {
      values++;
      if (depth === 0) elements++;
      depth++;
      if (depth <= 2) isList[depth] = code === OPEN_LIST;
    } else if (code === CLOSE_LIST || code === CLOSE_OBJECT) depth--;
  }
  return { values, elements };
}

/** The quote that ends the string which begins at `start`; the end of the text where none does. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at > 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return at;
  }
  return text.length;
}
