/** `1/2`, `1/3`, or a percentage when no small fraction fits. Kernel odds are multiples of 2^-31: near enough counts. */
export function fraction(p: number): string {
  for (let of = 1; of <= 64; of++) {
    const count = Math.round(p * of);
    if (count > 0 && Math.abs(count / of - p) < 1e-7) return of === 1 ? '1' : `${count}/${of}`;
  }
  return `${(p * 100).toPrecision(3)} %`;
}
