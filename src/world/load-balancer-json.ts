import type {
  HealthCheck,
  Listener,
  ListenerAction,
  ListenerCondition,
  ListenerRule,
  LoadBalancer,
  LoadBalancerZone,
  Target,
  TargetGroup,
} from '../fabric/index.ts';
import { address, block, type Decode, flag, list, name, object, oneOf, tagged, text, whole } from './decode.ts';
import { origin } from './origin-json.ts';

type Condition<Field extends ListenerCondition['field']> = Extract<ListenerCondition, { field: Field }>;
type Globs = Extract<ListenerCondition, { field: 'host-header' | 'path-pattern' | 'http-request-method' }>;
type Regexes = Extract<ListenerCondition, { field: 'host-regex' | 'path-regex' }>;
type Headers = Extract<ListenerCondition, { field: 'http-header' | 'http-header-regex' }>;
type Action<Kind extends ListenerAction['kind']> = Extract<ListenerAction, { kind: Kind }>;

const globs = object<Globs>({
  field: oneOf('host-header', 'path-pattern', 'http-request-method'),
  values: list(text),
});
const regexes = object<Regexes>({ field: oneOf('host-regex', 'path-regex'), values: list(text) });
const header = object<Headers>({ field: oneOf('http-header', 'http-header-regex'), name, values: list(text) });
const condition: Decode<ListenerCondition> = tagged<ListenerCondition>('field', {
  'host-header': globs,
  'path-pattern': globs,
  'http-request-method': globs,
  'host-regex': regexes,
  'path-regex': regexes,
  'http-header': header,
  'http-header-regex': header,
  'query-string': object<Condition<'query-string'>>({
    field: oneOf('query-string'),
    values: list(object<Condition<'query-string'>['values'][number]>({ key: text, value: text }, ['key'])),
  }),
  'source-ip': object<Condition<'source-ip'>>({ field: oneOf('source-ip'), values: list(block) }),
});
const status: Decode<301 | 302> = (value, context, path) => {
  if (value === 301 || value === 302) return value;
  context.report(path, 'Wrong status code', '301 or 302');
  return undefined;
};
const share = object<Action<'forward'>['targetGroups'][number]>({ id: name, weight: whole });
const action: Decode<ListenerAction> = tagged<ListenerAction>('kind', {
  forward: object<Action<'forward'>>(
    {
      kind: oneOf('forward'),
      targetGroups: list(share),
      stickinessSeconds: whole,
    },
    ['stickinessSeconds'],
  ),
  redirect: object<Action<'redirect'>>({
    kind: oneOf('redirect'),
    statusCode: status,
    protocol: text,
    host: text,
    port: text,
    path: text,
    query: text,
  }),
  'fixed-response': object<Action<'fixed-response'>>(
    { kind: oneOf('fixed-response'), statusCode: whole, contentType: text, body: text, missing: text },
    ['missing'],
  ),
  unmodelled: object<Action<'unmodelled'>>({ kind: oneOf('unmodelled'), what: text, targetGroups: list(share) }, [
    'targetGroups',
  ]),
});
const priority: Decode<number | 'default'> = (value, context, path) =>
  value === 'default' ? 'default' : whole(value, context, path);
const rule = object<ListenerRule>({ priority, conditions: list(condition), action, origin }, ['origin']);
const protocol = oneOf('TCP', 'UDP', 'TCP_UDP', 'TLS', 'HTTP', 'HTTPS');
const listener = object<Listener>({ protocol, port: whole, idleTimeout: whole, rules: list(rule) });

export const loadBalancer: Decode<LoadBalancer> = object<LoadBalancer>(
  {
    id: name,
    type: oneOf('network', 'application', 'classic'),
    scheme: oneOf('internal', 'internet-facing'),
    vpc: text,
    dnsName: text,
    zones: list(object<LoadBalancerZone>({ zone: name, subnet: text, eni: text })),
    crossZone: flag,
    listeners: list(listener),
    xForwardedFor: oneOf('append', 'preserve', 'remove'),
    xffClientPort: flag,
    madeFor: list(text),
    ownGroup: text,
    origin,
  },
  ['xffClientPort', 'ownGroup', 'origin'],
);

const port: Decode<number | 'traffic-port'> = (value, context, path) =>
  value === 'traffic-port' ? 'traffic-port' : whole(value, context, path);

export const targetGroup: Decode<TargetGroup> = object<TargetGroup>(
  {
    id: name,
    name,
    arn: text,
    vpc: text,
    protocol,
    targetType: oneOf('instance', 'ip', 'alb'),
    preserveClientIp: flag,
    proxyProtocolV2: flag,
    proxyProtocolV1: flag,
    crossZone: oneOf('use_load_balancer_configuration', 'true', 'false'),
    stickiness: oneOf('none', 'source_ip', 'lb_cookie', 'app_cookie'),
    stickinessCookie: object<NonNullable<TargetGroup['stickinessCookie']>>({ name, seconds: whole }, ['name']),
    healthCheck: object<HealthCheck>({ protocol: oneOf('TCP', 'HTTP', 'HTTPS'), port, path: text, matcher: text }),
    targets: list(object<Target>({ id: name, ip: address, port: whole, zone: name })),
    unregistered: text,
    unsure: text,
    serviceRef: object<NonNullable<TargetGroup['serviceRef']>>({ name, port: whole }),
    origin,
  },
  ['name', 'arn', 'stickinessCookie', 'proxyProtocolV1', 'unregistered', 'unsure', 'serviceRef', 'origin'],
);
