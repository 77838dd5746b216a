import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Ingress, LoadBalancerSpec, Service } from '../../cluster/index.ts';
import { readHostname } from '../load-balancers/names.ts';
import type { IngressGroup, Member } from './groups.ts';

const hash = (...parts: readonly string[]): string => bytesToHex(sha256(utf8ToBytes(parts.join('')))).slice(0, 10);
const alphanumeric = (text: string): string => text.replace(/[^0-9A-Za-z]/g, '');

/**
 * The name the controller gives a load balancer: readable parts, and a hash over the cluster's name, the group and the
 * scheme (model_build_load_balancer.go buildLoadBalancerName).
 */
export const loadBalancerName = (clusterName: string, group: IngressGroup, scheme: string): string =>
  nameOf(clusterName, group, scheme);

/** The group made for that load balancer alone is named like it, whatever the scheme (buildManagedSecurityGroupName). */
export const frontendGroupName = (clusterName: string, group: IngressGroup): string => nameOf(clusterName, group);

function nameOf(clusterName: string, group: IngressGroup, ...rest: readonly string[]): string {
  const [first] = group.members;
  const { namespace = '', name = '' } = first?.ingress.metadata ?? {};
  const id = group.name ?? `${namespace}/${name}`;
  const unique = hash(clusterName, id, ...rest);
  if (group.name !== undefined) return `k8s-${alphanumeric(group.name).slice(0, 17)}-${unique}`;
  return `k8s-${alphanumeric(namespace).slice(0, 8)}-${alphanumeric(name).slice(0, 8)}-${unique}`;
}

/** As the controller shapes it; its hash also covers UIDs, which manifests do not have, so the last part is ours. */
export function targetGroupName(
  clusterName: string,
  ingress: Ingress,
  service: Service,
  port: number,
  ...rest: readonly string[]
): string {
  const { namespace, name } = service.metadata;
  const parts = [
    clusterName,
    ingress.metadata.namespace,
    ingress.metadata.name,
    namespace,
    name,
    String(port),
    ...rest,
  ];
  const unique = hash(parts.join('/'));
  return `k8s-${alphanumeric(namespace).slice(0, 8)}-${alphanumeric(name).slice(0, 8)}-${unique}`;
}

/** What the name of a live load balancer tells of it. */
interface Named {
  readonly scheme: LoadBalancerSpec['scheme'];
  readonly hostname: string;
  readonly member: Member;
}

/** By the first name in the status of its members that tells a scheme. */
export function namedScheme({ members }: IngressGroup): Named | undefined {
  for (const member of members)
    for (const hostname of member.ingress.status.hostnames) {
      const scheme = readHostname(hostname)?.scheme;
      if (scheme !== undefined) return { scheme, hostname, member };
    }
  return undefined;
}
