import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { ipOf } from '../addresses.ts';
import type { Endpoint } from '../types.ts';
import type { HttpReply, HttpRequest } from './messages.ts';

/** What a connection is served with: a program's answer, or somebody else's whom a proxy asks. */
export type HttpService = HttpProgram | HttpRelay;

export interface HttpRelay {
  relay(incoming: IncomingMessage, response: ServerResponse): void;
}

/** `exchanged` is told of every request and its answer. */
export interface HttpProgram {
  answer(request: HttpRequest): HttpReply;
  exchanged(request: HttpRequest, reply: HttpReply): void;
}

export interface HttpConnections {
  /** Speaks HTTP on an accepted connection from here on. */
  serve(connection: Socket, service: HttpService): void;
  close(): void;
}

const MAX_BODY = 1 << 20;
const HEADERS_TIMEOUT_MS = 30_000;

/** One HTTP engine for the listeners of a whole lab: they hand it their connections. */
export function httpConnections(): HttpConnections {
  const services = new WeakMap<Socket, HttpService>();
  const server: Server = createServer({ headersTimeout: HEADERS_TIMEOUT_MS }, (request, response) => {
    const service = services.get(request.socket);
    if (service === undefined) response.destroy();
    else if ('relay' in service) service.relay(request, response);
    else void exchange(request, response, service);
  });
  server.on('clientError', (_, socket) => socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'));
  return {
    serve(connection, service) {
      services.set(connection, service);
      server.emit('connection', connection);
    },
    close: () => server.closeAllConnections(),
  };
}

async function exchange(incoming: IncomingMessage, response: ServerResponse, service: HttpProgram): Promise<void> {
  const body = await readBody(incoming);
  if (body === undefined) {
    response.writeHead(413, { connection: 'close' }).end();
    return;
  }
  const request = requestOf(incoming, body);
  const reply = service.answer(request);
  response.writeHead(reply.status, { ...reply.headers, 'content-length': Buffer.byteLength(reply.body) });
  response.end(reply.body);
  service.exchanged(request, reply);
}

/** The whole body as text; undefined when it is longer than a lab needs, or breaks off. */
async function readBody(incoming: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > MAX_BODY) return undefined;
      chunks.push(chunk);
    }
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks).toString('utf8');
}

function requestOf(incoming: IncomingMessage, body: string): HttpRequest {
  const { socket, headers } = incoming;
  return {
    method: incoming.method ?? 'GET',
    target: incoming.url ?? '/',
    version: incoming.httpVersion,
    scheme: socket instanceof TLSSocket ? 'https' : 'http',
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value ?? '')])),
    body,
    client: clientOf(socket),
    local: localOf(socket),
  };
}

export const clientOf = (socket: Socket): Endpoint => ({
  ip: ipOf(socket.remoteAddress),
  port: socket.remotePort ?? 0,
});

export const localOf = (socket: Socket): Endpoint => ({
  ip: ipOf(socket.localAddress),
  port: socket.localPort ?? 0,
});
