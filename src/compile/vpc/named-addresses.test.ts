import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadCluster } from '../../cluster/index.ts';
import type { SubnetSpec } from '../../cluster/network.ts';
import { settle } from '../../controllers/settle.ts';
import { compileWorld } from '../compile-world.ts';

const BASE = readFileSync(new URL('../../../examples/four-ways-in/cluster.yaml', import.meta.url), 'utf8');
const LB = 'nlb-1.elb.us-east-1.amazonaws.com';

const inside = (subnet: SubnetSpec | undefined, host: number): string =>
  subnet?.cidrs[0]?.text.replace(/\.\d+\/\d+$/, `.${host}`) ?? '';

/** A network load balancer in each of the cluster's zones, and what DnsNames say: its zones' addresses as they are then. */
function addressesOf(scheme: string, names: readonly string[], targetGroups = '[]') {
  const { network } = loadCluster([{ path: 'a.yaml', text: BASE }], []).value;
  const subnets = (network.vpcs[0]?.subnets ?? []).filter(
    (each, at, all) => all.findIndex((s) => s.zone === each.zone) === at,
  );
  const text = `apiVersion: packetwalk.dev/v1alpha1
kind: LoadBalancer
metadata: { name: nlb }
spec: { type: network, scheme: ${scheme}, dnsName: ${LB}, subnets: [${subnets.map(({ id }) => `{ id: ${id} }`).join(', ')}], listeners: ${targetGroups === '[]' ? '[]' : '[{ port: 80, protocol: TCP, targetGroup: tg }]'}, targetGroups: ${targetGroups} }
${names.map((name) => `---\napiVersion: packetwalk.dev/v1alpha1\nkind: DnsName\nspec: ${name}\n`).join('')}`;
  const loaded = loadCluster(
    [BASE, text].map((each, i) => ({ path: `${i}.yaml`, text: each })),
    [],
  );
  const { value, issues } = compileWorld(settle(loaded.value).value);
  const { loadBalancers, enis, dns } = value.fabric;
  const zones = (loadBalancers.find(({ id }) => id === 'nlb')?.zones ?? []).map(({ eni }) =>
    enis.find(({ id }) => id === eni),
  );
  return {
    subnets,
    errors: loaded.issues.map(({ message }) => message),
    public: zones.map((eni) => [...(eni?.publicAddresses.values() ?? [])][0]),
    private: zones.map((eni) => eni?.addresses[0]),
    records: dns.upstream
      .filter(({ name }) => name === LB)
      .flatMap((record) => ('addresses' in record ? record.addresses : [])),
    warnings: issues.filter(({ code }) => code === 'load-balancer-address').map(({ message }) => message),
  };
}

test('public ones of the whole name are dealt in the order of the zones, one of a zone is its', () => {
  const got = addressesOf('internet-facing', [`{ name: ${LB}, addresses: [34.1.1.1, 34.1.1.2] }`]);
  expect(got.errors).toEqual([]);
  expect([got.public, got.records, got.warnings]).toEqual([['34.1.1.1', '34.1.1.2'], ['34.1.1.1', '34.1.1.2'], []]);
  const [, second] = got.subnets;
  const of = addressesOf('internet-facing', [
    `{ name: ${LB}., addresses: [34.1.1.1, 34.1.1.2] }`,
    `{ name: ${second?.zone}.${LB}, addresses: [34.1.1.1] }`,
  ]);
  expect(of.public).toEqual(['34.1.1.2', '34.1.1.1']);
});

test('an answer shorter than the zones is answered as it is given; a zone with nobody to send to is no address', () => {
  const short = addressesOf('internet-facing', [`{ name: ${LB}, addresses: [34.1.1.1] }`]);
  expect([short.records, short.public[0], short.warnings]).toEqual([['34.1.1.1'], '34.1.1.1', []]);
  const [, second] = short.subnets;
  const zone = `{ name: ${second?.zone}.${LB}, addresses: [34.1.1.2] }`;
  expect(addressesOf('internet-facing', [zone]).records).toEqual([expect.stringMatching(/^198\./), '34.1.1.2']);
  expect(addressesOf('internet-facing', [`{ name: ${LB}, addresses: [34.1.1.1] }`, zone]).records).toEqual([
    '34.1.1.1',
  ]);
  const targets = `[{ name: tg, targetType: ip, targets: [{ address: ${inside(second, 9)}, port: 80 }] }]`;
  expect(addressesOf('internet-facing', [`{ name: ${LB}, addresses: [34.1.1.1] }`], targets).public[1]).toBe(
    '34.1.1.1',
  );
  const internal = addressesOf('internal', [`{ name: ${LB}, addresses: [${inside(second, 77)}] }`]);
  expect(internal.records).toEqual([inside(second, 77)]);
  expect(internal.private).toEqual([expect.stringMatching(/^10\./), inside(second, 77)]);
});

test('private ones tell their subnet; public ones of an internal one, and one too many, are left out', () => {
  const [one, two] = addressesOf('internal', []).subnets.map((subnet) => inside(subnet, 77));
  const got = addressesOf('internal', [`{ name: ${LB.toUpperCase()}, addresses: [${two}, ${one}, 34.1.1.1] }`]);
  expect(got.private).toEqual([one, two]);
  expect(got.warnings).toEqual([
    `34.1.1.1 of DnsName "${LB.toUpperCase()}", load balancer "nlb"'s own name, is no address of its 2 zones and is left out`,
  ]);
});
