import { expect, test } from 'vitest';
import { ip } from '../../net/index.ts';
import type { DnsRecord } from '../types.ts';
import { namesBehind } from './names-behind.ts';

const upstream: readonly DnsRecord[] = [
  { name: 'front-1.elb.example', type: 'A', addresses: [ip('198.51.100.1')], ttl: 60 },
  { name: 'shop.example', type: 'A', addresses: [ip('198.51.100.1')], ttl: 60, aliasOf: 'front-1.elb.example' },
  { name: 'copied.example', type: 'A', addresses: [ip('198.51.100.1')], ttl: 60 },
  {
    name: 'given.example',
    type: 'A',
    addresses: [ip('198.51.100.1')],
    ttl: 60,
    aliasOf: 'front-1.elb.example',
    asGiven: true,
  },
  { name: 'www.example', type: 'CNAME', target: 'shop.example', ttl: 60 },
];

test.each([
  ['an alias', ['Shop.example.'], ['shop.example', 'front-1.elb.example']],
  ['the name itself', ['front-1.elb.example'], ['front-1.elb.example']],
  ['a record that has the addresses of its own', ['copied.example'], ['copied.example']],
  [
    'a name that leads to an alias, and it',
    ['www.example', 'shop.example'],
    ['www.example', 'shop.example', 'front-1.elb.example'],
  ],
  ['an answer that is given', ['given.example', 'copied.example'], ['copied.example']],
  ['a name nobody has', ['gone.example'], ['gone.example']],
] as const)('names behind %s', (_, names, want) => {
  expect([...namesBehind({ upstream }, names)]).toEqual(want);
});
