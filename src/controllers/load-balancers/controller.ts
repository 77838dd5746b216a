import { showSource } from '../../base/index.ts';
import {
  AS_INSTALLED,
  type Cluster,
  type LoadBalancerController,
  type LoadBalancerGate,
  type Service,
} from '../../cluster/index.ts';
import type { TargetGroup } from '../../fabric/index.ts';
import { own, selectorMatches } from '../labels.ts';

/** As the input shows it to run; where it does not, as it is installed. */
export const controllerOf = ({ loadBalancerController }: Cluster): LoadBalancerController =>
  loadBalancerController ?? AS_INSTALLED;

export const CONTROLLER = 'the AWS Load Balancer Controller';

/** `--watch-namespace=apps (lbc.yaml:21)`; of a gate, `feature gate ALBSingleSubnet (lbc.yaml:22)`. */
export function flagOf({ places }: LoadBalancerController, name: string, value?: string): string {
  const at = places.get(name);
  const isGate = Object.hasOwn(AS_INSTALLED.gates, name);
  const flag = isGate ? `feature gate ${name}` : `--${name}${value === undefined ? '' : `=${value}`}`;
  return at === undefined ? flag : `${flag} (${showSource(at)})`;
}

export const isOn = (cluster: Cluster, gate: LoadBalancerGate): boolean => controllerOf(cluster).gates[gate];

/** Why nothing is known of what the controller makes, whatever it is of. */
export function unknownController(cluster: Cluster): string | undefined {
  const { unmodelled } = controllerOf(cluster);
  return unmodelled && `what ${CONTROLLER} makes is not known: ${unmodelled.what} (${showSource(unmodelled.at)})`;
}

/** Why the controller does not look at what is in a namespace. */
export function unwatched(cluster: Cluster, namespace: string): string | undefined {
  const of = controllerOf(cluster);
  const { watchNamespace } = of;
  if (watchNamespace === '' || watchNamespace === namespace) return undefined;
  return `${CONTROLLER} looks at namespace ${watchNamespace} alone: ${flagOf(of, 'watch-namespace', watchNamespace)}`;
}

/** Why targets of type ip are refused. */
export function refusesIpTargets(cluster: Cluster): string | undefined {
  const of = controllerOf(cluster);
  return of.gates.EnableIPTargetType
    ? undefined
    : `${CONTROLLER} takes no targets of type ip, which is off: ${flagOf(of, 'EnableIPTargetType')}`;
}

/** Why it is not known which of the targets are registered: it takes no more than some, whichever come first. */
export function tooManyTargets(cluster: Cluster, groups: readonly TargetGroup[]): string | undefined {
  const of = controllerOf(cluster);
  const { maxTargets } = of;
  const group = maxTargets === 0 ? undefined : groups.find(({ targets }) => targets.length > maxTargets);
  if (group === undefined) return undefined;
  const limit = flagOf(of, 'max-targets-per-target-group', String(maxTargets));
  return `which ${maxTargets} of its ${group.targets.length} targets ${CONTROLLER} registers is not known: ${limit}`;
}

/** Whether its webhook hears of a Service that is created; a namespace the input does not have has its name for a label. */
export function hearsOf(cluster: Cluster, { metadata }: Service): boolean {
  const { hears, writesNoClass } = controllerOf(cluster);
  if (writesNoClass !== undefined) return false;
  if (hears === undefined) return true;
  const namespace = cluster.namespaces.find(({ metadata: { name } }) => name === metadata.namespace);
  const labels = namespace?.metadata.labels ?? {};
  const named = own(labels, NAME_LABEL) === undefined ? { ...labels, [NAME_LABEL]: metadata.namespace } : labels;
  return selectorMatches(hears.objects, metadata.labels) && selectorMatches(hears.namespaces, named);
}

const NAME_LABEL = 'kubernetes.io/metadata.name';
