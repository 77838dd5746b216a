import { MapView } from './map-view.ts';

/**
 * Two maps read as one: `over` wins, `under` is shared and never copied. Keys of both are iterated once, `under` first.
 * Lets a thousand nodes share one big map and each add a few entries of its own.
 */
export class LayeredMap<K, V> extends MapView<K, V> {
  private readonly under: ReadonlyMap<K, V>;
  private readonly over: ReadonlyMap<K, V>;

  constructor(under: ReadonlyMap<K, V>, over: ReadonlyMap<K, V>) {
    super();
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

  *keys(): MapIterator<K> {
    yield* this.under.keys();
    for (const key of this.over.keys()) if (!this.under.has(key)) yield key;
    return undefined;
  }
}
