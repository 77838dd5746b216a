import type { Cluster, Service } from '../../cluster/index.ts';
import type { Annotations } from './annotations.ts';

/** Who makes a Service's load balancer, and of what kind. */
export type Reconciler =
  | { readonly by: 'aws-load-balancer-controller'; readonly targetType: 'instance' | 'ip' }
  | { readonly by: 'cloud-controller-manager'; readonly type: 'network' | 'classic' }
  /** Somebody the model does not know, or nobody at all. */
  | { readonly by: 'nobody'; readonly why: string };

const LBC_CLASS = 'service.k8s.aws/nlb';

const TYPES = ['nlb', 'nlb-ip', 'external'] as const;
const TARGET_TYPES = ['instance', 'ip'] as const;

/**
 * The first condition that holds decides (aws-load-balancer-controller pkg/service/service_utils.go, IsServiceSupported;
 * cloud-provider-aws pkg/providers/v1/aws.go, EnsureLoadBalancer: it leaves `external` and `nlb-ip` to others, and makes a classic
 * one of any type it does not know). A value that nobody reads refuses nothing; what comes of it is said.
 */
export function reconcilerOf(cluster: Cluster, service: Service, annotations: Annotations): Reconciler {
  const type = annotations.text('type');
  const asked = annotations.text('nlb-target-type');
  const targetType = TARGET_TYPES.find((each) => each === asked);
  const { ingress } = service.status;
  if (ingress.length > 0 && ingress.every(({ hostname }) => hostname === undefined))
    return { by: 'nobody', why: 'its status has an address and no name, and AWS gives names' };
  const loadBalancerClass = service.spec.loadBalancerClass ?? (isGivenClass(cluster, service) ? LBC_CLASS : '');
  if (loadBalancerClass !== '') {
    if (loadBalancerClass !== LBC_CLASS)
      return {
        by: 'nobody',
        why: `loadBalancerClass ${loadBalancerClass} belongs to a controller that is not modelled`,
      };
    annotations.unread('type', TYPES, 'its class decides');
    annotations.unread('nlb-target-type', TARGET_TYPES, 'its controller takes instances');
    // buildTargetType
    const ofPods = type === 'nlb-ip' || targetType === 'ip';
    return { by: 'aws-load-balancer-controller', targetType: ofPods ? 'ip' : 'instance' };
  }
  if (type === 'nlb-ip') return { by: 'aws-load-balancer-controller', targetType: 'ip' };
  if (type === 'external') {
    if (targetType !== undefined) return { by: 'aws-load-balancer-controller', targetType };
    annotations.unread('nlb-target-type', TARGET_TYPES, 'no controller takes the Service');
    const which =
      asked === undefined ? 'without an nlb-target-type' : `with the nlb-target-type "${asked.slice(0, 80)}"`;
    return { by: 'nobody', why: `type external ${which}: no controller takes it` };
  }
  annotations.unread('type', TYPES, 'the cloud controller manager makes a Classic Load Balancer');
  return { by: 'cloud-controller-manager', type: type === 'nlb' ? 'network' : 'classic' };
}

/**
 * The controller's webhook writes its class into every Service of type LoadBalancer that is created without one
 * (webhooks/core/service_mutator.go, since v2.5). A live object shows what was written; a manifest does not.
 */
export const isGivenClass = (cluster: Cluster, service: Service): boolean =>
  service.spec.loadBalancerClass === undefined &&
  service.metadata.uid === undefined &&
  service.metadata.creationTimestamp === undefined &&
  service.status.ingress.length === 0 &&
  cluster.workloads.some(
    ({ kind, metadata, template }) =>
      kind === 'Deployment' &&
      (metadata.name === NAME || template.spec.containers.some(({ image }) => image.includes(`/${NAME}`))),
  );

const NAME = 'aws-load-balancer-controller';
