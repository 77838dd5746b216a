import { type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { Socket } from 'node:net';
import { connect as startTls, TLSSocket } from 'node:tls';
import { forwardedFor, type Target } from '../../../fabric/index.ts';
import { familyOf } from '../../../net/index.ts';
import type { Headers, HttpRequest } from '../../../trace/index.ts';
import { type ListenerEnd, type Served, serve } from '../../../world/index.ts';
import { abi, connectTcp, type NetnsHandle, SystemError } from '../../exec/ffi/index.ts';
import { type BalancerNode, servingAt } from '../../plan/index.ts';
import type { TargetWatch } from '../health/watch-targets.ts';
import type { Endpoint } from '../types.ts';
import { clientOf, localOf } from './http-server.ts';

/** A listener of a load balancer that ends connections, where it listens and what it knows of its targets. */
export interface ProxyPlace extends ListenerEnd {
  readonly node: BalancerNode;
  readonly netns: NetnsHandle;
  readonly targets: TargetWatch;
}

/** What became of a request, for a log. */
export interface Relayed {
  readonly status: number;
  /** Absent: the load balancer answered by itself. */
  readonly target?: Target;
}

/** Milliseconds a target's connection is waited for (ALB guide, troubleshooting: 10 seconds). */
const CONNECT_MS = 10_000;
const SERVER = 'awselb/2.0';

/** Headers that are about one connection only (RFC 9110, 7.6.1). */
const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'];

/**
 * One request through an application load balancer: the rules of its listener decide, as they do in the model, and what they
 * send on goes over a connection of the node's own.
 */
export async function relay(place: ProxyPlace, incoming: IncomingMessage, response: ServerResponse): Promise<Relayed> {
  const client = clientOf(incoming.socket);
  const asked = requestOf(incoming);
  const served = decide(place, asked, client, localOf(incoming.socket));
  if (served.kind === 'unknown') return answer(response, 500, `The lab does not know: ${served.what}\n`);
  if (served.kind === 'response') return answerItself(response, served);
  try {
    const connection = await connectTarget(place, served.target);
    const headers = headersFor(place, incoming, asked, client);
    const status = await pass(incoming, response, connection, headers, place.listener.idleTimeout * 1000);
    return { status, target: served.target };
  } catch (error) {
    const late = error instanceof SystemError && error.code === 'ETIMEDOUT';
    if (response.headersSent) response.destroy();
    else answer(response, late ? 504 : 502);
    return { status: late ? 504 : 502, target: served.target };
  }
}

/** The request as the model has one. */
function requestOf({ method = 'GET', url = '/', headers, socket, rawHeaders }: IncomingMessage): HttpRequest {
  const [path = '/', ...query] = url.split('?');
  const pairs = rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [{ name, value: rawHeaders[i + 1] ?? '' }] : []));
  const host = (headers.host ?? '').toLowerCase().replace(/:\d+$/, '');
  const scheme = socket instanceof TLSSocket ? 'https' : 'http';
  return { scheme, method, host, path, query: query.join('?'), headers: pairs };
}

/** What is done about a request, or about a connection nobody reads (`asked` undefined). */
export function decide(
  { node, loadBalancer, listener, targets }: ProxyPlace,
  asked: HttpRequest | undefined,
  client: Endpoint,
  local: Endpoint,
): Served {
  const serving = servingAt(node, (g, t) => targets.inUse(node, g, t), Math.random);
  // What connects has the address it has.
  return serve(
    { ...serving, standIn: () => undefined, record: undefined },
    { loadBalancer, listener },
    openedBy(client, local),
    asked,
  );
}

export const openedBy = (client: Endpoint, local: Endpoint): Headers => ({
  family: familyOf(client.ip),
  src: client.ip,
  dst: local.ip,
  protocol: 'tcp',
  sport: client.port,
  dport: local.port,
  ttl: 0,
  length: 0,
  df: true,
  mark: 0,
});

/** A connection of the node's own; `first` is said before anything else, TLS included. */
export async function connectTarget({ node, netns }: ProxyPlace, target: Target, first = ''): Promise<Socket> {
  const { ip, port } = target;
  const from = node.eni.addresses.find((address) => familyOf(address) === familyOf(ip));
  if (from === undefined) throw new Error(`${node.label} has no address of the family of ${ip}`);
  const fd = await connectTcp(netns, { from, to: ip, port, patience: CONNECT_MS });
  const socket = new Socket({ fd, readable: true, writable: true });
  if (first !== '') socket.write(first);
  const group = node.groups.find(({ targets }) => targets.includes(target))?.group;
  const speaksTls = group?.protocol === 'HTTPS' || group?.protocol === 'TLS';
  return speaksTls ? startTls({ socket, rejectUnauthorized: false }) : socket;
}

/** The request's headers as the target gets them (ALB guide, HTTP headers). */
function headersFor(
  { loadBalancer, listener }: ProxyPlace,
  { headers }: IncomingMessage,
  asked: HttpRequest,
  client: Endpoint,
): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined && !HOP_BY_HOP.includes(name) && name !== 'x-forwarded-for') kept[name] = value;
  const addresses = forwardedFor(loadBalancer, asked, client);
  if (addresses.length > 0) kept['x-forwarded-for'] = addresses.join(', ');
  kept['x-forwarded-proto'] = asked.scheme;
  kept['x-forwarded-port'] = String(listener.port);
  return kept;
}

/** Both bodies as streams; resolves with the target's status once its answer is through. */
function pass(
  incoming: IncomingMessage,
  response: ServerResponse,
  connection: Socket,
  headers: Record<string, string | string[]>,
  idle: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', url = '/' } = incoming;
    const chunked = incoming.headers['transfer-encoding'] === undefined ? {} : { 'transfer-encoding': 'chunked' };
    const onward = send({ createConnection: () => connection, method, path: url, headers: { ...headers, ...chunked } });
    onward.setTimeout(idle, () => onward.destroy(new SystemError('wait for the target', abi.ETIMEDOUT, 'ETIMEDOUT')));
    onward.on('error', reject);
    response.on('close', () => connection.destroy());
    onward.on('response', (back) => {
      const { statusCode = 502 } = back;
      const own = Object.entries(back.headers).filter(([name]) => !HOP_BY_HOP.includes(name));
      response.writeHead(statusCode, Object.fromEntries(own));
      back.on('error', reject);
      back.pipe(response);
      response.on('finish', () => resolve(statusCode));
    });
    incoming.pipe(onward);
  });
}

/** A redirect, a fixed response or an error, as the load balancer says it itself. */
function answerItself(
  response: ServerResponse,
  { status, body, location }: Extract<Served, { kind: 'response' }>,
): Relayed {
  if (location !== undefined) response.setHeader('location', location);
  return answer(response, status, body?.text, body?.contentType);
}

function answer(
  response: ServerResponse,
  status: number,
  text?: string,
  contentType = 'text/plain; charset=utf-8',
): Relayed {
  const page = text ?? errorPage(status);
  response.writeHead(status, {
    server: SERVER,
    'content-type': text === undefined ? 'text/html' : contentType === '' ? 'text/plain' : contentType,
    'content-length': Buffer.byteLength(page),
  });
  response.end(page);
  return { status };
}

const NAMES: Readonly<Record<number, string>> = {
  301: 'Moved Permanently',
  302: 'Found',
  400: 'Bad Request',
  502: 'Bad Gateway',
  503: 'Service Temporarily Unavailable',
  504: 'Gateway Time-out',
};

const errorPage = (status: number): string => {
  const title = `${status} ${NAMES[status] ?? ''}`.trim();
  return `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`;
};
