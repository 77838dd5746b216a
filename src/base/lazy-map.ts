import { MapView } from './map-view.ts';

/**
 * The keys of `of`, with values made when they are first read, and kept: keys, size and `has` cost nothing, and reading
 * one value twice gives the same object.
 *
 * @example
 * new LazyMap(new Map([['a', () => expensive()]]), (make) => make())
 */
export class LazyMap<K, S, V> extends MapView<K, V> {
  private readonly of: ReadonlyMap<K, S>;
  private readonly make: (source: S, key: K) => V;
  private readonly made = new Map<K, V>();

  constructor(of: ReadonlyMap<K, S>, make: (source: S, key: K) => V) {
    super();
    this.of = of;
    this.make = make;
  }

  get size(): number {
    return this.of.size;
  }

  has(key: K): boolean {
    return this.of.has(key);
  }

  get(key: K): V | undefined {
    const known = this.made.get(key);
    if (known !== undefined) return known;
    const source = this.of.get(key);
    if (source === undefined) return undefined;
    const value = this.make(source, key);
    this.made.set(key, value);
    return value;
  }

  keys(): MapIterator<K> {
    return this.of.keys();
  }
}
