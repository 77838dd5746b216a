import { didYouMean } from '../base/index.ts';
import { type Ip, parseIp } from '../net/index.ts';

interface Named {
  readonly namespace: string;
  readonly name: string;
  readonly port: PortName | undefined;
}

/** One end of a question, as the user wrote it. */
export type End =
  | ({ readonly kind: 'pod' | 'deploy' } & Named)
  | ({ readonly kind: 'svc' } & Named)
  | { readonly kind: 'node' | 'host'; readonly name: string; readonly port: PortName | undefined }
  /** By its name, or by the `NS/NAME` of what it was made for. */
  | {
      readonly kind: 'lb';
      readonly name: string;
      readonly zone: string | undefined;
      readonly port: PortName | undefined;
    }
  | { readonly kind: 'apiserver'; readonly port: PortName | undefined }
  | { readonly kind: 'internet'; readonly ip: Ip | undefined; readonly port: PortName | undefined }
  | {
      readonly kind: 'ip';
      readonly ip: Ip;
      readonly port: PortName | undefined;
      readonly url: UrlParts | undefined;
    }
  | {
      readonly kind: 'name';
      readonly name: string;
      readonly port: PortName | undefined;
      readonly url: UrlParts | undefined;
    };

/** A port by number, or by the name a Service or container gives it. */
export type PortName = number | string;

/** A URL as its request carries it (RFC 9112 3.2: the fragment stays with the client). */
export interface UrlParts {
  readonly scheme: 'http' | 'https';
  /** As the Host header has it, without the port. */
  readonly host: string;
  readonly path: string;
  /** Without the question mark; empty for none. */
  readonly query: string;
}

export type EndResult =
  | { readonly ok: true; readonly end: End }
  | { readonly ok: false; readonly message: string; readonly hint?: string };

const KINDS = ['pod', 'deploy', 'svc', 'node', 'host', 'lb', 'apiserver', 'internet'] as const;
const ALIASES: Readonly<Record<string, string>> = {
  pods: 'pod',
  po: 'pod',
  deployment: 'deploy',
  deployments: 'deploy',
  service: 'svc',
  services: 'svc',
  nodes: 'node',
  hosts: 'host',
  'control-plane': 'apiserver',
};

const FORMS =
  'pod/NS/NAME, deploy/NS/NAME, svc/NS/NAME[:PORT], node/NAME[:PORT], host/NAME[:PORT], lb/NAME[@ZONE][:PORT], apiserver, internet[/IP], IP[:PORT], a DNS name or a URL';

/** Parses `pod/NS/NAME`, `svc/NS/NAME:PORT`, `10.0.0.75:80`, `[2600::1]:80`, `internet/8.8.8.8`, `http://name/path`... */
export function parseEnd(text: string): EndResult {
  const parsed = parseForm(text);
  if (!parsed.ok || !('port' in parsed.end) || typeof parsed.end.port !== 'number') return parsed;
  const { port } = parsed.end;
  return port >= 1 && port <= 65535 ? parsed : fail(`Port ${port} in "${text}" is outside 1-65535`);
}

function parseForm(text: string): EndResult {
  if (/^https?:\/\//.test(text)) return parseUrl(text);
  const slash = text.indexOf('/');
  const word = slash < 0 ? stripPort(text).rest : text.slice(0, slash);
  const kind = ALIASES[word] ?? word;
  if (kind === 'apiserver' || kind === 'internet') return parseFixed(kind, text);
  if (slash >= 0) return parseNamed(kind, text, text.slice(slash + 1));
  const { rest, port } = stripPort(text);
  const address = parseIp(rest);
  if (address !== undefined) return { ok: true, end: { kind: 'ip', ip: address, port, url: undefined } };
  if (/^[0-9.]+$/.test(rest)) return fail(`"${rest}" is not an IPv4 address`);
  if (/^(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9])?\.?)+$/.test(rest)) {
    return { ok: true, end: { kind: 'name', name: rest.toLowerCase(), port, url: undefined } };
  }
  return fail(`Cannot read "${text}" as an end of a walk`);
}

