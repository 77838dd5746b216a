import { expect, test } from 'vitest';
import type { LoadBalancerSpec } from '../../cluster/index.ts';
import type { Listener, TargetGroup } from '../../fabric/index.ts';
import { ip } from '../../net/index.ts';
import { overQuota } from './quotas.ts';

const group = (count: number, zone: (i: number) => string): TargetGroup => ({
  id: 'g',
  vpc: 'v',
  protocol: 'TCP',
  targetType: 'instance',
  preserveClientIp: true,
  proxyProtocolV2: false,
  crossZone: 'use_load_balancer_configuration',
  stickiness: 'none',
  healthCheck: { protocol: 'TCP', port: 'traffic-port', path: '', matcher: '' },
  targets: Array.from({ length: count }, (_, i) => ({ id: `i-${i}`, ip: ip('10.0.0.1'), port: 80, zone: zone(i) })),
});

function said(of: Pick<LoadBalancerSpec, 'type' | 'crossZone'>, listeners: number, rules: number, behind: TargetGroup) {
  const action = { kind: 'forward', targetGroups: [{ id: 'g', weight: 1 }] } as const;
  const made = Array.from(
    { length: listeners },
    (_, i): Listener => ({
      protocol: 'TCP',
      port: i + 1,
      idleTimeout: 60,
      rules: [
        ...Array.from({ length: rules }, (_unused, priority) => ({ priority, conditions: [], action })),
        { priority: 'default', conditions: [], action },
      ],
    }),
  );
  const loadBalancer: LoadBalancerSpec = {
    ...of,
    id: 'front',
    scheme: 'internal',
    vpc: 'v',
    ipAddressType: 'ipv4',
    subnets: [],
    securityGroups: [],
    listeners: made,
    xForwardedFor: 'append',
    madeFor: [],
    by: 'test',
    source: { file: 'f' },
  };
  return overQuota({ loadBalancers: [loadBalancer], targetGroups: [behind] }).map(({ message }) => message);
}

const spread = (i: number): string => (i % 2 === 0 ? 'a' : 'b');

test.each([
  ['as many as are allowed', said({ type: 'network', crossZone: false }, 50, 0, group(1000, spread)), []],
  [
    'a listener more',
    said({ type: 'network', crossZone: false }, 51, 0, group(1, spread)),
    ['Load balancer front has 51 listeners, and AWS allows 50 unless it was asked for more'],
  ],
  [
    'across zones all targets count as those of one',
    said({ type: 'network', crossZone: true }, 1, 0, group(600, spread)),
    ['Load balancer front has 600 targets, and AWS allows 500 unless it was asked for more'],
  ],
  [
    'too many in one zone',
    said(
      { type: 'network', crossZone: false },
      1,
      0,
      group(501, () => 'a'),
    ),
    ['Load balancer front has 501 targets in one zone, and AWS allows 500 unless it was asked for more'],
  ],
  [
    'rules of an application load balancer, of all its listeners',
    said({ type: 'application', crossZone: true }, 2, 51, group(1, spread)),
    ['Load balancer front has 102 rules, and AWS allows 100 unless it was asked for more'],
  ],
  [
    'targets of one group',
    said({ type: 'application', crossZone: true }, 1, 0, group(1001, spread)),
    [
      'Load balancer front has 1001 targets, and AWS allows 1000 unless it was asked for more',
      'Load balancer front has 1001 targets in group g, and AWS allows 1000 unless it was asked for more',
    ],
  ],
])('%s', (_what, messages, want) => expect(messages).toEqual(want));
