import type { Listener, ListenerCondition } from '../../fabric/index.ts';
import type { HttpRequest } from '../../trace/index.ts';

/** A request for each rule of a listener that speaks HTTP, such as the rule's own values make it; another rule may take it first. */
export function requestsTo({ protocol, rules }: Listener): readonly HttpRequest[] {
  if (protocol !== 'HTTP' && protocol !== 'HTTPS') return [];
  const scheme = protocol === 'HTTP' ? 'http' : 'https';
  return rules.map(({ conditions }) => conditions.reduce(fitting, { ...PLAIN, scheme }));
}

const PLAIN: HttpRequest = {
  scheme: 'http',
  method: 'GET',
  host: 'proof.example',
  path: '/proof',
  query: '',
  headers: [],
};

/** Stands for what a pattern leaves open. */
const filled = (pattern: string): string => pattern.replaceAll('*', 'any').replaceAll('?', 'x');

function fitting(request: HttpRequest, condition: ListenerCondition): HttpRequest {
  switch (condition.field) {
    case 'host-header':
      return { ...request, host: filled(condition.values[0] ?? request.host) };
    case 'path-pattern':
      return { ...request, path: filled(condition.values[0] ?? request.path) };
    case 'http-request-method':
      return { ...request, method: condition.values[0] ?? request.method };
    case 'http-header':
      return {
        ...request,
        headers: [...request.headers, { name: condition.name, value: filled(condition.values[0] ?? '') }],
      };
    case 'query-string': {
      const [{ key = 'any', value } = { value: '' }] = condition.values;
      const pair = `${filled(key)}=${filled(value)}`;
      return { ...request, query: request.query === '' ? pair : `${request.query}&${pair}` };
    }
    // Who asks, and what a regular expression means, a request does not choose.
    case 'source-ip':
    case 'host-regex':
    case 'path-regex':
    case 'http-header-regex':
      return request;
  }
}
