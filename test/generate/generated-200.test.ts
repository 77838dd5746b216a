import { describe, expect, test } from 'vitest';
import { loadWorld } from '../../src/load/index.ts';
import { ip } from '../../src/net/index.ts';
import { walkSim } from '../../src/sim/index.ts';
import { generateCluster } from './generate-cluster.ts';

const files = generateCluster({ nodes: 200, pods: 3000, services: 500, endpointsOf: (i) => 1 + (i % 5), seed: 7 });
const { world, issues } = loadWorld(files, []);

describe('a live cluster of 200 nodes, 3,000 pods and 500 Services', () => {
  test('loads without a problem', () => {
    expect(issues.filter((issue) => issue.severity === 'error')).toEqual([]);
    expect(world?.directory.nodes).toHaveLength(200);
  });

  test('every endpoint of a Service gets an equal share, and the shares sum to 1', () => {
    if (world === undefined) throw new Error('the cluster did not load');
    for (const i of [0, 1, 2, 3, 4, 249, 499]) {
      const service = world.directory.services.find((each) => each.name === `svc-${i}`);
      const [dst] = service?.clusterIPs ?? [];
      if (dst === undefined) throw new Error(`svc-${i} has no address`);
      const probe = { from: 'pod/load/pod-17', dst, dport: 80, protocol: 'tcp' } as const;
      const trips = walkSim(world, probe, { choice: { kind: 'all' }, detail: 'verdict-only' });
      expect(new Set(trips.map((trip) => trip.disposition))).toEqual(new Set(['delivered']));
      expect(trips.reduce((sum, trip) => sum + trip.probability, 0)).toBe(1);
      expect(trips.length).toBe(new Set(service?.ports[0]?.endpoints).size);
    }
  });

  test('a pod reaches the internet behind the NAT gateway', () => {
    if (world === undefined) throw new Error('the cluster did not load');
    const probe = { from: 'pod/load/pod-2999', dst: ip('8.8.8.8'), dport: 443, protocol: 'tcp' } as const;
    const [trip] = walkSim(world, probe, { choice: { kind: 'first' }, detail: 'full' });
    expect(trip?.disposition).toBe('delivered');
    expect(trip?.farEnd.sees.ip).toBe('198.51.100.7');
  });
});
