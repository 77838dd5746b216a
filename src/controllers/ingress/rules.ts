import { utf8ToBytes } from '@noble/hashes/utils.js';
import type { IngressBackend, IngressPath } from '../../cluster/index.ts';
import type { FabricOrigin, Listener, ListenerAction, ListenerCondition, ListenerRule } from '../../fabric/index.ts';
import { asOne, type Backends, backendActions, fixed, SAME } from './actions.ts';
import type { Annotations } from './annotations.ts';
import { extraConditions, type Patterns } from './conditions.ts';
import type { Member } from './groups.ts';
import type { ListenPort, ListenProtocol } from './listen-ports.ts';
import { optimizeRules, type Rule } from './optimize-rules.ts';

/** Seconds; an attribute of the load balancer, `idle_timeout.timeout_seconds` (ALB guide, load balancer attributes). */
export const IDLE_TIMEOUT = 60;

export interface ListenerInput {
  readonly on: Backends;
  readonly idleTimeout: number;
  /** The port all HTTP is redirected to; absent: none is. */
  readonly sslRedirect: number | undefined;
  readonly conflict: (what: string, first: Member, second: Member) => void;
}

/**
 * One listener of a group (model_build_listener_rules.go): members by order, the `rules` of each as written, the paths of
 * one rule sorted by type and length; priorities count from 1. Hosts are never compared, so an earlier rule without a host
 * wins over a later one with the exact path.
 */
export function buildListener({ port, protocol, members }: ListenPort, input: ListenerInput): Listener {
  const { on, idleTimeout, sslRedirect } = input;
  const all = { protocol, port, idleTimeout };
  if (sslRedirect !== undefined && protocol === 'HTTP')
    return { ...all, rules: [defaultRule(httpsRedirect(sslRedirect))] };
  const built = members.flatMap((member) => memberRules(member, protocol, on));
  const rules = optimizeRules(port, protocol, built).map(
    ({ conditions, actions, origin }, i): ListenerRule => ({
      priority: i + 1,
      conditions,
      action: asOne(actions),
      ...(origin === undefined ? {} : { origin }),
    }),
  );
  return { ...all, rules: [...rules, defaultRule(...defaultAction(members, protocol, input))] };
}

const defaultRule = (action: ListenerAction, origin?: FabricOrigin): ListenerRule => ({
  priority: 'default',
  conditions: [],
  action,
  ...(origin === undefined ? {} : { origin }),
});

const httpsRedirect = (port: number): ListenerAction => ({
  kind: 'redirect',
  statusCode: 301,
  ...SAME,
  protocol: 'HTTPS',
  port: String(port),
});

/**
 * A plain 404, unless one member names a backend for what no rule takes; two that do are a conflict. Conditions of that backend
 * decide nothing, and are read all the same (enhanced_backend_builder.go Build).
 */
function defaultAction(
  members: readonly Member[],
  protocol: ListenProtocol,
  { on, conflict }: ListenerInput,
): [ListenerAction, FabricOrigin?] {
  const [first, second] = members.filter(({ ingress }) => ingress.spec.defaultBackend !== undefined);
  const backend = first?.ingress.spec.defaultBackend;
  if (first !== undefined && second !== undefined) conflict('spec.defaultBackend', first, second);
  if (first === undefined || backend === undefined) return [fixed(404, '')];
  extraConditions(first.annotations, backend.service?.name ?? '');
  const actions = backendActions(first, backend, protocol, on) ?? { last: fixed(503, '') };
  return [asOne(actions), originOf(first, backend)];
}

const originOf = ({ key }: Member, { source }: Pick<IngressBackend, 'source'>): FabricOrigin => ({
  by: `Ingress ${key}`,
  at: source,
});

function memberRules(member: Member, protocol: ListenProtocol, on: Backends): readonly Rule[] {
  return member.ingress.spec.rules.flatMap(({ host, paths }) =>
    sortPaths(paths).flatMap((path): readonly Rule[] => {
      const conditions = conditionsOf(member, host, path);
      const actions = backendActions(member, path.backend, protocol, on);
      return conditions === undefined || actions === undefined
        ? []
        : [{ conditions, actions, origin: originOf(member, path) }];
    }),
  );
}

/** Exact as written, Prefix by length of its text (longest first, stable), the rest as written (sortIngressPaths). */
function sortPaths(paths: readonly IngressPath[]): readonly IngressPath[] {
  const of = (type: IngressPath['pathType']): readonly IngressPath[] =>
    paths.filter(({ pathType }) => pathType === type);
  return [
    ...of('Exact'),
    ...of('Prefix').toSorted((a, b) => utf8Length(b.path) - utf8Length(a.path)),
    ...of('ImplementationSpecific'),
  ];
}

