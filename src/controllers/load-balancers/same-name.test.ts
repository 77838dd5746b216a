import { describe, expect, test } from 'vitest';
import { CLASS, PORT, settled } from '../../../test/controllers/service-load-balancer.ts';

describe('a name two load balancers are to have', () => {
  const other = (name: string): string => `---
apiVersion: v1
kind: Service
metadata: { name: other, namespace: shop, annotations: { service.beta.kubernetes.io/aws-load-balancer-name: ${name} } }
spec: { type: LoadBalancer, selector: { app: web }, ${CLASS}, ${PORT} }
`;
  const balancers = (name: string, rest: string) => {
    const { cluster, issues } = settled({ annotations: { name }, rest });
    const told = issues.filter(({ code }) => code === 'duplicate').map(({ severity, at }) => `${severity} ${at?.line}`);
    return [cluster.loadBalancers.map(({ id }) => id), told];
  };
  test('two Services: nobody tells whose it is', () =>
    expect(balancers('front', other('front'))).toEqual([[], ['warning 12', 'warning 7']]));
  test('a Service and what is described: that is it', () => {
    const described = `---
apiVersion: packetwalk.dev/v1alpha1
kind: LoadBalancer
metadata: { name: front }
spec:
  scheme: internal
  subnets: [{ id: private-a }]
  listeners: [{ protocol: TCP, port: 80, targetGroup: own }]
  targetGroups: [{ name: own, targetType: ip, targets: [{ address: 10.0.1.31, port: 8080 }] }]
`;
    expect(balancers('front', described)).toEqual([['front'], ['warning 7']]);
  });
  test('another name', () => expect(balancers('front', other('back'))).toEqual([['back', 'front'], []]));
});
