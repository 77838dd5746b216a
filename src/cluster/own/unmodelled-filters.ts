import type { UnmodelledInput } from '../cluster.ts';
import type { Fields } from '../read/fields.ts';
import { filterFields } from './schemas.ts';

/** Security groups and network ACLs that a Network has: of one VPC they touch that VPC, of the network every one. */
export function unmodelledFilters(network: Fields): readonly UnmodelledInput[] {
  const spec = network.child('spec');
  if (spec === undefined) return [];
  return [...filtersOf(spec, undefined), ...spec.children('vpcs').flatMap((vpc) => filtersOf(vpc, vpc.string('id')))];
}

const filtersOf = (fields: Fields, vpc: string | undefined): readonly UnmodelledInput[] =>
  [...filterFields]
    .filter((key) => fields.has(key))
    .map((key) => ({
      what: `Field "${fields.name(key)}" is not modelled yet`,
      at: fields.place(key),
      touches: vpc === undefined ? { kind: 'vpc' } : { kind: 'vpc', id: vpc },
    }));
