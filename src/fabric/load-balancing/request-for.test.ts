import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cidr, ip } from '../../net/index.ts';
import type { ListenerCondition, ListenerRule } from '../load-balancers.ts';
import { matchRule } from './match-rule.ts';
import { requestFor } from './request-for.ts';

const peer = ip('203.0.113.7');
const rule = (...conditions: ListenerCondition[]): ListenerRule => ({
  priority: 1,
  conditions,
  action: { kind: 'fixed-response', statusCode: 200, contentType: '', body: '' },
});
const last: ListenerRule = { ...rule(), priority: 'default' };
const host = (...values: string[]): ListenerCondition => ({ field: 'host-header', values });
const path = (...values: string[]): ListenerCondition => ({ field: 'path-pattern', values });

const asked = (wanted: ListenerRule, before: readonly ListenerRule[] = [], names = ['lb.example']): string => {
  const found = requestFor({ rules: [...before, wanted, last] }, wanted, peer, names);
  if (found === undefined) return 'none';
  const headers = found.headers.map(({ name, value }) => ` ${name}: ${value}`).join('');
  return `${found.host}${found.path}${found.query === '' ? '' : `?${found.query}`}${headers}`;
};

describe('a request that meets a rule', () => {
  test.each<[string, string, ListenerRule]>([
    ['its first host and path', 'a.example/order', rule(host('A.example', 'b.example'), path('/order', '/order/*'))],
    ['what was given, where it has no host', 'lb.example/a', rule(path('/a'))],
    ['a wildcard in a host is a letter', 'x.a.example/', rule(host('*.a.example'))],
    ['a wildcard in a path is as little as it takes', 'lb.example/a/', rule(path('/a/*'))],
    ['one character', 'lb.example/ax', rule(path('/a?'))],
    ['a path of a wildcard alone', 'lb.example/', rule(path('*'))],
    ['a header', 'lb.example/ X-B: on', rule({ field: 'http-header', name: 'X-B', values: ['on*', 'off'] })],
    ['a query', 'lb.example/?v=2', rule({ field: 'query-string', values: [{ key: 'v', value: '2' }] })],
    ['a value of any key', 'lb.example/?x=2', rule({ field: 'query-string', values: [{ value: '2' }] })],
    ['its own source', 'lb.example/', rule({ field: 'source-ip', values: [cidr('203.0.113.0/24')] })],
    ['not another source', 'none', rule({ field: 'source-ip', values: [cidr('10.0.0.0/8')] })],
    ['not another method', 'none', rule({ field: 'http-request-method', values: ['POST'] })],
    ['not a regular expression, which nobody decides', 'none', rule({ field: 'path-regex', values: ['^/a'] })],
    ['two conditions that exclude each other', 'none', rule(path('/a'), path('/b'))],
  ])('%s', (_, want, wanted) => expect(asked(wanted)).toBe(want));

  test('a known name fills a wildcard', () =>
    expect(asked(rule(host('*.a.example')), [], ['z.example', 'www.a.example'])).toBe('www.a.example/'));
  test('the next path, where an earlier rule takes the first', () =>
    expect(asked(rule(path('/a', '/b')), [rule(path('/a'))])).toBe('lb.example/b'));
  test('the next name, where an earlier rule takes the first', () =>
    expect(asked(rule(), [rule(host('a.example'))], ['a.example', 'lb.example'])).toBe('lb.example/'));
  test('none, where an earlier rule takes all', () => expect(asked(rule(path('/a')), [rule(path('/*'))])).toBe('none'));
});

test('whatever is found meets that rule and none before it', () => {
  const condition = fc.oneof(
    fc.subarray(['/', '/a', '/a/*', '/*', '/b?'], { minLength: 1 }).map((values) => path(...values)),
    fc.subarray(['a.example', '*.example', 'b'], { minLength: 1 }).map((values) => host(...values)),
  );
  fc.assert(
    fc.property(
      fc.array(fc.array(condition, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 5 }),
      (all) => {
        const rules = [...all.map((conditions) => rule(...conditions)), last];
        for (const wanted of rules) {
          const found = requestFor({ rules }, wanted, peer, ['lb.example', 'c']);
          if (found !== undefined)
            expect(matchRule({ rules }, found, { ip: peer, standIn: undefined })).toEqual({
              kind: 'matched',
              rule: wanted,
            });
        }
      },
    ),
    { seed: 5 },
  );
});
