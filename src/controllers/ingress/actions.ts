import type { IngressBackend, Service } from '../../cluster/index.ts';
import type { ListenerAction } from '../../fabric/index.ts';
import { Annotations } from './annotations.ts';
import type { Member } from './groups.ts';
import { isRecord, textOf } from './json.ts';
import type { ListenProtocol } from './listen-ports.ts';
import type { TargetGroups } from './target-groups.ts';

/** Where a backend finds its Services, and where its target groups are kept. */
export interface Backends {
  readonly services: ReadonlyMap<string, Service>;
  readonly targetGroups: TargetGroups;
}

/** The port that stands for an action in the annotations (enhanced_backend_builder.go magicServicePortUseAnnotation). */
const USE_ANNOTATION = 'use-annotation';

export const fixed = (statusCode: number, body: string): ListenerAction => ({
  kind: 'fixed-response',
  statusCode,
  contentType: 'text/plain',
  body,
});

/**
 * What a backend of an Ingress comes to (enhanced_backend_builder.go Build, model_build_actions.go): a forward to its
 * Service, the action an annotation names, or a fixed 503 where there is neither. Undefined after a reported problem.
 */
export function backendAction(
  member: Member,
  backend: IngressBackend,
  protocol: ListenProtocol,
  on: Backends,
): ListenerAction | undefined {
  const { service } = backend;
  const { annotations } = member;
  if (service === undefined) {
    const message = `${annotations.label} has a backend that is no Service: ${backend.resource ?? 'nothing'}`;
    return annotations.report('backend-without-service', backend.source, message, A_SERVICE);
  }
  const given =
    service.port === USE_ANNOTATION
      ? annotatedAction(member, service.name)
      : forward([{ service: service.name, port: service.port, weight: 1 }]);
  if (given === undefined || given.kind !== 'services') return given;
  const first = authenticated(member, given.to, protocol, on);
  const then = forwardTo(member, given, backend, on);
  if (first === undefined || then === undefined) return then;
  return then.kind === 'forward' ? { ...first, targetGroups: then.targetGroups } : first;
}

const A_SERVICE = 'expected the name of a Service of its namespace';

interface ServiceShare {
  readonly service: string;
  readonly port: number | string;
  readonly weight: number;
}
/** A forward before its Services are looked up. */
interface Forward {
  readonly kind: 'services';
  readonly to: readonly ServiceShare[];
  readonly stickinessSeconds?: number;
}
const forward = (to: readonly ServiceShare[], stickinessSeconds?: number): Forward => ({
  kind: 'services',
  to,
  ...(stickinessSeconds === undefined ? {} : { stickinessSeconds }),
});

/** One Service that is missing is a fixed 503; one of several is a problem of the whole group (loadBackendServices). */
function forwardTo(
  { ingress, annotations }: Member,
  { to: shares, stickinessSeconds }: Forward,
  { source }: IngressBackend,
  { services, targetGroups }: Backends,
): ListenerAction | undefined {
  const { namespace } = ingress.metadata;
  const groups: { readonly id: string; readonly weight: number }[] = [];
  for (const { service: name, port, weight } of shares) {
    const service = services.get(`${namespace}/${name}`);
    if (service === undefined) {
      if (shares.length === 1) return fixed(503, 'Backend service does not exist');
      const message = `${annotations.label} splits requests between Services, and there is no Service "${namespace}/${name}"`;
      return annotations.report('no-such-service', source, message, A_SERVICE, ['services']);
    }
    const id = targetGroups.idFor(ingress, service, port, source);
    if (id === undefined) return undefined;
    groups.push({ id, weight });
  }
  return { kind: 'forward', targetGroups: groups, ...(stickinessSeconds === undefined ? {} : { stickinessSeconds }) };
}

/** An identity provider answers first on HTTPS: what a request gets then depends on a session nobody describes. */
function authenticated(
  { ingress, annotations }: Member,
  shares: readonly ServiceShare[],
  protocol: ListenProtocol,
  { services, targetGroups }: Backends,
): Extract<ListenerAction, { kind: 'unmodelled' }> | undefined {
  if (protocol !== 'HTTPS') return undefined;
  const [only] = shares;
  const service = shares.length === 1 && only && services.get(`${ingress.metadata.namespace}/${only.service}`);
  const own = service ? new Annotations(service, targetGroups.issues) : annotations;
  const type = own.text('auth-type') ?? annotations.text('auth-type') ?? 'none';
  if (type !== 'none') return { kind: 'unmodelled', what: `auth-type ${type}: an identity provider decides first` };
  if (annotations.text('jwt-validation') !== undefined)
    return { kind: 'unmodelled', what: 'jwt-validation: the token of the request decides first' };
  return undefined;
}

/** `actions.NAME` (config_types.go Action). */
function annotatedAction({ annotations }: Member, name: string): ListenerAction | Forward | undefined {
  const key = `actions.${name}`;
  if (annotations.text(key) === undefined) return fixed(503, 'Backend action does not exist');
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
  return {
    kind: 'redirect',
    statusCode: status === 'HTTP_301' ? 301 : 302,
    protocol: textOf(config, 'protocol') ?? protocol,
    host: textOf(config, 'host') ?? host,
    port: textOf(config, 'port') ?? port,
    path: textOf(config, 'path') ?? path,
    query: textOf(config, 'query') ?? query,
  };
}

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
const byArn = (arn: string): ListenerAction => ({
  kind: 'unmodelled',
  what: `target group ${arn} is not described in the input`,
});

function forwardAction(action: Readonly<Record<string, unknown>>, wrong: Wrong): ListenerAction | Forward | undefined {
  const arn = textOf(action, 'targetGroupARN');
  const config = action.forwardConfig;
  if ((arn === undefined) === (config === undefined)) return wrong('one of "targetGroupARN" and "forwardConfig"');
  if (arn !== undefined) return byArn(arn);
  const tuples = isRecord(config) && Array.isArray(config.targetGroups) ? (config.targetGroups as unknown[]) : [];
  if (tuples.length === 0 || tuples.length > MAX_GROUPS) return wrong(`one to ${MAX_GROUPS} "targetGroups"`);
  const shares: ServiceShare[] = [];
  for (const tuple of tuples) {
    if (!isRecord(tuple)) return wrong('"targetGroups" as {"serviceName": ..., "servicePort": ..., "weight": ...}');
    const groupArn = textOf(tuple, 'targetGroupARN');
    const service = textOf(tuple, 'serviceName');
    const { servicePort, weight } = tuple;
    if ((groupArn === undefined) === (service === undefined)) return wrong('one of "targetGroupARN" and "serviceName"');
    if (groupArn !== undefined) return byArn(groupArn);
    if (service === undefined || (typeof servicePort !== 'string' && typeof servicePort !== 'number'))
      return wrong('a "servicePort"');
    const share = weight === undefined && tuples.length === 1 ? 1 : weight;
    if (typeof share !== 'number' || !Number.isInteger(share) || share < 0 || share > MAX_WEIGHT)
      return wrong(`a "weight" of 0 to ${MAX_WEIGHT} for each of several target groups`);
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
