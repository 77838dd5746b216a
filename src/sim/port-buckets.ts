/** Below this many keys reading them all costs less than a hash map. */
const FEW = 8;

/**
 * Things found by a pair of ports: two numbers make one integer key, which costs far less than a text of addresses. What
 * else tells things apart the finder compares itself; few flows share both ports.
 */
export class PortBuckets<T> {
  /** Side by side; made with the first thing, as most tables stay empty. */
  private keys: number[] | undefined;
  private things: T[][] | undefined;
  /** Where each key is, once there are many. */
  private places: Map<number, number> | undefined;

  add(a: number, b: number, thing: T): void {
    const key = keyOf(a, b);
    if (this.keys === undefined || this.things === undefined) {
      this.keys = [key];
      this.things = [[thing]];
      return;
    }
    const place = this.find(key);
    if (place >= 0) {
      this.things[place]?.push(thing);
      return;
    }
    this.places?.set(key, this.keys.length);
    this.keys.push(key);
    this.things.push([thing]);
    if (this.places === undefined && this.keys.length > FEW)
      this.places = new Map(this.keys.map((each, i) => [each, i]));
  }

  /** In the order they were added. */
  at(a: number, b: number): readonly T[] {
    const place = this.find(keyOf(a, b));
    return place < 0 ? NONE : (this.things?.[place] ?? NONE);
  }

  remove(a: number, b: number, isIt: (thing: T) => boolean): void {
    const place = this.find(keyOf(a, b));
    const left = this.things?.[place]?.filter((thing) => !isIt(thing));
    if (left !== undefined && this.things !== undefined) this.things[place] = left;
  }

  private find(key: number): number {
    if (this.keys === undefined) return -1;
    return this.places === undefined ? this.keys.indexOf(key) : (this.places.get(key) ?? -1);
  }
}

const NONE: readonly never[] = [];

const keyOf = (a: number, b: number): number => (a << 16) | b;
