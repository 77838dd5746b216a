/**
 * Things found by a pair of ports: two numbers make one integer key, which costs far less than a text of addresses. What
 * else tells things apart the finder compares itself; few flows share both ports.
 */
export class PortBuckets<T> {
  private buckets: Map<number, T[]> | undefined;

  add(a: number, b: number, thing: T): void {
    this.buckets ??= new Map();
    const key = keyOf(a, b);
    const bucket = this.buckets.get(key);
    if (bucket === undefined) this.buckets.set(key, [thing]);
    else bucket.push(thing);
  }

  /** In the order they were added. */
  at(a: number, b: number): readonly T[] {
    return this.buckets?.get(keyOf(a, b)) ?? NONE;
  }

  remove(a: number, b: number, isIt: (thing: T) => boolean): void {
    const key = keyOf(a, b);
    const left = this.buckets?.get(key)?.filter((thing) => !isIt(thing));
    if (left === undefined) return;
    if (left.length === 0) this.buckets?.delete(key);
    else this.buckets?.set(key, left);
  }
}

const NONE: readonly never[] = [];

const keyOf = (a: number, b: number): number => (a << 16) | b;
