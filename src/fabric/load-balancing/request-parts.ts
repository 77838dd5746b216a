import type { Ip } from '../../net/index.ts';
import type { ListenerAction, LoadBalancer } from '../load-balancers.ts';
import type { ListenerRequest } from './match-rule.ts';

/** Where a redirect sends the client: `#{...}` stands for a part of the request (API reference, RedirectActionConfig). */
export function locationOf(
  to: Extract<ListenerAction, { kind: 'redirect' }>,
  request: ListenerRequest,
  listener: { readonly protocol: string; readonly port: number },
): string {
  const parts: Readonly<Record<string, string>> = {
    protocol: listener.protocol,
    host: request.host,
    port: String(listener.port),
    path: request.path.replace(/^\//, ''),
    query: request.query,
  };
  const fill = (text: string): string =>
    text.replace(/#\{(protocol|host|port|path|query)\}/g, (_, key) => parts[key] ?? '');
  const query = fill(to.query);
  const port = fill(to.port);
  const host = fill(to.host);
  return `${fill(to.protocol).toLowerCase()}://${host}:${port}${fill(to.path)}${query === '' ? '' : `?${query}`}`;
}

/**
 * The X-Forwarded-For a target is sent (ALB guide, HTTP headers): the peer's address behind what the request came with, with its
 * port where that is asked for; the header as it came; or none.
 */
export function forwardedFor(
  { xForwardedFor: mode, xffClientPort }: Pick<LoadBalancer, 'xForwardedFor' | 'xffClientPort'>,
  { headers }: ListenerRequest,
  { ip, port }: { readonly ip: Ip; readonly port: number },
): readonly string[] {
  const given = headers
    .filter(({ name }) => name.toLowerCase() === 'x-forwarded-for')
    .flatMap(({ value }) => value.split(','))
    .map((each) => each.trim())
    .filter((each) => each !== '');
  switch (mode) {
    case 'append':
      return [...given, xffClientPort === true ? withPort(ip, port) : ip];
    case 'preserve':
      return given;
    case 'remove':
      return [];
  }
}

const withPort = (ip: Ip, port: number): string => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`);
