/**
 * `k=v,k=v` as the AWS Load Balancer Controller reads it; undefined where one of them has no key or no "=". A value may be
 * empty, a backslash takes what follows as it is, and a comma that nothing follows is of the value (pkg/annotations/parser.go,
 * ParseStringMapAnnotation, splitKeyValuePairs).
 * @example readPairs('edge=,zone=a'); // edge → '', zone → 'a'
 */
export function readPairs(text: string): ReadonlyMap<string, string> | undefined {
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
    const letter = text.charAt(i);
    if (letter === '\\' && i + 1 < text.length) item += text.charAt(++i);
    else if (letter === ',' && i + 1 < end) {
      items.push(item);
      item = '';
    } else item += letter;
  }
  return item === '' ? items : [...items, item];
}

/**
 * The same as the cloud controller manager reads it, which refuses nothing: a key alone has an empty value, and a value ends
 * at its "=" (cloud-provider-aws pkg/providers/v1/aws_loadbalancer.go, getKeyValuePropertiesFromAnnotation).
 */
export function readLoosePairs(text: string): ReadonlyMap<string, string> {
  const items = text.split(',').map((item) => item.trim().split('='));
  return new Map(items.flatMap(([key = '', value = '']) => (key === '' ? [] : [[key, value]])));
}
