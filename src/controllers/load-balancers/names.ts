import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Cluster, Service } from '../../cluster/index.ts';
import type { LoadBalancer } from '../../fabric/index.ts';
import { plainName } from '../../net/index.ts';
import { keyOf } from '../labels.ts';

const digits = (text: string, length: number): string => bytesToHex(sha256(utf8ToBytes(text))).slice(0, length);

/**
 * `k8s-NAMESPACE-NAME-HEX`, eight letters of each and ten digits (aws-load-balancer-controller
 * pkg/service/model_build_load_balancer.go, buildLoadBalancerName). The digits are ours: theirs hash a uid.
 */
export function controllerName(cluster: Cluster, service: Service): string {
  const part = (text: string): string => text.replaceAll(/\W|_/g, '').slice(0, 8);
  const { namespace, name } = service.metadata;
  return `k8s-${part(namespace)}-${part(name)}-${digits(`${cluster.name} ${keyOf(service)}`, 10)}`;
}

/** The group of one load balancer, named like it, with the uid hashed where there is one (buildManagedSecurityGroupName). */
export function frontendGroupName(cluster: Cluster, { metadata }: Service): string {
  const part = (text: string): string => text.replaceAll(/\W|_/g, '').slice(0, 8);
  const { namespace, name, uid = '' } = metadata;
  return `k8s-${part(namespace)}-${part(name)}-${digits(`${cluster.name}${name}${namespace}${uid}`, 10)}`;
}

/** `a` and the Service's uid without dashes, 32 letters in all (cloud-provider, DefaultLoadBalancerName). */
export function cloudProviderName(cluster: Cluster, service: Service): string {
  const uid = service.metadata.uid ?? digits(`${cluster.name} ${keyOf(service)}`, 32);
  return `a${uid.replaceAll('-', '')}`.slice(0, 32);
}

/** The name of a load balancer that is there: in its DNS name it stands before the last dash. */
export function nameInHostname(hostname: string): string | undefined {
  const [label = ''] = hostname.split('.');
  return /^(?:internal-)?(.+)-[0-9a-f]+$/.exec(label)?.[1];
}

/** `internal-k8s-shop-front-0123456789-987654321.eu-west-1.elb.amazonaws.com` has the name in front of its number. */
const HOSTNAME = /^(?:dualstack\.)?(internal-)?(.+)-\d+\.[a-z0-9-]+\.elb\.amazonaws\.com(?:\.cn)?\.?$/i;

/**
 * The application or Classic Load Balancer that has a name in DNS: `internal-` is in front of every internal one's, and of no
 * other's, since none may be called so (ELB user guides; CreateLoadBalancer, Name). The name of a network load balancer, which ends
 * otherwise (`.elb.REGION.amazonaws.com`), does not tell.
 */
export function readHostname(
  hostname: string,
): { readonly name: string; readonly scheme: LoadBalancer['scheme'] } | undefined {
  const [, internal, name] = HOSTNAME.exec(hostname) ?? [];
  return name === undefined ? undefined : { name, scheme: internal === undefined ? 'internet-facing' : 'internal' };
}

/** The load balancer's own name in DNS, where the live object has it. */
export function liveHostname({ status }: Service): string | undefined {
  const named = status.ingress.find(({ hostname }) => hostname !== undefined);
  return named?.hostname === undefined ? undefined : plainName(named.hostname);
}
