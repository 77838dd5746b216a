import { type HttpReply, type HttpRequest, reply } from './messages.ts';

/** What the image calls itself (registry.k8s.io/echoserver:1.10). */
const ECHOSERVER = 'nginx: 1.13.3 - lua: 10008';

/** The body `registry.k8s.io/echoserver:1.10` answers with, field by field as that image prints them. */
export const echoserver = (request: HttpRequest, hostname: string): HttpReply => echo(request, hostname, ECHOSERVER);

/** The same fields from a program we know nothing about but that it listens. */
export const plainEcho = (request: HttpRequest, hostname: string): HttpReply => echo(request, hostname, 'packetwalk');

function echo(request: HttpRequest, hostname: string, version: string): HttpReply {
  const { method, target, client, scheme, local } = request;
  const query = /\?(.*)/s.exec(target)?.[1] ?? '';
  const host = (request.headers['host'] ?? local.ip).replace(/:\d+$/, '');
  const lines = [
    '',
    '',
    `Hostname: ${hostname === '' ? local.ip : hostname}`,
    '',
    'Pod Information:',
    '\t-no pod information available-',
    '',
    'Server values:',
    `\tserver_version=${version}`,
    '',
    'Request Information:',
    `\tclient_address=${client.ip}`,
    `\tmethod=${method}`,
    `\treal path=${target}`,
    `\tquery=${query}`,
    `\trequest_version=${request.version}`,
    `\trequest_scheme=${scheme}`,
    `\trequest_uri=${scheme}://${host}:${local.port}${target}`,
    '',
    'Request Headers:',
    ...Object.entries(request.headers)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => `\t${name}=${value}`),
    '',
    'Request Body:',
    request.body === '' ? '\t-no body in request-' : request.body,
    '',
    '',
  ];
  return reply(200, lines.join('\n'), 'text/plain');
}
