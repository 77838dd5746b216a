import { expect, test } from 'vitest';
import { service, settled } from '../../../test/controllers/ingresses.ts';
import { loadBalancerName } from './names.ts';

/** Vectors of pkg/ingress/model_build_load_balancer_test.go, whose cluster has no name. */
test.each([
  [undefined, 'internet-facing', 'k8s-awesomen-ing1-43b698093c'],
  ['explicit-group', 'internal', 'k8s-explicitgroup-5bf9e53c23'],
])('group %s', (name, scheme, want) => {
  const text = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: ing-1, namespace: awesome-ns}
spec: {ingressClassName: alb}
`;
  const [ingress] = settled(service('web'), text).cluster.ingresses;
  if (ingress === undefined) throw new Error('the Ingress was not read');
  const member = { ingress, key: 'awesome-ns/ing-1', annotations: {} as never };
  expect(loadBalancerName('', { name, members: [member], problems: [] }, scheme)).toBe(want);
});
