import { expect, test } from 'vitest';
import { parseBindAddress } from './bind-address.ts';

test.each([
  ['0.0.0.0:10249', { local: '*', port: 10249 }],
  ['[::]:10249', { local: '*', port: 10249 }],
  [':61679', { local: '*', port: 61679 }],
  ['127.0.0.1:9', { local: '127.0.0.1', port: 9 }],
  ['[::1]:9', { local: '::1', port: 9 }],
  ['localhost:9', { local: '127.0.0.1', port: 9 }],
  ['127.0.0.1', { local: '127.0.0.1', port: 10256 }],
  ['::1', { local: '::1', port: 10256 }],
  ['0.0.0.0', { local: '*', port: 10256 }],
  ['::1:9', { local: '::1:9', port: 10256 }],
  ['127.0.0.1:0', undefined],
  ['127.0.0.1:65536', undefined],
  ['node:9', undefined],
  ['unix:/run/a.sock', undefined],
  ['', undefined],
])('%s', (text, expected) => expect(parseBindAddress(text, 10256)).toEqual(expected));

test('without a default port an address alone is none', () => expect(parseBindAddress('127.0.0.1')).toBeUndefined());
