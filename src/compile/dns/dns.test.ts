import { expect, test } from 'vitest';
import { articleCluster, testService, testSlice } from '../../../test/compile/test-cluster.ts';
import { ip } from '../../net/index.ts';
import { reverseName } from './names.ts';
import { serviceRecords } from './service-records.ts';

const port = { name: 'http', protocol: 'TCP', port: 80, targetPort: 8080 } as const;
const find = (cluster: typeof articleCluster, name: string, type: string) =>
  serviceRecords(cluster).find((record) => record.name === name && record.type === type);

test('a Service answers with its own address, both ways, and its named ports', () => {
  const echo = testService('packetlab', 'echo', '172.20.122.189', { ports: [port] });
  const cluster = { ...articleCluster, services: [echo], endpointSlices: [testSlice(echo, ['10.0.1.51'])] };
  const name = 'echo.packetlab.svc.cluster.local';
  expect(find(cluster, name, 'A')).toMatchObject({ addresses: ['172.20.122.189'], ttl: 5 });
  expect(find(cluster, '189.122.20.172.in-addr.arpa', 'PTR')).toMatchObject({ target: name });
  expect(find(cluster, `_http._tcp.${name}`, 'SRV')).toMatchObject({
    targets: [{ port: 80, weight: 100, target: name }],
  });
  expect(find(cluster, '51.1.0.10.in-addr.arpa', 'PTR')).toBeUndefined();
});

test('a headless Service answers with its ready endpoints and their names', () => {
  const db = testService('data', 'db', 'None', { ports: [port] });
  const slices = [
    testSlice(db, ['10.0.2.9'], { hostname: 'db-0' }),
    testSlice(db, ['10.0.1.9']),
    testSlice(db, ['10.0.3.9'], { ready: false }),
  ];
  const cluster = { ...articleCluster, services: [db], endpointSlices: slices };
  const name = 'db.data.svc.cluster.local';
  expect(find(cluster, name, 'A')).toMatchObject({ addresses: ['10.0.1.9', '10.0.2.9'] });
  expect(find(cluster, `db-0.${name}`, 'A')).toMatchObject({ addresses: ['10.0.2.9'] });
  expect(find(cluster, `10-0-1-9.${name}`, 'A')).toMatchObject({ addresses: ['10.0.1.9'] });
  expect(find(cluster, '9.2.0.10.in-addr.arpa', 'PTR')).toMatchObject({ target: `db-0.${name}` });
  expect(find(cluster, `_http._tcp.${name}`, 'SRV')).toMatchObject({
    targets: [{ port: 8080, weight: 50 }, { weight: 50 }],
  });
});

test('ExternalName is an alias', () => {
  const out = testService('shop', 'pay', 'None', {
    type: 'ExternalName',
    clusterIPs: [],
    externalName: 'Pay.Example.com.',
  });
  const cluster = { ...articleCluster, services: [out] };
  expect(find(cluster, 'pay.shop.svc.cluster.local', 'CNAME')).toMatchObject({ target: 'pay.example.com' });
});

test('reverse names', () => {
  expect(reverseName(ip('10.0.1.51'))).toBe('51.1.0.10.in-addr.arpa');
  expect(reverseName(ip('2001:db8::1'))).toBe(`${['1', ...'0'.repeat(23), ...'8bd01002'].join('.')}.ip6.arpa`);
});
