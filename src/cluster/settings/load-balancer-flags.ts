import { didYouMean, type Issue, type SourceRef } from '../../base/index.ts';
import { AS_INSTALLED, type LoadBalancerController, type LoadBalancerGate } from '../load-balancer-controller.ts';
import type { Fields } from '../read/fields.ts';
import { parseGoBool, parseGoDecimal } from './go-number.ts';

/** An argument of a container. */
interface Flag {
  readonly name: string;
  /** Absent: a flag that wants a value ends the command line. */
  readonly value: string | undefined;
  readonly at: SourceRef;
}

type Draft = { -readonly [K in keyof LoadBalancerController]: LoadBalancerController[K] };
/** False: the controller does not start with this value. */
type Read = (draft: Draft, value: string) => boolean;

/**
 * What the arguments of the AWS Load Balancer Controller's container come to. What changes a path and is not followed is warned
 * of; with a value it does not start with, what it makes is not known (main.go, loadControllerConfig; pkg/config, Validate).
 * `lacks`: gates its release does not have yet.
 */
export function readLoadBalancerFlags(
  container: Fields,
  issues: Issue[],
  lacks: readonly LoadBalancerGate[] = [],
): LoadBalancerController {
  const gates = { ...AS_INSTALLED.gates, ...Object.fromEntries(lacks.map((gate) => [gate, false])) };
  const draft: Draft = { ...AS_INSTALLED, gates };
  const places = new Map<string, SourceRef>();
  const shell = shellIn(container);
  if (shell !== undefined) draft.unmodelled = { what: 'a shell starts it: its arguments are not read', at: shell };
  for (const flag of flagsOf(container)) {
    const { name, at } = flag;
    if (name === GATES) readGates(flag, draft, places, issues);
    else if (READ.has(name)) {
      places.set(name, at);
      if (!reads(flag, draft)) draft.unmodelled ??= unstarted(flag);
    } else if (MIGHT.get(name)?.(flag.value ?? '') === true) issues.push(notFollowed(flag));
    else if (!MIGHT.has(name) && !UNREAD.test(name)) issues.push(unknownFlag(flag));
  }
  draft.places = places;
  const manages = places.get(MANAGES);
  if (draft.managesRules && !draft.sharesBackendGroup && manages !== undefined)
    draft.unmodelled ??= { what: `it does not start with --${MANAGES} and without --${SHARES}`, at: manages };
  return draft;
}

const GATES = 'feature-gates';
const SHARES = 'enable-backend-security-group';
const MANAGES = 'enable-manage-backend-security-group-rules';

/** A value the kubelet fills in from a variable is not seen (Kubernetes API, Container args). */
function reads({ name, value }: Flag, draft: Draft): boolean {
  return value !== undefined && !value.includes('$(') && READ.get(name)?.(draft, value) === true;
}

const unstarted = ({ name, value, at }: Flag): { readonly what: string; readonly at: SourceRef } =>
  value?.includes('$(') === true
    ? { what: `what variable its --${name}=${shown(value)} stands for is not read`, at }
    : { what: `it does not start with --${name}${value === undefined ? '' : `=${shown(value)}`}`, at };

const shown = (value: string): string => value.slice(0, LONGEST);
const LONGEST = 80;

type Switch = {
  [K in keyof Draft]-?: boolean extends Draft[K] ? (Draft[K] extends boolean ? K : never) : never;
}[keyof Draft];

const bool =
  (key: Switch): Read =>
  (draft, said) => {
    const value = parseGoBool(said);
    if (value !== undefined) draft[key] = value;
    return value !== undefined;
  };

const text =
  (key: 'ingressClass' | 'loadBalancerClass' | 'watchNamespace' | 'backendGroup', isRight: RegExp): Read =>
  (draft, value) => {
    draft[key] = value;
    return isRight.test(value);
  };

/** Flags that are followed. */
const READ: ReadonlyMap<string, Read> = new Map<string, Read>([
  [
    'default-load-balancer-scheme',
    (draft, value) => {
      if (value !== 'internal' && value !== 'internet-facing') return false;
      draft.scheme = value;
      return true;
    },
  ],
  [
    'default-target-type',
    (draft, value) => {
      if (value !== 'instance' && value !== 'ip') return false;
      draft.targetType = value;
      return true;
    },
  ],
  ['ingress-class', text('ingressClass', /^/)],
  ['load-balancer-class', text('loadBalancerClass', /./)],
  ['watch-namespace', text('watchNamespace', /^/)],
  ['backend-security-group', text('backendGroup', /^(?:sg-|$)/)],
  ['disable-ingress-class-annotation', bool('refusesClassAnnotation')],
  ['disable-ingress-group-name-annotation', bool('refusesGroupAnnotation')],
  ['tolerate-non-existent-backend-service', bool('toleratesService')],
  ['tolerate-non-existent-backend-action', bool('toleratesAction')],
  [SHARES, bool('sharesBackendGroup')],
  [MANAGES, bool('managesRules')],
  [
    'max-targets-per-target-group',
    (draft, value) => {
      const most = parseGoDecimal(value);
      draft.maxTargets = Math.max(most ?? 0, 0);
      return most !== undefined;
    },
  ],
]);

const isOn = (value: string): boolean => parseGoBool(value) !== false;

/** Flags that may change who lets whom in, with the values that do. */
const MIGHT: ReadonlyMap<string, (value: string) => boolean> = new Map([
  ['disable-restricted-sg-rules', isOn],
  ['service-target-eni-security-group-tags', (value: string) => value !== ''],
]);