/** Go measures a string in bytes. */
const utf8Length = (text: string): number => utf8ToBytes(text).length;

/** buildRuleConditions: what `conditions.NAME` has beside hosts and paths stands first. */
function conditionsOf(member: Member, host: string, path: IngressPath): readonly ListenerCondition[] | undefined {
  const { annotations } = member;
  const patterns = pathPatterns(path, annotations);
  if (patterns === undefined) return wildcard(annotations, path);
  const extra = extraConditions(annotations, path.backend.service?.name ?? '');
  const hosts = merged({ globs: host === '' ? [] : [host], regexes: [] }, extra.hosts);
  const paths = merged(patterns, extra.paths);
  for (const [what, { globs, regexes }] of [['host', hosts] as const, ['path', paths] as const])
    if (globs.length > 0 && regexes.length > 0) return mixed(annotations, path, what);
  const conditions: ListenerCondition[] = [...extra.others];
  if (hosts.globs.length > 0) conditions.push({ field: 'host-header', values: hosts.globs });
  if (hosts.regexes.length > 0) conditions.push({ field: 'host-regex', values: hosts.regexes });
  if (paths.globs.length > 0) conditions.push({ field: 'path-pattern', values: paths.globs });
  if (paths.regexes.length > 0) conditions.push({ field: 'path-regex', values: paths.regexes });
  if (conditions.length === 0) conditions.push({ field: 'path-pattern', values: ['/*'] });
  return withinLimits(conditions) ? conditions : tooMany(annotations, path);
}

const merged = (own: Patterns, more: Patterns): Patterns => ({
  globs: [...own.globs, ...more.globs],
  regexes: [...own.regexes, ...more.regexes],
});

/** One condition has either, and the controller refuses the group rather than ask AWS (buildRuleConditions). */
const mixed = (annotations: Annotations, { path, source }: IngressPath, what: 'host' | 'path'): undefined =>
  annotations.report(
    'mixed-conditions',
    source,
    `The rule for path "${path}" of ${annotations.label} matches its ${what} by patterns and by regular expressions`,
    `expected one of them, of the rule's own ${what} and of conditions alike`,
  );

/** The controller refuses the whole group for a wildcard where none is read. */
const wildcard = (annotations: Annotations, { path, pathType, source }: IngressPath): undefined =>
  annotations.report(
    'wildcard-in-path',
    source,
    `Path "${path}" of type ${pathType} in ${annotations.label} has a wildcard`,
    'expected a path without "*" and "?", or pathType ImplementationSpecific',
  );

/** Values to match by (ALB guide, listener rules, quotas). */
const MAX_PER_CONDITION = 3;
const MAX_PER_RULE = 5;

function withinLimits(conditions: readonly ListenerCondition[]): boolean {
  const counts = conditions.map(({ values }) => values.length);
  return counts.every((count) => count <= MAX_PER_CONDITION) && counts.reduce((a, b) => a + b, 0) <= MAX_PER_RULE;
}

const tooMany = (annotations: Annotations, { path, source }: IngressPath): undefined =>
  annotations.report(
    'too-many-conditions',
    source,
    `The rule for path "${path}" of ${annotations.label} has more values to match than a listener rule may have`,
    `expected at most ${MAX_PER_CONDITION} in one condition and ${MAX_PER_RULE} in all; "/order" as a Prefix is two`,
  );

const asGlobs = (...values: readonly string[]): Patterns => ({ globs: values, regexes: [] });

/**
 * buildPathPatterns. A regular expression only where the path says nothing of how it is matched, and without its leading
 * slash. Undefined: an exact path or a prefix with a wildcard, which the controller refuses.
 */
function pathPatterns({ path, pathType }: IngressPath, annotations: Annotations): Patterns | undefined {
  if (path === '') return asGlobs();
  if (pathType === 'ImplementationSpecific')
    return annotations.flag('use-regex-path-match') ? { globs: [], regexes: [path.slice(1)] } : asGlobs(path);
  if (pathType === 'Prefix' && path === '/') return asGlobs('/*');
  if (/[*?]/.test(path)) return undefined;
  if (pathType === 'Exact') return asGlobs(path);
  const bare = path.replace(/\/$/, '');
  return asGlobs(bare, `${bare}/*`);
}
