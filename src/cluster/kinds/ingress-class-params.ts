import type { SourceRef } from '../../base/index.ts';
import type { IngressClassParams } from '../ingress-objects.ts';
import type { Fields } from '../read/fields.ts';
import { readMetadata } from './metadata.ts';

/** Fields that say what an annotation of an Ingress would (apis/elbv2/v1beta1/ingressclassparams_types.go): `a.b` is a field of a field. */
const TEXTS: ReadonlyMap<string, string> = new Map([
  ['group.name', 'group.name'],
  ['scheme', 'scheme'],
  ['ipAddressType', 'ip-address-type'],
  ['targetType', 'target-type'],
  ['loadBalancerName', 'load-balancer-name'],
  ['sslPolicy', 'ssl-policy'],
  ['sslRedirectPort', 'ssl-redirect'],
  ['wafv2AclArn', 'wafv2-acl-arn'],
  ['wafv2AclName', 'wafv2-acl-name'],
]);

/** The same of lists; of two spellings the first counts. */
const LISTS: ReadonlyMap<string, string> = new Map([
  ['inboundCIDRs', 'inbound-cidrs'],
  ['certificateArn', 'certificate-arn'],
  ['prefixListsIDs', 'security-group-prefix-lists'],
  ['PrefixListsIDs', 'security-group-prefix-lists'],
]);

/** Tags, numbers, headers, and where AWS takes an address from: none changes a path. */
const UNREAD: ReadonlySet<string> = new Set([
  'group',
  'tags',
  'listeners',
  'minimumLoadBalancerCapacity',
  'ipamConfiguration',
]);

/** Items of `key` and `value`, each by itself beside the annotation's; of two of one key the last counts. */
const ATTRIBUTES = { field: 'loadBalancerAttributes', key: 'load-balancer-attributes' };

/** `elbv2.k8s.aws/v1beta1` IngressClassParams. What is empty there is as if it were absent. */
export function readIngressClassParams(fields: Fields): IngressClassParams {
  const spec = fields.child('spec');
  const settings: Record<string, string> = Object.create(null);
  const said = new Map<string, { readonly field: string; readonly at: SourceRef }>();
  const keep = (key: string, field: string, text: string | undefined): void => {
    if (spec === undefined || text === undefined || text === '' || said.has(key)) return;
    settings[key] = text;
    said.set(key, { field: `spec.${field}`, at: spec.place(...field.split('.')) });
  };
  for (const [field, key] of TEXTS) {
    const [name = '', inner] = field.split('.');
    keep(key, field, inner === undefined ? spec?.string(name) : spec?.child(name)?.string(inner));
  }
  for (const [field, key] of LISTS) keep(key, field, spec?.strings(field).join(','));
  for (const [i, item] of (spec?.children(ATTRIBUTES.field) ?? []).entries()) {
    const name = `${ATTRIBUTES.key}.${item.required('key')}`;
    settings[name] = item.string('value') ?? '';
    said.set(name, { field: `spec.${ATTRIBUTES.field}[${i}]`, at: item.place('value') });
  }
  const open = Object.keys(spec?.value ?? {}).filter(
    (key) =>
      !TEXTS.has(key) && !LISTS.has(key) && !UNREAD.has(key) && key !== ATTRIBUTES.field && !isEmpty(spec?.get(key)),
  );
  return {
    kind: 'IngressClassParams',
    metadata: readMetadata(fields, false),
    source: fields.document.source,
    settings,
    said,
    open: new Map(open.map((key) => [`spec.${key}`, fields.place('spec', key)])),
  };
}

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === '' ||
  (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