const fail = (message: string, hint?: string): EndResult => ({
  ok: false,
  message: `${message}; expected ${FORMS}`,
  ...(hint === undefined ? {} : { hint }),
});

function parseFixed(kind: 'apiserver' | 'internet', text: string): EndResult {
  if (kind === 'apiserver') return { ok: true, end: { kind, port: stripPort(text).port } };
  const { rest, port } = stripPort(text.slice('internet'.length).replace(/^\//, ''));
  if (rest === '') return { ok: true, end: { kind, ip: undefined, port } };
  const address = parseIp(rest);
  if (address === undefined) return fail(`"${rest}" in "${text}" is not an IP address`);
  return { ok: true, end: { kind, ip: address, port } };
}

function parseNamed(kind: string, text: string, path: string): EndResult {
  const { rest, port } = stripPort(path);
  const parts = rest.split('/');
  if (kind === 'pod' || kind === 'deploy' || kind === 'svc') {
    const [namespace, name] = parts;
    if (parts.length !== 2 || !namespace || !name) {
      const guess = parts.length === 1 && namespace ? `did you mean "${kind}/default/${namespace}"?` : undefined;
      return fail(`"${text}" needs a namespace and a name`, guess);
    }
    return { ok: true, end: { kind, namespace, name, port } };
  }
  if (kind === 'node' || kind === 'host') {
    const [name] = parts;
    if (parts.length !== 1 || !name) return fail(`"${text}" needs one name`);
    return { ok: true, end: { kind, name, port } };
  }
  if (kind === 'lb') {
    const [name = '', zone] = rest.split('@');
    if (name === '' || zone === '') return fail(`"${text}" needs the name of a load balancer`);
    return { ok: true, end: { kind, name, zone, port } };
  }
  const { hint } = didYouMean(kind, KINDS);
  return fail(`"${kind}" in "${text}" is not a kind of end`, hint);
}

function parseUrl(text: string): EndResult {
  const found = /^(https?):\/\/(\[[^\]]+\]|[^/:?#]+)(?::(\d+))?([/?#].*)?$/.exec(text);
  const [, scheme, host, port, rest = ''] = found ?? [];
  if ((scheme !== 'http' && scheme !== 'https') || host === undefined) return fail(`Cannot read the URL "${text}"`);
  const number = port === undefined ? (scheme === 'http' ? 80 : 443) : Number(port);
  const address = parseIp(host.replace(/^\[|\]$/g, ''));
  const url: UrlParts = { scheme, host: host.toLowerCase(), ...requestTarget(rest) };
  if (address !== undefined) return { ok: true, end: { kind: 'ip', ip: address, port: number, url } };
  return { ok: true, end: { kind: 'name', name: host.toLowerCase(), port: number, url } };
}

/** What stands behind a URL's host, as it is sent: `/order?page=2` in two. */
function requestTarget(rest: string): Pick<UrlParts, 'path' | 'query'> {
  const [, path = '', query = ''] = /^([^?#]*)(?:\?([^#]*))?/.exec(rest) ?? [];
  return { path: path === '' ? '/' : path, query };
}

/** Splits a trailing `:PORT` off, minding IPv6: only `[...]:80` carries a port there. */
function stripPort(text: string): { readonly rest: string; readonly port: PortName | undefined } {
  const bracketed = /^\[([^\]]+)\](?::([A-Za-z0-9-]+))?$/.exec(text);
  if (bracketed?.[1] !== undefined) return { rest: bracketed[1], port: portName(bracketed[2]) };
  const colon = text.lastIndexOf(':');
  if (colon < 0 || text.indexOf(':') !== colon) return { rest: text, port: undefined };
  return { rest: text.slice(0, colon), port: portName(text.slice(colon + 1)) };
}

function portName(text: string | undefined): PortName | undefined {
  if (text === undefined || text === '') return undefined;
  return /^\d+$/.test(text) ? Number(text) : text;
}
