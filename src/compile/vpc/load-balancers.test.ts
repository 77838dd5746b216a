import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadCluster } from '../../cluster/index.ts';
import { settle } from '../../controllers/settle.ts';
import { compileWorld } from '../compile-world.ts';

const BASE = readFileSync(new URL('../../../examples/ipv6/cluster.yaml', import.meta.url), 'utf8');

const ingress = (addressType: string): string => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: front
  namespace: shop
  annotations:
    alb.ingress.kubernetes.io/scheme: internet-facing
    alb.ingress.kubernetes.io/target-type: ip
    alb.ingress.kubernetes.io/ip-address-type: ${addressType}
    alb.ingress.kubernetes.io/actions.stop: '{"type":"fixed-response","fixedResponseConfig":{"statusCode":"200"}}'
spec:
  ingressClassName: alb
  defaultBackend: { service: { name: stop, port: { name: use-annotation } } }
`;

test.each([
  ['ipv4', '4 public', 'A'],
  ['dualstack', '4 public, 6', 'A AAAA'],
  ['dualstack-without-public-ipv4', '4, 6', 'AAAA'],
])('a node of an internet-facing load balancer of type %s: %s, in DNS %s', (addressType, addresses, types) => {
  const inputs = [BASE, ingress(addressType)].map((text, i) => ({ path: `${i}.yaml`, text }));
  const { fabric } = compileWorld(settle(loadCluster(inputs, []).value).value).value;
  const [made] = fabric.loadBalancers;
  const eni = fabric.enis.find(({ id }) => id === made?.zones[0]?.eni);
  const told = eni?.addresses.map((address) =>
    address.includes(':') ? '6' : eni.publicAddresses.has(address) ? '4 public' : '4',
  );
  expect(told?.join(', ')).toBe(addresses);
  const records = fabric.dns.upstream.filter(({ name }) => name === made?.dnsName);
  expect(records.map(({ type }) => type).join(' ')).toBe(types);
  const more = fabric.dns.upstream.filter(({ name }) => name === `dualstack.${made?.dnsName}`);
  expect(more).toEqual(
    records.map((record) => ({ ...record, name: `dualstack.${made?.dnsName}`, aliasOf: made?.dnsName })),
  );
});
