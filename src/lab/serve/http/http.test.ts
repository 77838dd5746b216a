import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { testWorld } from '../../../../test/sim/test-world.ts';
import type { NetnsId } from '../../../linux/index.ts';
import { ip } from '../../../net/index.ts';
import type { World } from '../../../world/index.ts';
import { ipOf } from '../addresses.ts';
import { accessLogLine } from './access-log.ts';
import { handlerOf } from './handlers.ts';
import { type HttpRequest, reply } from './messages.ts';
import { selfSigned } from './self-signed.ts';

const AT = new Date('2023-09-10T14:23:11.5Z');
const request = (of: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'GET',
  target: '/',
  version: '1.1',
  scheme: 'http',
  headers: { host: 'echo', 'user-agent': 'curl/7.66.0' },
  body: '',
  client: { ip: ip('10.0.1.51'), port: 59432 },
  local: { ip: ip('10.0.3.193'), port: 8080 },
  ...of,
});

describe('nginx access log, combined', () => {
  const page = reply(200, 'x'.repeat(4833));
  test.each([
    [{}, '10.0.1.51 - - [10/Sep/2023:14:23:11 +0000] "GET / HTTP/1.1" 200 4833 "-" "curl/7.66.0"'],
    [{ method: 'HEAD' }, '10.0.1.51 - - [10/Sep/2023:14:23:11 +0000] "HEAD / HTTP/1.1" 200 0 "-" "curl/7.66.0"'],
    [
      { headers: { authorization: `Basic ${Buffer.from('ann:secret').toString('base64')}`, referer: 'http://a/' } },
      '10.0.1.51 - ann [10/Sep/2023:14:23:11 +0000] "GET / HTTP/1.1" 200 4833 "http://a/" "-"',
    ],
    [
      { headers: { 'user-agent': 'a"b\\c\u00e9\u0001' } },
      '10.0.1.51 - - [10/Sep/2023:14:23:11 +0000] "GET / HTTP/1.1" 200 4833 "-" "a\\x22b\\x5Cc\\xC3\\xA9\\x01"',
    ],
  ])('%j', (of, line) => {
    expect(accessLogLine(request(of), page, AT)).toBe(line);
  });
});

describe('what a program answers', () => {
  const NODE = 'node/a' as NetnsId;
  const base = testWorld({ externalSnat: true });
  const healthCheck = { nodePort: 30999, localEndpoints: [{ node: 'a', ready: 2 }] };
  const local = (nodePort: number): World['directory']['services'][number] => ({
    namespace: 'shop',
    name: 'web',
    type: 'LoadBalancer',
    clusterIPs: [],
    externalIPs: [],
    loadBalancerIPs: [],
    loadBalancerHostnames: [],
    ports: [],
    notReady: [],
    externalTrafficPolicy: 'Local',
    internalTrafficPolicy: 'Cluster',
    healthCheck: { ...healthCheck, nodePort },
  });
  const nodes = ['a', 'b'].map((name) => ({ name, netns: `node/${name}` as NetnsId, addresses: [], zone: 'z' }));
  const world: World = { ...base, directory: { ...base.directory, nodes, services: [local(30998), local(30999)] } };
  const answer = (process: string, port: number, of: Partial<HttpRequest> = {}, netns = NODE) =>
    handlerOf(world, { netns, hostname: 'echo-0', process, port }, () => AT)(request(of));

  test('the echoserver, field by field', () => {
    const headers = { host: 'echo.shop:80', accept: '*/*' };
    expect(answer('echoserver', 8080, { target: '/p?q=1&r', headers, body: 'hi' }).body.split('\n')).toEqual([
      ...['', '', 'Hostname: echo-0', '', 'Pod Information:', '\t-no pod information available-', ''],
      ...['Server values:', '\tserver_version=nginx: 1.13.3 - lua: 10008', '', 'Request Information:'],
      ...['\tclient_address=10.0.1.51', '\tmethod=GET', '\treal path=/p?q=1&r', '\tquery=q=1&r'],
      ...['\trequest_version=1.1', '\trequest_scheme=http', '\trequest_uri=http://echo.shop:8080/p?q=1&r', ''],
      ...['Request Headers:', '\taccept=*/*', '\thost=echo.shop:80', '', 'Request Body:', 'hi', '', ''],
    ]);
  });
  test('a health check counts the ready endpoints of its own node', () => {
    const here = answer('kube-proxy', 30999);
    expect(here.status).toBe(200);
    expect(JSON.parse(here.body)).toEqual({
      service: { namespace: 'shop', name: 'web' },
      localEndpoints: 2,
      serviceProxyHealthy: true,
    });
    expect(here.headers['x-load-balancing-endpoint-weight']).toBe('2');
    const there = answer('kube-proxy', 30999, {}, 'node/b' as NetnsId);
    expect([there.status, JSON.parse(there.body).localEndpoints]).toEqual([503, 0]);
  });
  test.each([
    ['kube-proxy', 10256, '/healthz', 200],
    ['kube-proxy', 10256, '/other', 404],
    ['kube-proxy', 10249, '/healthz', 200],
    ['kubelet', 10248, '/healthz', 200],
    ['kubelet', 10250, '/pods', 401],
    ['coredns', 8181, '/ready?x', 200],
    ['coredns', 9153, '/constructor', 404],
    ['nginx', 80, '/order', 200],
    ['mystery', 1234, '/', 200],
  ])('%s port %i %s: %i', (process, port, target, status) => {
    expect(answer(process, port, { target }).status).toBe(status);
  });
  test('checkip answers with the address it sees', () => {
    expect(answer('checkip', 443).body).toBe('10.0.1.51\n');
  });
});

test('a certificate that OpenSSL takes', () => {
  const made = selfSigned('packetwalk.lab', AT);
  const read = new X509Certificate(made.cert);
  expect(read.subject).toBe('CN=packetwalk.lab');
  expect(read.subjectAltName).toBe('DNS:packetwalk.lab');
  expect(read.verify(read.publicKey)).toBe(true);
  expect([read.validFrom, read.validTo]).toEqual(['Sep 10 14:23:11 2023 GMT', 'Sep 10 14:23:11 2033 GMT']);
  expect(() => createSecureContext(made)).not.toThrow();
});

test.each([
  ['::ffff:10.0.1.51', '10.0.1.51'],
  ['fe80::1%eth0', 'fe80::1'],
  ['2001:db8::1', '2001:db8::1'],
])('%s is %s', (text, want) => {
  expect(ipOf(text)).toBe(want);
});
