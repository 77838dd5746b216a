/**
 * `k=v,k=v` as the controller reads it (aws-load-balancer-controller pkg/annotations/parser.go, splitKeyValuePairs): a backslash
 * keeps what stands behind it, a comma parts two pairs, and one that ends the text belongs to the last value. The last of two
 * pairs for one key counts. Undefined where an item has no key: then the annotation is refused as a whole.
 */
export function keyValues(text: string): ReadonlyMap<string, string> | undefined {
  const pairs = new Map<string, string>();
  for (const item of itemsOf(text)) {
    const at = item.indexOf('=');
    const key = item.slice(0, Math.max(at, 0)).trim();
    if (key === '') return undefined;
    pairs.set(key, item.slice(at + 1).trim());
  }
  return pairs;
}

function itemsOf(text: string): readonly string[] {
  const end = text.trimEnd().length;
  const items: string[] = [];
  let item = '';
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\' && i + 1 < text.length) item += text[++i];
    else if (text[i] !== ',' || i + 1 >= end) item += text[i];
    else {
      items.push(item);
      item = '';
    }
  }
  return item === '' ? items : [...items, item];
}
