import type { IngressBackend, LoadBalancerController, Service } from '../../cluster/index.ts';
import { groupCalled, type ListenerAction } from '../../fabric/index.ts';
import { flagOf } from '../load-balancers/controller.ts';
import { Annotations } from './annotations.ts';
import type { Member } from './groups.ts';
import { isRecord, textOf } from './json.ts';
import type { ListenProtocol } from './listen-ports.ts';
import type { TargetGroups } from './target-groups.ts';

/** Where a backend finds its Services, and where its target groups are kept. */
export interface Backends {
  readonly services: ReadonlyMap<string, Service>;
  readonly targetGroups: TargetGroups;
  readonly controller: LoadBalancerController;
}

/** The port that stands for an action in the annotations (enhanced_backend_builder.go magicServicePortUseAnnotation). */
const USE_ANNOTATION = 'use-annotation';

export const fixed = (statusCode: number, body: string, missing?: string): ListenerAction => ({
  kind: 'fixed-response',
  statusCode,
  contentType: 'text/plain',
  body,
  ...(missing === undefined ? {} : { missing }),
});

type Unmodelled = Extract<ListenerAction, { kind: 'unmodelled' }>;

/** The actions of one rule, in their order: what decides first who may pass, on HTTPS alone, and what is done at last. */
export interface BackendActions {
  readonly first?: Unmodelled;
  readonly last: ListenerAction;
}

/** As one: where nobody knows who passes, nobody knows the outcome. */
export function asOne({ first, last }: BackendActions): ListenerAction {
  if (first === undefined) return last;
  return last.kind === 'forward' ? { ...first, targetGroups: last.targetGroups } : first;
}

/**
 * What a backend of an Ingress comes to (enhanced_backend_builder.go Build, model_build_actions.go buildActions): a forward
 * to its Service, the action an annotation names, or a fixed 503 where there is neither; before any of them whoever is to be
 * asked first. Undefined after a reported problem.
 */
export function backendActions(
  member: Member,
  backend: IngressBackend,
  protocol: ListenProtocol,
  on: Backends,
): BackendActions | undefined {
  const { service } = backend;
  const { annotations } = member;
  if (service === undefined) {
    const message = `${annotations.label} has a backend that is no Service: ${backend.resource ?? 'nothing'}`;
    return annotations.report('backend-without-service', backend.source, message, A_SERVICE);
  }
  const isNamed = service.port === USE_ANNOTATION;
  if (isNamed && !on.controller.toleratesAction && !annotations.has(`actions.${service.name}`)) {
    const message = `${annotations.label} ${strictly(on.controller, 'action')}, and has no annotation actions.${service.name}`;
    return annotations.report('no-such-action', backend.source, message, 'expected the action it names');
  }
  const given = isNamed
    ? annotatedAction(member, service.name)
    : forward([{ service: service.name, port: service.port, weight: 1 }]);
  const transforms = annotations.json(`transforms.${service.name}`);
  if (transforms !== undefined && transforms !== null && !Array.isArray(transforms))
    annotations.complain(`transforms.${service.name}`, JSON.stringify(transforms), 'a list of transforms');
  if (given === undefined) return undefined;
  const shares = given.kind === 'services' ? given.to : [];
  const first = authenticated(member, backend, shares, protocol, on);
  const last = given.kind === 'services' ? forwardTo(member, given, backend, on) : given;
  return last && { ...(first === undefined ? {} : { first }), last };
}

const strictly = (controller: LoadBalancerController, what: 'service' | 'action'): string =>
  `names a backend that has to be there by ${flagOf(controller, `tolerate-non-existent-backend-${what}`, 'false')}`;

const A_SERVICE = 'expected the name of a Service of its namespace';

/** What a Service gets of a forward, or a target group somebody else made. */
type Share = { readonly weight: number } & (
  | { readonly service: string; readonly port: number | string }
  | { readonly targetGroup: string }
);
/** A forward before its Services are looked up. */
interface Forward {
  readonly kind: 'services';
  readonly to: readonly Share[];
  readonly stickinessSeconds?: number;
}
const forward = (to: readonly Share[], stickinessSeconds?: number): Forward => ({
  kind: 'services',
  to,
  ...(stickinessSeconds === undefined ? {} : { stickinessSeconds }),
});

