import type { World } from '../../../world/index.ts';
import type { Place } from '../types.ts';
import { echoserver, plainEcho } from './echo.ts';
import { type HttpReply, type HttpRequest, notFound, reply } from './messages.ts';

export type Handler = (request: HttpRequest) => HttpReply;

const HEALTHZ = 10256;
const KUBE_PROXY_METRICS = 10249;
const KUBELET_HEALTHZ = 10248;
/** Bytes of nginx's own start page: what an access log shows for it. */
const WELCOME_LENGTH = 615;

/** What the program behind a socket answers to HTTP. */
export function handlerOf(world: World, place: Place, now: () => Date): Handler {
  switch (place.process) {
    case 'echoserver':
      return (request) => echoserver(request, place.hostname);
    case 'checkip':
      return ({ client }) => reply(200, `${client.ip}\n`, 'text/plain;charset=UTF-8');
    case 'nginx':
      return () => welcome;
    case 'coredns':
      return byPath({ '/health': reply(200, 'OK'), '/ready': reply(200, 'OK') });
    case 'kubelet':
      return place.port === KUBELET_HEALTHZ
        ? byPath({ '/healthz': reply(200, 'ok') })
        : () => reply(401, 'Unauthorized');
    case 'kube-proxy':
      return kubeProxy(world, place, now);
    case 'kube-apiserver':
      return apiServer;
    default:
      return (request) => plainEcho(request, place.hostname);
  }
}

/** EKS lets nobody without credentials see more than its health (EKS guide, "Anonymous authentication"). */
const apiServer: Handler = (request) =>
  ['/healthz', '/livez', '/readyz'].includes(request.target.split('?')[0] ?? '')
    ? reply(200, 'ok')
    : reply(401, `${JSON.stringify(UNAUTHORIZED, undefined, 2)}\n`, 'application/json');

/** apimachinery, pkg/api/errors/errors.go NewUnauthorized. */
const UNAUTHORIZED = {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message: 'Unauthorized',
  reason: 'Unauthorized',
  code: 401,
};

const byPath =
  (paths: Readonly<Record<string, HttpReply>>): Handler =>
  ({ target }) => {
    const path = target.split('?')[0] ?? '';
    return (Object.hasOwn(paths, path) ? paths[path] : undefined) ?? notFound;
  };

const page = '<!DOCTYPE html>\n<html><head><title>nginx</title></head>\n<body><h1>It answers</h1></body></html>\n';
const welcome = reply(200, page.padEnd(WELCOME_LENGTH), 'text/html', { server: 'nginx' });

/** kube-proxy's own health, and the health servers of Services with a Local policy. */
function kubeProxy(world: World, place: Place, now: () => Date): Handler {
  if (place.port === KUBE_PROXY_METRICS) return byPath({ '/healthz': reply(200, 'ok') });
  const service = world.directory.services.find((each) => each.healthCheck?.nodePort === place.port);
  if (service?.healthCheck !== undefined) {
    const node = world.directory.nodes.find((each) => each.netns === place.netns)?.name;
    const here = service.healthCheck.localEndpoints.find((each) => each.node === node)?.ready ?? 0;
    return () => serviceHealth(service, here);
  }
  return (request) => {
    if (place.port !== HEALTHZ) return notFound;
    const text = now().toISOString();
    const body = `{"lastUpdated": "${text}","currentTime": "${text}", "nodeEligible": true}`;
    const ok = reply(200, body, 'application/json', { 'x-content-type-options': 'nosniff' });
    return byPath({ '/healthz': ok, '/livez': ok })(request);
  };
}

/** pkg/proxy/healthcheck/service_health.go, hcHandler.ServeHTTP: every path gets it, and no endpoint here means 503. */
const serviceHealth = (
  { namespace, name }: { readonly namespace: string; readonly name: string },
  here: number,
): HttpReply =>
  reply(
    here > 0 ? 200 : 503,
    [
      '{',
      '\t"service": {',
      `\t\t"namespace": "${namespace}",`,
      `\t\t"name": "${name}"`,
      '\t},',
      `\t"localEndpoints": ${here},`,
      '\t"serviceProxyHealthy": true',
      '}',
    ].join('\n'),
    'application/json',
    { 'x-content-type-options': 'nosniff', 'x-load-balancing-endpoint-weight': String(here) },
  );
