import type { Cluster, LoadBalancerSubnet, Service, SubnetSpec } from '../../cluster/index.ts';
import type { HealthCheck, TargetGroup } from '../../fabric/index.ts';
import { parseIp } from '../../net/index.ts';
import type { Annotations } from './annotations.ts';
import { readsAnnotation } from './cloud-provider-version.ts';
import { IDLE, isTlsBehind, type ListenerPort, tlsPorts } from './listeners.ts';
import { readLoosePairs } from './pairs.ts';

/**
 * Listeners of the cloud controller manager's network load balancer, one a port: of what the AWS Load Balancer Controller
 * reads for them it knows the certificate and its ports alone (EnsureLoadBalancer).
 */
export function networkListeners(service: Service, annotations: Annotations): readonly ListenerPort[] {
  const hasCertificate = tlsPorts(annotations);
  const reEncrypts = isTlsBehind(annotations);
  return service.spec.ports.flatMap((port): readonly ListenerPort[] => {
    const { protocol } = port;
    if (protocol === 'SCTP') return [];
    if (protocol === 'UDP') return [{ port, protocol, behind: protocol, idleTimeout: IDLE.UDP }];
    if (!hasCertificate(port)) return [{ port, protocol, behind: protocol, idleTimeout: IDLE.TCP }];
    return [{ port, protocol: 'TLS', behind: reEncrypts ? 'TLS' : 'TCP', idleTimeout: IDLE.TCP }];
  });
}

export const ATTRIBUTES = 'target-group-attributes';
export const PRIVATE_ADDRESSES = 'private-ipv4-addresses';
export const PRESERVE = 'preserve_client_ip.enabled';
export const PROXY_PROTOCOL = 'proxy_protocol_v2.enabled';

/** What its annotation says of every target group of a network load balancer (buildTargetGroupAttributes). */
export function networkAttributes(
  cluster: Cluster,
  annotations: Annotations,
): Pick<TargetGroup, 'preserveClientIp' | 'proxyProtocolV2'> {
  const said = readLoosePairs(readsAnnotation(cluster, ATTRIBUTES) ? (annotations.text(ATTRIBUTES) ?? '') : '');
  return { preserveClientIp: said.get(PRESERVE) !== 'false', proxyProtocolV2: said.get(PROXY_PROTOCOL) === 'true' };
}

/** Private addresses are of the subnets in the order of both (createSubnetMappings). */
export function networkSubnets(
  cluster: Cluster,
  annotations: Annotations,
  subnets: readonly SubnetSpec[],
): readonly LoadBalancerSubnet[] {
  const given = readsAnnotation(cluster, PRIVATE_ADDRESSES)
    ? annotations.text(PRIVATE_ADDRESSES)?.split(',')
    : undefined;
  return subnets.map(({ id }, i) => {
    const privateIp = parseIp(given?.[i] ?? '');
    return { id, ...(privateIp === undefined ? {} : { privateIp }) };
  });
}

/** No annotation of its names the codes: a Classic Load Balancer knows 200 alone (its user guide, health checks). */
export const withCodes = (check: HealthCheck, type: 'network' | 'classic'): HealthCheck =>
  check.protocol === 'TCP' ? check : { ...check, matcher: type === 'classic' ? '200' : '200-399' };
