import { type Issue, showSource } from '../../base/index.ts';
import { readSelector } from '../kinds/metadata.ts';
import { AS_INSTALLED, type LoadBalancerController, type LoadBalancerGate } from '../load-balancer-controller.ts';
import type { PodSpec } from '../objects.ts';
import type { Fields } from '../read/fields.ts';
import { readLoadBalancerFlags } from './load-balancer-flags.ts';

/** What of the AWS Load Balancer Controller is in the input. */
export interface LoadBalancerParts {
  /** Templates of its Deployments. */
  readonly templates: readonly Fields[];
  /** Its pods, as a listing of pods alone has them. */
  readonly pods: readonly Fields[];
  /** MutatingWebhookConfigurations, whosever they are. */
  readonly webhooks: readonly Fields[];
}

const NAME = 'aws-load-balancer-controller';
/** In its repositories, the older name of v1 and v2.0 to v2.3 among them; a mirror has its own registry in front. */
const IMAGE = /(?:^|\/)aws-(?:load-balancer|alb-ingress)-controller[^/:@]*(?::([^/@]+))?(?:@.*)?$/;

/** Whether this is the controller: by its own name, or the image of one of its containers. */
export const isLoadBalancerController = (name: string, { containers }: PodSpec): boolean =>
  name === NAME || containers.some(({ image }) => IMAGE.test(image));

/** Undefined: the input does not have it. */
export function readLoadBalancerController(
  { templates, pods, webhooks }: LoadBalancerParts,
  issues: Issue[],
): LoadBalancerController | undefined {
  const owners = templates.length > 0 ? templates : pods;
  const [first, ...more] = owners.map((owner) => readOne(owner, issues));
  if (first === undefined) return undefined;
  const other = more.find((each) => !isSame(each.of, first.of));
  const unmodelled = other && {
    what: `two of it run, and otherwise: ${showSource(first.at)} and here`,
    at: other.at,
  };
  return { ...first.of, ...heardBy(webhooks, first.of), ...(unmodelled === undefined ? {} : { unmodelled }) };
}

const isSame = (one: LoadBalancerController, other: LoadBalancerController): boolean =>
  JSON.stringify(withoutPlaces(one)) === JSON.stringify(withoutPlaces(other));

const withoutPlaces = ({ places: _, unmodelled, writesNoClass, ...rest }: LoadBalancerController): unknown => [
  rest,
  unmodelled?.what,
  writesNoClass?.what,
];

function readOne(owner: Fields, issues: Issue[]) {
  const containers = owner.child('spec')?.children('containers') ?? [];
  const container =
    containers.find((each) => IMAGE.test(String(each.get('image') ?? ''))) ??
    containers.find((each) => each.get('name') === NAME || each.get('name') === 'controller') ??
    containers[0];
  if (container === undefined) return { of: AS_INSTALLED, at: owner.place() };
  const release = releaseOf(container);
  const lacks = GATES_SINCE.flatMap(([gate, since]) => (release !== undefined && release < since ? [gate] : []));
  return { of: { ...readLoadBalancerFlags(container, issues, lacks), ...ofRelease(container) }, at: container.place() };
}

/** What a release does that those before it do not (pkg/config/feature_gates.go of its tags). */
const GATES_SINCE: readonly (readonly [gate: LoadBalancerGate, since: number])[] = [
  ['NLBSecurityGroup', 2006],
  ['SubnetDiscoveryByReachability', 2013],
];

const tagOf = (container: Fields): string | undefined => IMAGE.exec(String(container.get('image') ?? ''))?.[1];

/** `v2.13.4` is 2013; undefined: the image has no tag that says so. */
function releaseOf(container: Fields): number | undefined {
  const [, major, minor] = /^v?(\d+)\.(\d+)\.\d+(?:$|[-+_.])/.exec(tagOf(container) ?? '') ?? [];
  return major === undefined ? undefined : Number(major) * 1000 + Number(minor);
}

/** The webhook that writes the class came with v2.5.0 (webhooks/core/service_mutator.go); v1 is another program. */
function ofRelease(container: Fields): Pick<LoadBalancerController, 'unmodelled' | 'writesNoClass'> {
  const [tag, release] = [tagOf(container), releaseOf(container)];
  if (release === undefined) return {};
  const at = container.place('image');
  const writesNoClass = { what: `its release ${tag} writes its class into no Service, as those since v2.5.0 do`, at };
  if (release >= 2005) return {};
  return release >= 2000
    ? { writesNoClass }
    : { writesNoClass, unmodelled: { what: `its release ${tag} is another program than v2, and not modelled`, at } };
}

const SUFFIX = '.elbv2.k8s.aws';
const OF_SERVICES = `mservice${SUFFIX}`;

/**
 * The Helm chart leaves the webhook for Services out where `enableServiceMutatorWebhook` is false (templates/webhook.yaml). Where
 * the input has none of the controller's webhooks it is taken to have them all.
 */
function heardBy(
  configurations: readonly Fields[],
  { writesNoClass }: LoadBalancerController,
): Pick<LoadBalancerController, 'hears' | 'writesNoClass'> {
  const own = configurations
    .flatMap((each) => each.children('webhooks'))
    .filter((hook) => String(hook.get('name') ?? '').endsWith(SUFFIX));
  const [first] = own;
  if (first === undefined || writesNoClass !== undefined) return {};
  const hook = own.find((each) => each.get('name') === OF_SERVICES);
  if (hook === undefined)
    return {
      writesNoClass: { what: `of its webhooks ${OF_SERVICES} is missing, which writes its class`, at: first.place() },
    };
  const [objects, namespaces] = (['objectSelector', 'namespaceSelector'] as const).map((key) => hook.child(key));
  if (objects === undefined && namespaces === undefined) return {};
  return { hears: { objects: readSelector(objects), namespaces: readSelector(namespaces) } };
}
