import type { VpcRoute } from './types.ts';

/** A VPC's routes in the order they count: no route of the same block comes before `local` (VPC guide, route priority). */
export const localFirst = (routes: readonly VpcRoute[]): readonly VpcRoute[] =>
  [...routes].sort((a, b) => Number(b.target.kind === 'local') - Number(a.target.kind === 'local'));
