import type { Cluster, Service } from '../../cluster/index.ts';
import type { Annotations } from './annotations.ts';
import {
  CONTROLLER,
  controllerOf,
  flagOf,
  hearsOf,
  refusesIpTargets,
  unknownController,
  unwatched,
} from './controller.ts';

/** Who makes a Service's load balancer, and of what kind. */
export type Reconciler =
  | { readonly by: 'aws-load-balancer-controller'; readonly targetType: 'instance' | 'ip' }
  | { readonly by: 'cloud-controller-manager'; readonly type: 'network' | 'classic' }
  /** Somebody the model does not know, or nobody at all. */
  | { readonly by: 'nobody'; readonly why: string };

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
  const lbc = controllerOf(cluster);
  const loadBalancerClass =
    service.spec.loadBalancerClass ?? (isGivenClass(cluster, service) ? lbc.loadBalancerClass : '');
  const byLbc = (): Reconciler => byController(cluster, service, type === 'nlb-ip', asked ?? lbc.targetType);
  if (loadBalancerClass !== '') {
    if (loadBalancerClass !== lbc.loadBalancerClass)
      return { by: 'nobody', why: `loadBalancerClass ${loadBalancerClass} belongs to ${elsewhere(cluster)}` };
    annotations.unread('type', TYPES, 'its class decides');
    annotations.unread('nlb-target-type', TARGET_TYPES, 'its controller takes instances');
    return byLbc();
  }
  if (type === 'nlb-ip') return byLbc();
  if (type === 'external') {
    if (targetType !== undefined) return byLbc();
    annotations.unread('nlb-target-type', TARGET_TYPES, 'no controller takes the Service');
    const which =
      asked === undefined ? 'without an nlb-target-type' : `with the nlb-target-type "${asked.slice(0, 80)}"`;
    return { by: 'nobody', why: `type external ${which}: no controller takes it` };
  }
  annotations.unread('type', TYPES, 'the cloud controller manager makes a Classic Load Balancer');
  return { by: 'cloud-controller-manager', type: type === 'nlb' ? 'network' : 'classic' };
}

function elsewhere(cluster: Cluster): string {
  const lbc = controllerOf(cluster);
  return lbc.places.has(CLASS)
    ? `no controller that is modelled: that of ${CONTROLLER} is ${flagOf(lbc, CLASS, lbc.loadBalancerClass)}`
    : 'a controller that is not modelled';
}

const CLASS = 'load-balancer-class';

/** As the controller's arguments let it (service_utils.go IsServiceSupported, model_build_target_group.go buildTargetType). */
function byController(cluster: Cluster, { metadata }: Service, isNlbIp: boolean, asked: string): Reconciler {
  const lbc = controllerOf(cluster);
  const off = lbc.gates.EnableServiceController
    ? undefined
    : `${CONTROLLER} looks at no Service: ${flagOf(lbc, 'EnableServiceController')}`;
  const why =
    unknownController(cluster) ??
    off ??
    unwatched(cluster, metadata.namespace) ??
    (asked === 'ip' ? refusesIpTargets(cluster) : undefined);
  if (why !== undefined) return { by: 'nobody', why };
  return { by: 'aws-load-balancer-controller', targetType: isNlbIp || asked === 'ip' ? 'ip' : 'instance' };
}

/** Whether it is created without a class: a live object shows what was written into it; a manifest does not. */
export const isNew = ({ spec, metadata, status }: Service): boolean =>
  spec.loadBalancerClass === undefined &&
  metadata.uid === undefined &&
  metadata.creationTimestamp === undefined &&
  status.ingress.length === 0;

/**
 * The controller's webhook writes its class into every Service of type LoadBalancer that is created without one
 * (webhooks/core/service_mutator.go, since v2.5).
 */
export const isGivenClass = (cluster: Cluster, service: Service): boolean =>
  isNew(service) && cluster.loadBalancerController !== undefined && hearsOf(cluster, service);
