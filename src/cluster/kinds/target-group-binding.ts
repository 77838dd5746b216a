import type { PeerSpec } from '../filters.ts';
import type { TargetGroupBinding, TargetGroupIngress } from '../objects.ts';
import { type Fields, maybe } from '../read/fields.ts';
import { tgbFields } from './api-fields.ts';
import { readMetadata, readSelector } from './metadata.ts';

/** `elbv2.k8s.aws/v1beta1` TargetGroupBinding (aws-load-balancer-controller apis/elbv2/v1beta1/targetgroupbinding_types.go). */
export function readTargetGroupBinding(fields: Fields): TargetGroupBinding {
  fields.known(tgbFields.object, 'warning');
  const spec = fields.child('spec');
  if (spec === undefined && !fields.has('spec')) fields.missing('spec');
  spec?.known(tgbFields.spec, 'warning');
  const targetGroupARN = spec?.string('targetGroupARN');
  const targetGroupName = spec?.string('targetGroupName');
  // One of the two (webhooks/elbv2/targetgroupbinding_mutator.go looks the ARN up by the name).
  if (spec !== undefined && targetGroupARN === undefined && targetGroupName === undefined)
    spec.missing('targetGroupARN');
  const ref = spec?.child('serviceRef');
  if (spec !== undefined && ref === undefined && !spec.has('serviceRef')) spec.missing('serviceRef');
  if (ref !== undefined && !ref.has('port')) ref.missing('port');
  return {
    kind: 'TargetGroupBinding',
    metadata: readMetadata(fields, true),
    source: fields.document.source,
    spec: {
      ...maybe('targetGroupARN', targetGroupARN),
      ...maybe('targetGroupName', targetGroupName),
      ...maybe('targetType', spec?.oneOf('targetType', ['instance', 'ip'])),
      ...maybe('ipAddressType', spec?.oneOf('ipAddressType', ['ipv4', 'ipv6'])),
      serviceRef: { name: ref?.required('name') ?? '', port: (ref && readPort(ref)) ?? 0 },
      ...maybe(
        'nodeSelector',
        spec?.has('nodeSelector') === true ? readSelector(spec.child('nodeSelector')) : undefined,
      ),
      multiClusterTargetGroup: spec?.boolean('multiClusterTargetGroup') ?? false,
      ...maybe('networking', spec?.child('networking')?.each('ingress', readRule)),
    },
    targets: [],
  };
}

/** A number, or the name of a port: the API's IntOrString. */
const readPort = (fields: Fields): number | string | undefined =>
  typeof fields.get('port') === 'string' ? fields.string('port') : fields.port('port');

function readRule(rule: Fields): TargetGroupIngress {
  rule.known(tgbFields.rule, 'warning');
  const ports = rule.each('ports', (port) => {
    port.known(tgbFields.port, 'warning');
    const protocol = port.oneOf('protocol', ['TCP', 'UDP']) === 'UDP' ? ('udp' as const) : ('tcp' as const);
    return { protocol, ...maybe('port', readPort(port)) };
  });
  return { from: rule.children('from').flatMap(readPeer), ports };
}

function readPeer(peer: Fields): readonly PeerSpec[] {
  peer.known(tgbFields.peer, 'warning');
  const id = peer.child('securityGroup')?.required('groupID');
  if (id !== undefined) return [{ kind: 'security-group', id }];
  const cidr = peer.child('ipBlock')?.cidr('cidr');
  if (cidr !== undefined) return [{ kind: 'cidr', cidr }];
  if (!peer.has('ipBlock')) peer.missing('securityGroup');
  return [];
}
