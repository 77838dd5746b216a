/** A map by two texts, which never have to be joined into one. */
export class NestedMap<V> {
  private readonly outer = new Map<string, Map<string, V>>();

  set(a: string, b: string, value: V): void {
    const inner = this.outer.get(a);
    if (inner === undefined) this.outer.set(a, new Map([[b, value]]));
    else inner.set(b, value);
  }

  inner(a: string): ReadonlyMap<string, V> | undefined {
    return this.outer.get(a);
  }

  get(a: string, b: string): V | undefined {
    return this.outer.get(a)?.get(b);
  }
}
