import { branchRows } from './branch-rows.ts';

const limits: ReadonlyMap<string, number> = readRows();

/** Branch interfaces an instance type can have; 0 for one that cannot trunk, or that nobody knows. */
export const branchLimit = (type: string): number => limits.get(type) ?? 0;

function readRows(): Map<string, number> {
  const read = new Map<string, number>();
  for (const [families, text] of branchRows) {
    for (const group of text.split(', ')) {
      const [count, ...sizes] = group.split(' ');
      for (const family of families.split(' ')) for (const size of sizes) read.set(`${family}.${size}`, Number(count));
    }
  }
  return read;
}
