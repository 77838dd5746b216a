import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cidr, ip, PrefixTrie } from '../../net/index.ts';
import type { ListenerCondition, ListenerRule } from '../load-balancers.ts';
import { matchesGlob } from './glob.ts';
import { type ListenerRequest, matchRule } from './match-rule.ts';
import { forwardedFor, locationOf } from './request-parts.ts';

const request = (over: Partial<ListenerRequest> = {}): ListenerRequest => ({
  method: 'GET',
  host: 'a.example',
  path: '/order',
  query: '',
  headers: [],
  ...over,
});
const rule = (priority: ListenerRule['priority'], ...conditions: ListenerCondition[]): ListenerRule => ({
  priority,
  conditions,
  action: { kind: 'fixed-response', statusCode: 200, contentType: '', body: '' },
});
const peer = ip('203.0.113.7');
const at = { ip: peer, standIn: undefined };
const meets = (condition: ListenerCondition, over: Partial<ListenerRequest> = {}): string => {
  const found = matchRule({ rules: [rule(1, condition), rule('default')] }, request(over), at);
  return found?.kind === 'matched' ? String(found.rule.priority) : String(found?.kind);
};

describe('conditions (ALB guide, rule condition types)', () => {
  test.each<[string, ListenerCondition, Partial<ListenerRequest>, string]>([
    ['a host in any case', { field: 'host-header', values: ['A.Example'] }, {}, '1'],
    ['a wildcard is not the bare domain', { field: 'host-header', values: ['*.a.example'] }, {}, 'default'],
    ['a wildcard spans labels', { field: 'host-header', values: ['*.example'] }, { host: 'x.y.example' }, '1'],
    ['a path with its case', { field: 'path-pattern', values: ['/Order'] }, {}, 'default'],
    ['a star spans slashes', { field: 'path-pattern', values: ['/o/*'] }, { path: '/o/a/b' }, '1'],
    ['a star needs its slash', { field: 'path-pattern', values: ['/order/*'] }, {}, 'default'],
    ['a star without one takes more', { field: 'path-pattern', values: ['/or*'] }, { path: '/orders' }, '1'],
    ['one character', { field: 'path-pattern', values: ['/?'] }, { path: '/' }, 'default'],
    ['a query is not part of the path', { field: 'path-pattern', values: ['/order'] }, { query: 'a=1' }, '1'],
    ['any of the values', { field: 'path-pattern', values: ['/x', '/order'] }, {}, '1'],
    ['a method is exact', { field: 'http-request-method', values: ['get'] }, {}, 'default'],
    [
      'a header by name and value in any case',
      { field: 'http-header', name: 'x-b', values: ['on*'] },
      { headers: [{ name: 'X-B', value: 'ONE' }] },
      '1',
    ],
    ['a header that was not sent', { field: 'http-header', name: 'x-b', values: ['*'] }, {}, 'default'],
    ['a query by key', { field: 'query-string', values: [{ key: 'V', value: '2' }] }, { query: 'u=1&v=2' }, '1'],
    ['a query by value', { field: 'query-string', values: [{ value: '2' }] }, { query: 'u=1&v=2' }, '1'],
    [
      'a query that has another value',
      { field: 'query-string', values: [{ key: 'v', value: '3' }] },
      { query: 'v=2' },
      'default',
    ],
    ['a bare word may be either', { field: 'query-string', values: [{ value: 'v' }] }, { query: 'v' }, 'undecided'],
    [
      'the source is the peer, not a header',
      { field: 'source-ip', values: [cidr('10.0.0.0/8')] },
      { headers: [{ name: 'X-Forwarded-For', value: '10.0.0.1' }] },
      'default',
    ],
    ['the source', { field: 'source-ip', values: [cidr('203.0.113.0/24')] }, {}, '1'],
    ['a regular expression', { field: 'path-regex', values: ['^/o'] }, {}, 'undecided'],
    ['one of a host', { field: 'host-regex', values: ['^a'] }, {}, 'undecided'],
    ['one of a header', { field: 'http-header-regex', name: 'x-b', values: ['^b'] }, {}, 'undecided'],
  ])('%s', (_, condition, over, want) => expect(meets(condition, over)).toBe(want));

  test('an undecided condition does not matter where another of the rule fails', () => {
    const rules = [
      rule(1, { field: 'path-regex', values: ['.'] }, { field: 'host-header', values: ['b'] }),
      rule('default'),
    ];
    expect(matchRule({ rules }, request(), at)).toMatchObject({ kind: 'matched', rule: { priority: 'default' } });
  });
});