/** One Service that is missing is a fixed 503, where that is tolerated; one of several is a problem of the whole group (loadBackendServices). */
function forwardTo(
  { ingress, annotations }: Member,
  { to: shares, stickinessSeconds }: Forward,
  { source }: IngressBackend,
  { services, targetGroups, controller }: Backends,
): ListenerAction | undefined {
  const { namespace } = ingress.metadata;
  const groups: { readonly id: string; readonly weight: number }[] = [];
  for (const share of shares) {
    const { weight } = share;
    if ('targetGroup' in share) {
      groups.push({ id: share.targetGroup, weight });
      continue;
    }
    const { service: name, port } = share;
    const service = services.get(`${namespace}/${name}`);
    if (service === undefined) {
      if (shares.length === 1 && controller.toleratesService)
        return fixed(503, 'Backend service does not exist', `Service ${namespace}/${name}`);
      const does = shares.length > 1 ? 'splits requests between Services' : strictly(controller, 'service');
      const message = `${annotations.label} ${does}, and there is no Service "${namespace}/${name}"`;
      return annotations.report('no-such-service', source, message, A_SERVICE, ['services']);
    }
    const id = targetGroups.idFor(ingress, service, port, source);
    if (id === undefined) return undefined;
    groups.push({ id, weight });
  }
  return { kind: 'forward', targetGroups: groups, ...(stickinessSeconds === undefined ? {} : { stickinessSeconds }) };
}

/**
 * An identity provider answers first on HTTPS: what a request gets then depends on a session nobody describes. A type nobody has, a
 * provider or a token's validation that cannot be read, and both at once the controller refuses (auth_config_builder.go,
 * buildJwtValidationConfig, buildActions).
 */
function authenticated(
  { ingress, annotations }: Member,
  { source }: IngressBackend,
  shares: readonly Share[],
  protocol: ListenProtocol,
  { services, targetGroups }: Backends,
): Unmodelled | undefined {
  const [only] = shares;
  const name = only !== undefined && 'service' in only && shares.length === 1 ? only.service : undefined;
  const service = name === undefined ? undefined : services.get(`${ingress.metadata.namespace}/${name}`);
  const own = service ? new Annotations(service, targetGroups.issues, { behind: ingress }) : annotations;
  const type = own.text('auth-type') ?? 'none';
  const validates = asksForToken(annotations);
  const wrong = (message: string, expected: string): undefined =>
    annotations.report('wrong-authentication', source, `${annotations.label} ${message}`, expected, ['services']);
  if (!AUTH_TYPES.includes(type)) return wrong(`asks for auth-type "${type}"`, `expected ${AUTH_TYPES.join(', ')}`);
  for (const key of ['auth-idp-cognito', 'auth-idp-oidc']) own.json(key);
  const asks = type !== 'none' && protocol === 'HTTPS';
  own.integer('auth-session-timeout', ...(asks ? ([1, LONGEST_SESSION] as const) : ([-(2 ** 63), 2 ** 63] as const)));
  if (protocol === 'HTTP') return undefined;
  if (asks && validates) return wrong(`asks for auth-type ${type} and jwt-validation`, 'expected one of them');
  if (asks && !own.has(`auth-idp-${type}`))
    return wrong(`asks for auth-type ${type} and does not say which`, `expected annotation auth-idp-${type}`);
  if (asks) return { kind: 'unmodelled', what: `auth-type ${type}: an identity provider decides first` };
  return validates ? { kind: 'unmodelled', what: 'jwt-validation: the token of the request decides first' } : undefined;
}

/** Seven days (ELBv2 API, AuthenticateOidcActionConfig). */
const LONGEST_SESSION = 604_800;

function asksForToken(annotations: Annotations): boolean {
  if (!annotations.has('jwt-validation')) return false;
  const value = annotations.json('jwt-validation');
  if (value === undefined) return false;
  const isToken = isRecord(value) && ['jwksEndpoint', 'issuer'].every((key) => (textOf(value, key) ?? '') !== '');
  if (!isToken)
    annotations.complain(
      'jwt-validation',
      annotations.text('jwt-validation') ?? '',
      '{"jwksEndpoint": ..., "issuer": ...}',
    );
  return isToken;
}

const AUTH_TYPES: readonly string[] = ['none', 'cognito', 'oidc'];

/** `actions.NAME` (config_types.go Action). */
function annotatedAction(
  { annotations, ingress: { metadata } }: Member,
  name: string,
): ListenerAction | Forward | undefined {
  const key = `actions.${name}`;
  if (!annotations.has(key))
    return fixed(
      503,
      'Backend action does not exist',
      `annotation alb.ingress.kubernetes.io/${key} of Ingress ${metadata.namespace}/${metadata.name}`,
    );
  const value = annotations.json(key);
  if (value === undefined) return undefined;
  const wrong = (expected: string): undefined => annotations.complain(key, annotations.text(key) ?? '', expected);
  if (!isRecord(value)) return wrong('an action as {"type": "redirect", "redirectConfig": {...}}');
  switch (value.type) {
    case 'fixed-response':
      return fixedResponse(value.fixedResponseConfig, wrong);
    case 'redirect':
      return redirect(value.redirectConfig, wrong);
    case 'forward':
      return forwardAction(value, wrong);
    default:
      return wrong('a "type" of "forward", "redirect" or "fixed-response"');
  }
}

