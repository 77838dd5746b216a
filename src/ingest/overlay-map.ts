/**
 * A map with some values replaced, each when it is first read: neither the others nor the originals of the replaced ones
 * are made before somebody asks. Reading one value twice gives the same object.
 */
export class OverlayMap<K, V> implements ReadonlyMap<K, V> {
  private readonly under: ReadonlyMap<K, V>;
  private readonly replace: ReadonlyMap<K, (old: V) => V>;
  private readonly made = new Map<K, V>();

  constructor(under: ReadonlyMap<K, V>, replace: ReadonlyMap<K, (old: V) => V>) {
    this.under = under;
    this.replace = replace;
  }

  get size(): number {
    return this.under.size;
  }

  has(key: K): boolean {
    return this.under.has(key);
  }

  get(key: K): V | undefined {
    const known = this.made.get(key);
    if (known !== undefined) return known;
    const old = this.under.get(key);
    const replace = this.replace.get(key);
    if (old === undefined || replace === undefined) return old;
    const value = replace(old);
    this.made.set(key, value);
    return value;
  }

  keys(): MapIterator<K> {
    return this.under.keys();
  }

  *entries(): MapIterator<[K, V]> {
    for (const key of this.under.keys()) {
      const value = this.get(key);
      if (value !== undefined) yield [key, value];
    }
    return undefined;
  }

  *values(): MapIterator<V> {
    for (const [, value] of this.entries()) yield value;
    return undefined;
  }

  forEach(callback: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this.entries()) callback(value, key, this);
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries();
  }
}
