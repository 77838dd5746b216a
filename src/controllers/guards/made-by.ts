import type { Cluster, Filters } from '../../cluster/index.ts';

/** The input has groups of its own: then what is not let in is stopped. */
export const describesGroups = ({ filters }: Pick<Cluster, 'filters'>): boolean =>
  filters.securityGroups.some(({ by }) => by === undefined);

/** Without the groups and rules that controllers wrote: what they start from when they run again. */
export const withoutWritten = (filters: Filters): Filters => ({
  ...filters,
  securityGroups: filters.securityGroups
    .filter(({ by }) => by === undefined)
    .map((group) =>
      group.ingress.every(({ by }) => by === undefined)
        ? group
        : { ...group, ingress: group.ingress.filter(({ by }) => by === undefined) },
    ),
});
