/**
 * Two maps read as one: `over` wins, `under` is shared and never copied. Keys of both are iterated once, `under` first.
 * Lets a thousand nodes share one big map and each add a few entries of its own.
 */
export class LayeredMap<K, V> implements ReadonlyMap<K, V> {
  private readonly under: ReadonlyMap<K, V>;
  private readonly over: ReadonlyMap<K, V>;

  constructor(under: ReadonlyMap<K, V>, over: ReadonlyMap<K, V>) {
    this.under = under;
    this.over = over;
  }

  get size(): number {
    let size = this.under.size;
    for (const key of this.over.keys()) if (!this.under.has(key)) size++;
    return size;
  }

  get(key: K): V | undefined {
    return this.over.has(key) ? this.over.get(key) : this.under.get(key);
  }

  has(key: K): boolean {
    return this.over.has(key) || this.under.has(key);
  }

  *entries(): MapIterator<[K, V]> {
    for (const [key, value] of this.under) yield [key, this.over.has(key) ? (this.over.get(key) as V) : value];
    for (const entry of this.over) if (!this.under.has(entry[0])) yield entry;
    return undefined;
  }

  *keys(): MapIterator<K> {
    for (const [key] of this.entries()) yield key;
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
