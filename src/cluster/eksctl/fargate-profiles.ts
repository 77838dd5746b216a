import type { FargateProfileSpec } from '../network.ts';
import type { Fields } from '../read/fields.ts';
import { fargateFields, selectorFields } from './fields.ts';

/** `fargateProfiles` of a ClusterConfig (pkg/apis/eksctl.io/v1alpha5/fargate.go); a subnet by its id, or by its name here. */
export function readFargateProfiles(config: Fields): readonly FargateProfileSpec[] {
  return config.children('fargateProfiles').map((profile) => {
    profile.known(fargateFields, 'error');
    const selectors = profile.children('selectors').map((selector) => {
      selector.known(selectorFields, 'error');
      return {
        namespace: selector.required('namespace'),
        labels: selector.record('labels'),
        source: selector.place(),
      };
    });
    if (selectors.length === 0) profile.missing('selectors');
    return {
      name: profile.required('name'),
      selectors,
      subnets: profile.strings('subnets').map((id, i) => ({ id, source: profile.place('subnets', i) })),
      source: profile.place(),
    };
  });
}
