import { expect, test } from 'vitest';
import { articleCluster, testService, testSlice } from '../../../test/compile/test-cluster.ts';
import { ip } from '../../net/index.ts';
import { endpointLabel } from './names.ts';
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
  expect(find(cluster, name, 'SRV'), 'without a port in the name: all of them').toMatchObject({
    targets: [{ port: 80, weight: 100, target: name }],
  });
  expect(find(cluster, '51.1.0.10.in-addr.arpa', 'PTR'), 'an endpoint points back by its own label').toMatchObject({
    target: `10-0-1-51.${name}`,
  });
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

test('an external name that is an address is no alias', () => {
  const spec = { type: 'ExternalName', clusterIPs: [], externalName: '10.9.9.9' } as const;
  const cluster = { ...articleCluster, services: [testService('shop', 'pay', 'None', spec)] };
  expect(serviceRecords(cluster)).toEqual([]);
});

test('every port and address has its part of the weight, and nobody less than one', () => {
  const both = { clusterIPs: ['172.20.1.1', 'fd00::1'], ports: [port] };
  const dual = testService('data', 'dual', '172.20.1.1', both);
  const name = 'dual.data.svc.cluster.local';
  expect(find({ ...articleCluster, services: [dual] }, name, 'SRV')).toMatchObject({
    targets: [{ port: 80, weight: 50, target: name }],
  });
  const big = testService('data', 'big', 'None', { ports: [port] });
  const addresses = Array.from({ length: 150 }, (_, i) => `10.0.7.${i + 1}`);
  const slices = addresses.map((address) => testSlice(big, [address]));
  const record = find(
    { ...articleCluster, services: [big], endpointSlices: slices },
    'big.data.svc.cluster.local',
    'SRV',
  );
  expect(record?.type === 'SRV' && record.targets.map(({ weight }) => weight)).toEqual(addresses.map(() => 1));
});

test('labels of endpoints without a hostname', () => {
  expect(endpointLabel(ip('10.0.1.51'))).toBe('10-0-1-51');
  expect(endpointLabel(ip('2001:db8::1'))).toBe('2001-db8--1');
  expect(endpointLabel(ip('2001:db8::'))).toBe('2001-db8--0');
});
