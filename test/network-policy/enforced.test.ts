import { describe, expect, test } from 'vitest';
import { walk, worldWith } from '../unmodelled/testing.ts';
import { enforcing, policy } from './policies.ts';

type Row = readonly [want: 'delivered' | 'ingress' | 'egress', from: string, to: string];

/** `ingress` and `egress`: dropped, in that direction of the pod a policy is for. */
function rows(what: string, policies: string, list: readonly Row[], strict = false): void {
  const world = enforcing(policies, strict);
  describe(what, () => {
    for (const [want, from, to] of list)
      test(`${from} → ${to}: ${want}`, async () => {
        const result = await walk(world, from, to);
        const cause = result.blockers[0]?.cause;
        const got = cause?.kind === 'network-policy' ? cause.direction : result.verdict;
        expect(got, JSON.stringify(result.blockers)).toBe(want);
      });
  });
}

const WEB = 'podSelector: { matchLabels: { app: web } }';
const DNS =
  '{ to: [{ namespaceSelector: {}, podSelector: { matchLabels: { k8s-app: kube-dns } } }], ports: [{ port: 53, protocol: UDP }] }';
const CLIENT = 'podSelector: { matchLabels: { app: client } }';

rows(
  'from some pods, to one port',
  policy('in', `{ ${WEB}, ingress: [{ from: [{ ${CLIENT} }], ports: [{ port: 8080 }] }] }`),
  [
    ['delivered', 'pod/shop/client', 'pod/shop/web:8080'],
    ['delivered', 'pod/shop/client', 'svc/shop/web'],
    ['ingress', 'pod/shop/plain', 'pod/shop/web:8080'],
    // Same node, another pod of the same selector: nothing is let through but what the rule says.
    ['ingress', 'pod/shop/client', 'pod/shop/near:9090'],
    // kubelet's own node may; any other may not.
    ['delivered', 'node/n2', 'pod/shop/web:8080'],
    ['ingress', 'node/n1', 'pod/shop/web:8080'],
    // What the pod asks is answered: no policy is for that direction.
    ['delivered', 'pod/shop/web', 'host/legacy'],
  ],
);

rows(
  'a named port is a number of each pod the policy selects',
  policy('in', `{ ${WEB}, ingress: [{ ports: [{ port: http }] }] }`),
  [
    ['delivered', 'pod/shop/client', 'pod/shop/near:9090'],
    ['ingress', 'pod/shop/client', 'pod/shop/web:8080'],
  ],
);

rows('both directions shut', policy('shut', `{ ${WEB}, policyTypes: [Ingress, Egress] }`), [
  ['ingress', 'pod/shop/client', 'pod/shop/web:8080'],
  ['egress', 'pod/shop/web', 'host/legacy'],
  ['delivered', 'node/n2', 'pod/shop/web:8080'],
  ['delivered', 'pod/shop/client', 'host/legacy'],
]);

rows(
  'egress is judged before the node translates',
  policy(
    'out',
    `{ ${CLIENT}, policyTypes: [Egress], egress: [${DNS}, { to: [{ ${WEB} }], ports: [{ port: 8080 }] }] }`,
  ),
  [
    ['delivered', 'pod/shop/client', 'pod/shop/web:8080'],
    ['delivered', 'pod/shop/client', 'svc/shop/web'],
    ['egress', 'pod/shop/client', 'host/legacy'],
  ],
);

rows(
  'a Service whose selector the rule asks more of is not let through, its pods are',
  policy(
    'out',
    `{ ${CLIENT}, policyTypes: [Egress], egress: [${DNS}, { to: [{ podSelector: { matchLabels: { app: web }, matchExpressions: [{ key: tier, operator: Exists }] } }] }] }`,
  ),
  [
    ['delivered', 'pod/shop/client', 'pod/shop/near:9090'],
    ['egress', 'pod/shop/client', 'svc/shop/web'],
  ],
);

rows(
  'a block and its exception',
  policy('in', `{ ${WEB}, ingress: [{ from: [{ ipBlock: { cidr: 10.0.0.0/16, except: [10.0.1.12/32] } }] }] }`),
  [
    ['delivered', 'pod/shop/client', 'pod/shop/web:8080'],
    ['ingress', 'pod/shop/plain', 'pod/shop/web:8080'],
  ],
);

rows('pods of the host network are their node', policy('in', '{ podSelector: {}, ingress: [] }'), [
  ['ingress', 'pod/shop/client', 'pod/shop/web:8080'],
  ['delivered', 'node/n2', 'pod/shop/agent:7000'],
]);

rows(
  'strict: a pod no policy selects',
  '',
  [
    ['egress', 'pod/shop/client', 'pod/shop/web:8080'],
    ['ingress', 'node/n2', 'pod/shop/web:8080'],
    ['delivered', 'node/n1', 'host/legacy'],
  ],
  true,
);

test('a policy that leaves DNS out: the name does not resolve', async () => {
  const world = enforcing(policy('out', `{ ${CLIENT}, policyTypes: [Egress], egress: [{ to: [{ ${WEB} }] }] }`));
  const result = await walk(world, 'pod/shop/client', 'svc/shop/web');
  expect(result.blockers[0]?.cause.kind).toBe('silent-name-server');
});

test('off: the policy is not there, and the answer says so', async () => {
  const result = await walk(worldWith(policy('shut', `{ ${WEB} }`)), 'pod/shop/client', 'pod/shop/web:8080');
  expect(result.verdict).toBe('delivered');
  expect(result.assumptions.join()).toContain('NetworkPolicy objects have no effect');
});