type Wrong = (expected: string) => undefined;

function fixedResponse(config: unknown, wrong: Wrong): ListenerAction | undefined {
  const status = isRecord(config) ? textOf(config, 'statusCode') : undefined;
  if (!isRecord(config) || status === undefined || !/^[245]\d\d$/.test(status))
    return wrong('"fixedResponseConfig" with a "statusCode" of 2XX, 4XX or 5XX, as a text');
  return {
    kind: 'fixed-response',
    statusCode: Number(status),
    contentType: textOf(config, 'contentType') ?? '',
    body: textOf(config, 'messageBody') ?? '',
  };
}

function redirect(config: unknown, wrong: Wrong): ListenerAction | undefined {
  const status = isRecord(config) ? textOf(config, 'statusCode') : undefined;
  if (!isRecord(config) || (status !== 'HTTP_301' && status !== 'HTTP_302'))
    return wrong('"redirectConfig" with a "statusCode" of "HTTP_301" or "HTTP_302"');
  const { protocol, host, port, path, query } = SAME;
  const to = textOf(config, 'port') ?? port;
  if (to !== port && !isPort(to)) return wrong(`a "port" of 1 to 65535 as a text, or "${port}"`);
  return {
    kind: 'redirect',
    statusCode: status === 'HTTP_301' ? 301 : 302,
    protocol: textOf(config, 'protocol') ?? protocol,
    host: textOf(config, 'host') ?? host,
    port: to,
    path: textOf(config, 'path') ?? path,
    query: textOf(config, 'query') ?? query,
  };
}

const isPort = (text: string): boolean => /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;

/** What ELBv2 keeps of the request where a redirect does not say (API reference, RedirectActionConfig). */
export const SAME = {
  protocol: '#{protocol}',
  host: '#{host}',
  port: '#{port}',
  path: '/#{path}',
  query: '#{query}',
} as const;

/** ELBv2's bounds on a forward (API reference, ForwardActionConfig, TargetGroupTuple). */
const MAX_GROUPS = 5;
const MAX_WEIGHT = 999;
/** Seven days (API reference, TargetGroupStickinessConfig). */
const MAX_STICKY = 604_800;

/** A target group that is there already: by its ARN, or by its name where it has none (buildForwardAction). */
function knownGroup(of: Readonly<Record<string, unknown>>): string | undefined {
  const name = textOf(of, 'targetGroupName');
  return textOf(of, 'targetGroupARN') ?? (name === undefined ? undefined : groupCalled(name));
}

function forwardAction(action: Readonly<Record<string, unknown>>, wrong: Wrong): Forward | undefined {
  const known = knownGroup(action);
  const config = action.forwardConfig;
  if ((known === undefined) === (config === undefined))
    return wrong('one of "targetGroupARN" (or "targetGroupName") and "forwardConfig"');
  if (known !== undefined) return forward([{ targetGroup: known, weight: 1 }]);
  const tuples = isRecord(config) && Array.isArray(config.targetGroups) ? (config.targetGroups as unknown[]) : [];
  if (tuples.length === 0 || tuples.length > MAX_GROUPS) return wrong(`one to ${MAX_GROUPS} "targetGroups"`);
  const shares: Share[] = [];
  for (const tuple of tuples) {
    if (!isRecord(tuple)) return wrong('"targetGroups" as {"serviceName": ..., "servicePort": ..., "weight": ...}');
    const group = knownGroup(tuple);
    const service = textOf(tuple, 'serviceName');
    const { servicePort, weight } = tuple;
    if ((group === undefined) === (service === undefined))
      return wrong('one of "targetGroupARN" (or "targetGroupName") and "serviceName"');
    const share = weight === undefined && tuples.length === 1 ? 1 : weight;
    if (typeof share !== 'number' || !Number.isInteger(share) || share < 0 || share > MAX_WEIGHT)
      return wrong(`a "weight" of 0 to ${MAX_WEIGHT} for each of several target groups`);
    if (group !== undefined) shares.push({ targetGroup: group, weight: share });
    if (service === undefined) continue;
    if (typeof servicePort !== 'string' && typeof servicePort !== 'number') return wrong('a "servicePort"');
    const port = typeof servicePort === 'string' && /^\d+$/.test(servicePort) ? Number(servicePort) : servicePort;
    shares.push({ service, port, weight: share });
  }
  const sticky = isRecord(config) ? config.targetGroupStickinessConfig : undefined;
  if (!isRecord(sticky) || sticky.enabled !== true) return forward(shares);
  const { durationSeconds: seconds } = sticky;
  if (typeof seconds !== 'number' || !Number.isInteger(seconds) || seconds < 1 || seconds > MAX_STICKY)
    return wrong(`"targetGroupStickinessConfig" with "durationSeconds" of 1 to ${MAX_STICKY}`);
  return forward(shares, seconds);
}