describe('a peer whose address stands in for another', () => {
  const standIn = {
    block: cidr('203.0.113.7/32'),
    of: 'NAT gateway nat-a',
    give: 'publicIp does',
    apart: new PrefixTrie<true>(),
  };
  const told =
    '203.0.113.7 stands in for a public address of NAT gateway nat-a, which the input does not give: publicIp does';
  const from = (...blocks: string[]): ListenerCondition => ({ field: 'source-ip', values: blocks.map(cidr) });
  const to = (priority: ListenerRule['priority'], statusCode: number, ...of: ListenerCondition[]): ListenerRule => ({
    ...rule(priority, ...of),
    action: { kind: 'fixed-response', statusCode, contentType: '', body: '' },
  });
  const unsure = (priority: number, block: string): string =>
    `${told}; whether rule ${priority}, source-ip ${block}, is for it is not known`;
  const last = to('default', 403);

  test.each<[string, readonly ListenerRule[], object]>([
    [
      'a block of public addresses',
      [to(1, 200, from('203.0.113.0/24'))],
      { kind: 'undecided', what: unsure(1, '203.0.113.0/24') },
    ],
    ['one it is not in', [to(1, 200, from('34.0.0.0/8'))], { kind: 'undecided', what: unsure(1, '34.0.0.0/8') }],
    ['private ones', [to(1, 200, from('10.0.0.0/8'))], { kind: 'matched', rule: last }],
    ['everybody', [to(1, 200, from('0.0.0.0/0'))], { kind: 'matched', rule: { priority: 1 } }],
    ['everybody besides', [to(1, 200, from('34.0.0.0/8', '0.0.0.0/0'))], { kind: 'matched', rule: { priority: 1 } }],
    [
      'another condition that fails',
      [to(1, 200, from('34.0.0.0/8'), { field: 'path-pattern', values: ['/x'] })],
      { kind: 'matched', rule: last },
    ],
    ['a rule before it', [to(1, 200), to(2, 201, from('34.0.0.0/8'))], { kind: 'matched', rule: { priority: 1 } }],
    [
      'the same either way',
      [to(1, 403, from('34.0.0.0/8'))],
      { kind: 'matched', rule: last, unless: unsure(1, '34.0.0.0/8') },
    ],
    [
      'the same or another',
      [to(1, 403, from('34.0.0.0/8')), to(2, 200, from('35.0.0.0/8'))],
      { kind: 'undecided', what: unsure(2, '35.0.0.0/8') },
    ],
  ])('%s', (_, rules, want) =>
    expect(matchRule({ rules: [...rules, last] }, request(), { ip: peer, standIn })).toMatchObject(want),
  );

  test('no rule for the rest', () =>
    expect(matchRule({ rules: [to(1, 200, from('34.0.0.0/8'))] }, request(), { ip: peer, standIn })).toMatchObject({
      kind: 'undecided',
    }));
});

test('the first rule whose conditions all hold wins, whatever stands behind it', () => {
  const condition = fc.oneof(
    fc
      .subarray(['/', '/a', '/a/*', '/*', '/b'], { minLength: 1 })
      .map((values): ListenerCondition => ({ field: 'path-pattern', values })),
    fc
      .subarray(['a.example', '*.example', 'b'], { minLength: 1 })
      .map((values): ListenerCondition => ({ field: 'host-header', values })),
  );
  const asked = fc.record({
    host: fc.constantFrom('a.example', 'b', 'c'),
    path: fc.constantFrom('/', '/a', '/a/b', '/b'),
  });
  fc.assert(
    fc.property(fc.array(fc.array(condition, { minLength: 1, maxLength: 2 }), { maxLength: 6 }), asked, (all, over) => {
      const rules = [...all.map((conditions, i) => rule(i + 1, ...conditions)), rule('default')];
      const found = matchRule({ rules }, request(over), at);
      const alone = rules.findIndex((each) => matchRule({ rules: [each] }, request(over), at) !== undefined);
      expect(found).toEqual({ kind: 'matched', rule: rules[alone] });
    }),
    { seed: 11 },
  );
});

test('a glob is what its regular expression is, and long ones end', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 8 });
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*', '?'), maxLength: 8 });
  fc.assert(
    fc.property(pattern, text, (glob, of) => {
      const same = new RegExp(`^${glob.replaceAll('*', '.*').replaceAll('?', '.')}$`);
      expect(matchesGlob(glob, of)).toBe(same.test(of));
    }),
    { seed: 3, numRuns: 2000 },
  );
  expect(matchesGlob(`${'*a'.repeat(60)}b`, 'a'.repeat(4000))).toBe(false);
});

test('a redirect keeps what it does not say', () => {
  const to = {
    kind: 'redirect',
    statusCode: 301,
    protocol: 'HTTPS',
    host: '#{host}',
    port: '443',
    path: '/#{path}',
    query: '#{query}',
  } as const;
  const listener = { protocol: 'HTTP', port: 80 };
  expect(locationOf(to, request({ query: 'a=1' }), listener)).toBe('https://a.example:443/order?a=1');
  expect(locationOf({ ...to, path: '/new/#{path}', query: '' }, request({ query: 'a=1' }), listener)).toBe(
    'https://a.example:443/new/order',
  );
});

test.each([
  ['append', ['198.51.100.9', '10.0.0.1', '203.0.113.7']],
  ['preserve', ['198.51.100.9', '10.0.0.1']],
  ['remove', []],
] as const)('X-Forwarded-For: %s', (mode, want) => {
  const headers = [{ name: 'x-forwarded-for', value: '198.51.100.9, 10.0.0.1' }];
  const from = { ip: peer, port: 40_000 };
  expect(forwardedFor({ xForwardedFor: mode }, request({ headers }), from)).toEqual(want);
});

test.each([
  ['append', '203.0.113.7', ['10.0.0.1', '203.0.113.7:40000']],
  ['append', '2001:db8::7', ['10.0.0.1', '[2001:db8::7]:40000']],
  ['preserve', '203.0.113.7', ['10.0.0.1']],
  ['remove', '203.0.113.7', []],
] as const)('X-Forwarded-For with the client port: %s %s', (mode, from, want) => {
  const headers = [{ name: 'X-Forwarded-For', value: '10.0.0.1' }];
  const of = { xForwardedFor: mode, xffClientPort: true } as const;
  expect(forwardedFor(of, request({ headers }), { ip: ip(from), port: 40_000 })).toEqual(want);
});