/** Flags that change no path: names of AWS, tags, certificates, times, numbers, logs, and where it listens itself. */
const UNREAD =
  /^(?:aws-.*|cluster-name|allowed-certificate-authority-arns|default-(?:ssl-policy|pca-arn|tags)|external-managed-tags|enable-(?:acm-certificates|endpoint-slices|leader-election|pod-readiness-gate-inject|shield|waf|wafv2)|health-probe-bind-addr|metrics-bind-addr|.*-max-concurrent-reconciles|.*-max-exponential-backoff-delay|targetgroupbinding-requeue-duration|kubeconfig|kube-ca-pem-filepath|leader-election-.*|log-level|sync-period|lb-stabilization-monitor-interval|quic-environment-variable-name|required-secrets-label|webhook-.*)$/;

/** Flags that need no value beside them. */
const BARE =
  /^(?:enable-(?:backend-security-group|manage-backend-security-group-rules|endpoint-slices|leader-election|pod-readiness-gate-inject|shield|waf|wafv2|acm-certificates)|disable-.*|tolerate-.*)$/;

/** pflag's forms: `--name=value`, `--name value`, and `--name` of a flag that is true or false; `--` ends them. */
function flagsOf(container: Fields): readonly Flag[] {
  const words = wordsOf(container);
  const flags: Flag[] = [];
  for (let i = 0; i < words.length; i++) {
    const { text: word, at } = words[i] ?? { text: '--', at: container.place() };
    if (word === '--') break;
    const [, name, value] = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined) continue;
    if (value !== undefined || BARE.test(name)) flags.push({ name, value: value ?? 'true', at });
    else if (isKnown(name)) flags.push({ name, value: words[++i]?.text, at });
    else flags.push({ name, value: '', at });
  }
  return flags;
}

const isKnown = (name: string): boolean => name === GATES || READ.has(name) || MIGHT.has(name) || UNREAD.test(name);

const wordsOf = (container: Fields): readonly { readonly text: string; readonly at: SourceRef }[] =>
  ['command', 'args'].flatMap((field) =>
    container.list(field).map((item, i) => ({ text: String(item), at: container.place(field, i) })),
  );

function shellIn(container: Fields): SourceRef | undefined {
  return wordsOf(container).find(({ text: word }) => /^(?:.*\/)?(?:ba|da|a|z)?sh$/.test(word))?.at;
}

const OPEN: ReadonlySet<string> = new Set(Object.keys(AS_INSTALLED.gates));
const isOpen = (name: string): name is LoadBalancerGate => OPEN.has(name);

/** Gates that may change a path, with the value that does. */
const MIGHT_GATE: ReadonlyMap<string, boolean> = new Map([
  ['EndpointsFailOpen', false],
  ['WeightedTargetGroups', false],
  ['NLBHealthCheckAdvancedConfig', false],
]);

const UNREAD_GATES: ReadonlySet<string> = new Set([
  'ListenerRulesTagging',
  'ServiceTypeLoadBalancerOnly',
  'EnableRGTAPI',
  'LBCapacityReservation',
  'NLBGatewayAPI',
  'ALBGatewayAPI',
  'GlobalAcceleratorController',
  'EnhancedDefaultBehavior',
  'EnableDefaultTagsLowPriority',
  'ALBTargetControlAgent',
  'GatewayListenerSet',
  'IngressPlanAnnotation',
]);

/** `key=bool,key=bool`; of a gate given twice the last counts (defaultFeatureGates.Set). */
function readGates(flag: Flag, draft: Draft, places: Map<string, SourceRef>, issues: Issue[]): void {
  const { value = '=', at } = flag;
  for (const part of value.split(',').filter((each) => each !== '')) {
    const [key = '', said = ''] = part.split(/=(.*)/s).map((each) => each.trim());
    const isSet = parseGoBool(said);
    if (isSet === undefined) draft.unmodelled ??= unstarted(flag);
    else if (isOpen(key)) {
      draft.gates = { ...draft.gates, [key]: isSet };
      places.set(key, at);
    } else if (MIGHT_GATE.get(key) === isSet) issues.push(notFollowed({ name: GATES, value: `${key}=${isSet}`, at }));
    else if (!MIGHT_GATE.has(key) && !UNREAD_GATES.has(key)) issues.push(unknownGate(key, at));
  }
}

const CONTROLLER = 'the AWS Load Balancer Controller';

const notFollowed = ({ name, value, at }: Flag): Issue => ({
  code: 'not-modelled',
  severity: 'warning',
  at,
  message: `What ${CONTROLLER} does otherwise with --${name}=${shown(value ?? '')} is not modelled: it is walked as without it`,
});

const unknownFlag = ({ name, at }: Flag): Issue => ({
  code: 'not-modelled',
  severity: 'warning',
  at,
  message: `Flag --${shown(name)} of ${CONTROLLER} is not known here: it is walked as without it; a release that does not know the flag does not start, and what a newer one does with it is not known`,
  ...didYouMean(name, [...READ.keys(), ...MIGHT.keys(), GATES]),
});

const unknownGate = (key: string, at: SourceRef): Issue => ({
  code: 'not-modelled',
  severity: 'warning',
  at,
  message: `Feature gate ${shown(key)} of ${CONTROLLER} is not known here: it is walked as without it`,
  ...didYouMean(key, [...OPEN, ...MIGHT_GATE.keys(), ...UNREAD_GATES]),
});
