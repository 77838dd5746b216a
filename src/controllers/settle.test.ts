import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cluster, eni, machine, meta, pod, podOf, service, source, workload } from '../../test/controllers/objects.ts';
import type { Cluster } from '../cluster/index.ts';
import { cidr, ip } from '../net/index.ts';
import { settle } from './settle.ts';

/** Clusters of a few nodes, some of them with cards of their own, and all kinds of workloads. */
const arbitrary = fc.record({
  nodes: fc.array(
    fc.record({
      type: fc.constantFrom('m5.large', 't3.small', 'm5.4xlarge', 't2.medium'),
      subnet: fc.constantFrom('a', 'b', 'tiny'),
      given: fc.boolean(),
    }),
    { maxLength: 4 },
  ),
  workloads: fc.array(
    fc.record({
      kind: fc.constantFrom(
        'Deployment' as const,
        'StatefulSet' as const,
        'DaemonSet' as const,
        'Job' as const,
        'ReplicaSet' as const,
      ),
      replicas: fc.nat(12),
      hostNetwork: fc.boolean(),
    }),
    { maxLength: 4 },
  ),
  live: fc.uniqueArray(fc.nat(200), { maxLength: 6 }),
  types: fc.array(fc.constantFrom('ClusterIP' as const, 'NodePort' as const, 'LoadBalancer' as const), {
    maxLength: 4,
  }),
  settings: fc.constantFrom<Record<string, string>>(
    {},
    { ENABLE_PREFIX_DELEGATION: 'true' },
    { WARM_IP_TARGET: '2' },
    { AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG: 'true' },
  ),
  ipv6: fc.boolean(),
});

type Drawn = typeof arbitrary extends fc.Arbitrary<infer T> ? T : never;

const drawnCluster = ({ nodes, workloads, live, types, settings, ipv6 }: Drawn): Cluster =>
  cluster(
    {
      ...(ipv6 ? { ipFamily: 'IPv6', serviceCidrs: [cidr('fd30::/108')] } : {}),
      nodeSpecs: nodes.map((n, i) =>
        machine(`n${i}`, {
          instanceType: n.type,
          subnet: n.subnet,
          ...(n.given ? { enis: [eni(0, `10.0.50.${i + 1}`)] } : {}),
        }),
      ),
      workloads: workloads.map((w, i) => workload(w.kind, `w${i}`, w.replicas, { hostNetwork: w.hostNetwork })),
      pods: live.map((n) =>
        pod(
          `live-${n}`,
          { nodeName: 'n0' },
          { podIPs: [ip(ipv6 ? `2600:1f18:1:1:5::${n.toString(16)}` : `10.0.40.${n}`)] },
        ),
      ),
      services: types.map((type, i) => service(`w${i}`, { type })),
      eniConfigs: [
        { kind: 'ENIConfig', metadata: meta('default', ''), spec: { subnet: 'pods', securityGroups: [] }, source },
      ],
    },
    settings,
  );

describe('settling again', () => {
  test('changes nothing', () => {
    fc.assert(
      fc.property(arbitrary, (drawn) => {
        const once = settle(drawnCluster(drawn)).value;
        for (const n of drawn.live)
          expect(podOf(once, `live-${n}`).status.podIPs[0]).toMatch(drawn.ipv6 ? /^2600:1f18:1:1:5::/ : /^10\.0\.40\./);
        const owners = once.pods.filter((p) => !p.spec.hostNetwork).flatMap((p) => p.status.podIPs);
        expect(new Set(owners).size).toBe(owners.length);
        expect(settle(once).value).toEqual(once);
      }),
      { numRuns: 120, seed: 7 },
    );
  });
  test('1,000 nodes and 30,000 pods settle, each pod with its address', () => {
    const nodeSpecs = Array.from({ length: 1000 }, (_, i) =>
      machine(`n${i}`, { instanceType: 'm5.4xlarge', subnet: i % 2 === 0 ? 'a' : 'b' }),
    );
    const workloads = Array.from({ length: 300 }, (_, i) => workload('Deployment', `w${i}`, 100));
    const big = cluster({ nodeSpecs, workloads, services: workloads.map((w) => service(w.metadata.name)) });
    const network = {
      ...big.network,
      vpcs: big.network.vpcs.map((vpc) => ({
        ...vpc,
        subnets: vpc.subnets.map((s) => ({ ...s, cidrs: [cidr(s.id === 'a' ? '10.0.0.0/9' : '10.128.0.0/9')] })),
      })),
    };
    const { value, issues } = settle({ ...big, network });
    expect(issues.filter((issue) => issue.severity === 'error')).toEqual([]);
    expect(value.pods.every((p) => p.status.podIPs.length === 1)).toBe(true);
  });
  test('an empty cluster with no network is no crash', () => {
    const base = cluster({ nodeSpecs: [], serviceCidrs: [] });
    expect(() => settle({ ...base, network: { ...base.network, vpcs: [] } })).not.toThrow();
  });
});
