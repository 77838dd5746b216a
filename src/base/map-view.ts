/**
 * A map that holds no entries of its own: who knows its keys and can find one value gets the rest of `ReadonlyMap`.
 * A key whose value is not there after all is passed over.
 */
export abstract class MapView<K, V> implements ReadonlyMap<K, V> {
  abstract get size(): number;
  abstract has(key: K): boolean;
  abstract get(key: K): V | undefined;
  abstract keys(): MapIterator<K>;

  *entries(): MapIterator<[K, V]> {
    for (const key of this.keys()) {
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
