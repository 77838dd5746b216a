import {
  type IpRule,
  LOCAL_TABLE,
  MAIN_TABLE,
  type Netns,
  type Route,
  tableName,
  type Unmodelled,
} from '../linux/index.ts';
import type { Family } from '../net/index.ts';

/**
 * What routes tell of a family's tables. `ip route` prints main and names no table; `ip route show table all` names each but
 * main, and of a family with an address there is always `local` among them (iproute2 6.1, ip/iproute.c print_route).
 */
export function toldTables(routes: readonly Route[], family: Family): 'none' | 'main' | 'all' {
  const own = routes.filter((route) => route.family === family);
  if (own.length === 0) return 'none';
  return own.every(({ table }) => table === MAIN_TABLE) ? 'main' : 'all';
}

/** Tables that rules of a family ask, but for the two every namespace has routes in. */
export const askedTables = (rules: readonly IpRule[], family: Family): readonly number[] => [
  ...new Set(
    rules.flatMap(({ family: of, action }) =>
      of === family && action.kind === 'lookup' && action.table !== LOCAL_TABLE && action.table !== MAIN_TABLE
        ? action.table
        : [],
    ),
  ),
];

const FAMILIES = [4, 6] as const;

/** What a namespace's folder leaves open of the families it has addresses of. `folder` is how the user named it. */
export function unsaidRoutes({ routes, rules, addresses }: Netns, folder: string): readonly Unmodelled[] {
  return FAMILIES.filter((family) => addresses.some((each) => each.family === family && each.dev !== 'lo')).flatMap(
    (family): readonly Unmodelled[] => {
      const told = toldTables(routes, family);
      const rule = rules.some((each) => each.family === family);
      const file = `${folder}/${told === 'none' || rule ? 'ip-route.json' : 'ip-rule.json'}`;
      const at = { file };
      if (told === 'none' || !rule) {
        const what = `${file} says nothing of IPv${family}: how it is routed is not known`;
        return [{ scope: { kind: 'routes', family }, what, at }];
      }
      if (told === 'all') return [];
      return askedTables(rules, family).map((table) => ({
        scope: { kind: 'routes', family, table },
        what: `${file} tells of table main alone: what table ${tableName(table)} holds is not known`,
        at,
      }));
    },
  );
}
