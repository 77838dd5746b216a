import type { Cluster } from '../../cluster/index.ts';
import { own } from '../labels.ts';

/** Groups as an annotation gives them: by id, or by their tag Name (pkg/networking/security_group_resolver.go). */
export const namedGroups = ({ filters }: Cluster, names: readonly string[]): readonly string[] =>
  names.map((name) => {
    const byId = filters.securityGroups.find(({ id }) => id === name);
    return (byId ?? filters.securityGroups.find(({ tags = {} }) => own(tags, 'Name') === name))?.id ?? name;
  });
