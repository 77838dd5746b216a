import type { Endpoint } from '../types.ts';

/** A request as a program of the lab sees it: no node types, so that what it answers is a pure function. */
export interface HttpRequest {
  readonly method: string;
  /** As it stands in the request line: `/order?id=1`. */
  readonly target: string;
  readonly version: string;
  readonly scheme: 'http' | 'https';
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly client: Endpoint;
  readonly local: Endpoint;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export const reply = (
  status: number,
  body: string,
  type = 'text/plain; charset=utf-8',
  headers: HttpReply['headers'] = {},
): HttpReply => ({ status, headers: { 'content-type': type, ...headers }, body });

/** net/http's answer for a path nobody serves. */
export const notFound: HttpReply = reply(404, '404 page not found\n');
