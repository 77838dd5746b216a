import { isLinkLocal, isUnspecified, parseIp } from '../../net/index.ts';
import type { Complaint, Fields } from '../read/fields.ts';
import type { PathKey } from '../read/json-positions.ts';
import { isObject } from '../read/raw-document.ts';
import { severityIn } from './names.ts';

/**
 * What the API server refuses of a Service as a whole (pkg/apis/core/validation/validation.go, ValidateService and
 * validateServiceExternalTrafficPolicy; pkg/api/service, ExternallyAccessible). A live object was taken by the server that has
 * it: of that one it is a warning.
 */
export function checkServiceRules(object: Fields, spec: Fields): void {
  const severity = severityIn(object.document);
  const refuse = (at: Fields, keys: readonly PathKey[], complaint: Complaint): void =>
    at.complain(keys, { severity, ...complaint });
  const type = spec.get('type') ?? 'ClusterIP';
  const isOpen = type === 'NodePort' || type === 'LoadBalancer';
  const several = spec.get('clusterIPs');
  const isHeadless = spec.get('clusterIP') === 'None' || (Array.isArray(several) && several[0] === 'None');
  if (isHeadless && isOpen)
    refuse(spec, ['clusterIP'], {
      code: 'wrong-value',
      message: `Field "${spec.name('clusterIP')}" is "None" on a Service of type ${type}`,
      expected: 'expected an address, or type ClusterIP',
    });
  if (!isHeadless && type !== 'ExternalName' && (!spec.has('ports') || listOf(spec, 'ports', [0]).length === 0))
    refuse(spec, [], {
      code: 'missing-field',
      message: `Field "${spec.name('ports')}" is empty`,
      expected: 'expected a port; only headless Services and those of type ExternalName may have none',
    });
  if (spec.has('externalTrafficPolicy') && !isOpen && !(type === 'ClusterIP' && listOf(spec, 'externalIPs').length > 0))
    refuse(spec, ['externalTrafficPolicy'], {
      code: 'wrong-value',
      message: `Field "${spec.name('externalTrafficPolicy')}" is set on a Service of type ${type}`,
      expected: 'expected type NodePort or LoadBalancer, or externalIPs',
    });
  if (type === 'ClusterIP')
    for (const [i, port] of listOf(spec, 'ports').entries())
      if (isObject(port) && typeof port.nodePort === 'number' && port.nodePort !== 0)
        refuse(spec, ['ports', i, 'nodePort'], {
          code: 'wrong-value',
          message: `Field "${spec.name('ports', i, 'nodePort')}" is set on a Service of type ClusterIP`,
          expected: 'expected type NodePort or LoadBalancer',
        });
  for (const [i, text] of listOf(spec, 'externalIPs').entries()) {
    const kind = typeof text === 'string' ? specialKind(text) : undefined;
    if (kind === undefined) continue;
    refuse(spec, ['externalIPs', i], {
      code: 'wrong-value',
      message: `Field "${spec.name('externalIPs', i)}" is the ${kind} address "${String(text)}"`,
      expected: 'expected an address that others can reach',
    });
  }
}

/** What is no list is complained of where it is read. */
const listOf = (fields: Fields, key: string, otherwise: readonly unknown[] = []): readonly unknown[] => {
  const value = fields.get(key);
  return Array.isArray(value) ? value : otherwise;
};

/** ValidateNonSpecialIP. */
function specialKind(text: string): string | undefined {
  const address = parseIp(text);
  if (address === undefined) return undefined;
  if (isUnspecified(address)) return 'unspecified';
  if (address === '::1' || address.startsWith('127.')) return 'loopback';
  if (isLinkLocal(address)) return 'link-local';
  return undefined;
}
