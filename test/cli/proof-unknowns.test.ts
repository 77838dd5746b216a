import { expect, test } from 'vitest';
import { proofCases } from '../../src/cli/proof/proof-cases.ts';
import { proveWorld } from '../../src/cli/proof/prove-world.ts';
import { simDataPlane } from '../../src/sim/index.ts';
import { ipv6Files, worldOf } from '../lab/worlds.ts';

test('what is not known of any address of a made-up block is told once', async () => {
  const policy = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: all, namespace: default }
spec:
  podSelector: {}
  ingress: [{ from: [{ ipBlock: { cidr: "2a05:d018::/32" } }] }]
`;
  const enforced = `{ name: vpc-cni, version: v1.20.4, configurationValues: '{"enableNetworkPolicy":"true"}' }`;
  const files = ipv6Files(policy).map(({ path, text }) => ({
    path,
    text: text.replace('{ name: vpc-cni, version: v1.20.4 }', enforced),
  }));
  const world = worldOf(files);
  const { cases } = proofCases(world, { most: 400, seed: 1 });
  const { unknown, undecided, differences } = await proveWorld(world, simDataPlane, cases);
  expect(differences).toEqual([]);
  expect(unknown.map(({ what }) => what.replace(/^\S+/, 'ADDRESS'))).toEqual([
    expect.stringMatching(
      /^ADDRESS stands in for a public address of VPC vpc-six, .*2a05:d018::\/32 of NetworkPolicy default\/all/,
    ),
  ]);
  expect(unknown[0]?.walks).toBe(undecided);
});
