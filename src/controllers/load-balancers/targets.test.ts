import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadCluster } from '../../cluster/index.ts';
import type { TargetGroup } from '../../fabric/index.ts';
import { settle } from '../settle.ts';

const read = (path: string): string => readFileSync(new URL(`../../../examples/${path}`, import.meta.url), 'utf8');

/** The target group of `shop/front`, which is a load balancer's, in an example's cluster. */
function groupIn(example: string, ...texts: readonly string[]): TargetGroup | undefined {
  const files = [read(example), ...texts].map((text, i) => ({ path: `${i}.yaml`, text }));
  const loaded = loadCluster(files, []);
  expect(loaded.issues.filter(({ severity }) => severity === 'error')).toEqual([]);
  return settle(loaded.value).value.targetGroups.find(({ serviceRef }) => serviceRef?.name === 'shop/front');
}

const front = (type: 'instance' | 'ip', app: string, addresses = 'ipv4'): string => `apiVersion: v1
kind: Service
metadata:
  name: front
  namespace: shop
  annotations:
    service.beta.kubernetes.io/aws-load-balancer-nlb-target-type: ${type}
    service.beta.kubernetes.io/aws-load-balancer-ip-address-type: ${addresses}
spec: { type: LoadBalancer, loadBalancerClass: service.k8s.aws/nlb, selector: { app: ${app} }, ports: [{ port: 80, targetPort: 8080 }] }
`;

interface Gated {
  readonly pod: string;
  readonly ready?: 'True' | 'False';
  readonly containers?: 'True' | 'False' | 'Unknown';
  readonly node?: 'True' | 'False' | 'Unknown';
  readonly going?: boolean;
}

/** A pod on a node of its own, at 10.0.1.2NN. */
const gated = (
  { pod, ready = 'False', containers, node = 'True', going = false }: Gated,
  i: number,
): string => `apiVersion: v1
kind: Node
metadata: { name: ${pod}, labels: { node.kubernetes.io/instance-type: m5.large, topology.kubernetes.io/zone: us-east-1a } }
status: { addresses: [{ type: InternalIP, address: 10.0.1.${200 + i} }], conditions: [{ type: Ready, status: "${node}" }] }
---
apiVersion: v1
kind: Pod
metadata: { name: ${pod}, namespace: shop, labels: { app: gated }${going ? ', deletionTimestamp: "2026-01-01T00:00:00Z"' : ''} }
spec: { nodeName: ${pod}, containers: [{ name: web, image: web, ports: [{ containerPort: 8080 }] }] }
status:
  phase: Running
  podIP: 10.0.1.${210 + i}
  conditions:
    - { type: Ready, status: "${ready}" }
${containers === undefined ? '' : `    - { type: ContainersReady, status: "${containers}" }`}
`;

const READY: Gated = { pod: 'a', ready: 'True' };

test.each([
  ['a ready one', [READY], ['10.0.1.210']],
  ['one that is not', [{ pod: 'a' }], []],
  ['one whose containers are ready', [{ pod: 'a', containers: 'True' }], ['10.0.1.210']],
  ['beside a ready one', [READY, { pod: 'b', containers: 'True' }], ['10.0.1.210', '10.0.1.211']],
  ['one whose containers are not', [{ pod: 'a', containers: 'False' }], []],
  ['one of whose containers nothing is known', [{ pod: 'a', containers: 'Unknown' }], []],
  ['on its way out', [{ pod: 'a', containers: 'True', going: true }], []],
  ['on a node that is not ready', [{ pod: 'a', containers: 'True', node: 'False' }], []],
  ['on a node that has stopped to report', [{ pod: 'a', containers: 'True', node: 'Unknown' }], ['10.0.1.210']],
  ['so, beside a ready one', [READY, { pod: 'b', containers: 'True', node: 'Unknown' }], ['10.0.1.210']],
  ['so, on its way out', [{ pod: 'a', containers: 'True', node: 'Unknown', going: true }], ['10.0.1.210']],
] as readonly (readonly [string, readonly Gated[], readonly string[]])[])(
  'a pod is registered: %s',
  (_, pods, want) => {
    const group = groupIn('four-ways-in/cluster.yaml', front('ip', 'gated'), ...pods.map(gated));
    expect(group?.targets.map(({ ip }) => ip)).toEqual(want);
  },
);

const NODES = ['ip-192-168-64-10', 'ip-192-168-64-11', 'ip-192-168-96-10'].map(
  (name) => `${name}.eu-west-1.compute.internal`,
);
const said = (values: readonly (boolean | undefined)[]): readonly string[] =>
  values.flatMap((value, i) =>
    value === undefined
      ? []
      : [
          `apiVersion: packetwalk.dev/v1alpha1\nkind: NodeNetwork\nspec: { node: ${NODES[i]}, primaryIpv6: ${value} }\n`,
        ],
  );

test.each([
  ['all', [true, true, true], 3, undefined, undefined],
  ['nobody says', [], 3, `node ${NODES[0]} and 2 more have a primary`, undefined],
  ['of one nobody says', [true, undefined, true], 3, `node ${NODES[1]} has a primary`, undefined],
  ['one has none', [undefined, true, false], 0, undefined, `since ${NODES[2]} has no primary IPv6 address`],
] as const)(
  'an IPv6 target group takes instances with a primary IPv6 address: %s',
  (_, values, targets, unsure, none) => {
    const group = groupIn('ipv6/cluster.yaml', front('instance', 'web', 'dualstack'), ...said(values));
    expect(group?.targets).toHaveLength(targets);
    expect(group?.unsure ?? '').toContain(unsure ?? '');
    expect(group?.unsure === undefined).toBe(unsure === undefined);
    expect(group?.unregistered ?? '').toContain(none ?? '');
    expect(group?.unregistered === undefined).toBe(none === undefined);
  },
);

test('an IPv6 target group takes pods by their addresses', () => {
  const group = groupIn('ipv6/cluster.yaml', front('ip', 'web', 'dualstack'));
  expect(group?.targets).toHaveLength(3);
  expect(group?.unsure).toBeUndefined();
});
