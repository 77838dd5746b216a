import type { SecurityGroupPolicy } from '../objects.ts';
import { type Fields, maybe } from '../read/fields.ts';
import { sgpFields } from './api-fields.ts';
import { readMetadata, readSelector } from './metadata.ts';

/**
 * `vpcresources.k8s.aws/v1beta1` SecurityGroupPolicy (amazon-vpc-resource-controller-k8s, `apis/vpcresources/v1beta1`). One
 * without a selector, which the API takes, selects nobody (`pkg/utils/helper.go`, filterPodSecurityGroups).
 */
export function readSecurityGroupPolicy(fields: Fields): SecurityGroupPolicy {
  fields.known(sgpFields.object, 'warning');
  const spec = fields.child('spec');
  if (spec === undefined && !fields.has('spec')) fields.missing('spec');
  spec?.known(sgpFields.spec, 'warning');
  const groups = spec?.child('securityGroups');
  groups?.known(sgpFields.groups, 'warning');
  const groupIds = groups?.strings('groupIds') ?? [];
  if (spec !== undefined && groupIds.length === 0 && groups?.has('groupIds') !== true)
    spec.missing('securityGroups.groupIds');
  const selector = (key: string) =>
    maybe(key, spec?.has(key) === true && spec.get(key) !== null ? readSelector(spec.child(key)) : undefined);
  const metadata = readMetadata(fields, true);
  const selectors = { ...selector('podSelector'), ...selector('serviceAccountSelector') };
  if (spec !== undefined && Object.keys(selectors).length === 0)
    spec.complain([], {
      code: 'selects-nothing',
      severity: 'warning',
      message: `SecurityGroupPolicy "${metadata.namespace}/${metadata.name}" has no selector and selects no pod`,
      expected: 'expected podSelector or serviceAccountSelector; an empty one, {}, selects all',
    });
  return {
    kind: 'SecurityGroupPolicy',
    metadata,
    source: fields.document.source,
    spec: { ...selectors, groupIds },
  };
}
