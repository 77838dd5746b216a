import { describe, expect, test } from 'vitest';
import { showIssue } from '../../src/base/index.ts';
import { loadWorld } from '../../src/load/index.ts';
import { readWorld, type World, worldFiles } from '../../src/world/index.ts';
import { walk } from '../unmodelled/testing.ts';

const node = (address: string, zone: string, more = ''): string => `---
apiVersion: v1
kind: Node
metadata: { name: n-${address}, labels: { node.kubernetes.io/instance-type: m5.large, topology.kubernetes.io/zone: ${zone} } }
status: { addresses: [{ type: InternalIP, address: "${address}" }${more}] }
`;
const pod = (name: string, on: string, address: string): string => `---
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: shop }
spec: { nodeName: n-${on}, containers: [{ name: c, image: x }] }
status: { phase: Running, podIP: "${address}", conditions: [{ type: Ready, status: "True" }] }
`;

function load(text: string): { readonly world: World; readonly said: string } {
  const { world, issues } = loadWorld([{ path: 'live.yaml', text }], []);
  if (world === undefined) throw new Error(issues.map(showIssue).join('\n'));
  return { world, said: issues.map(showIssue).join('\n') };
}

const subnetsOf = ({ fabric }: World): readonly string[] =>
  fabric.subnets.map(({ zone, cidrs }) => `${zone} ${cidrs.map(({ text }) => text).join(' ')}`);

const [A, B, C] = ['us-west-2a', 'us-west-2b', 'us-west-2c'] as const;

describe('a network that only live objects tell of', () => {
  test.each([
    ['one zone is one subnet', node('10.0.1.5', A) + node('10.0.200.5', A), [`${A} 10.0.0.0/16`]],
    [
      'two zones: the largest blocks that are in one of them',
      node('192.168.30.5', A) + pod('a', '192.168.30.5', '192.168.17.3') + node('192.168.70.5', B),
      [`${A} 192.168.0.0/18`, `${B} 192.168.64.0/18`],
    ],
    [
      'small subnets beside a large one do not cut it',
      node('10.0.5.9', A) + pod('a', '10.0.5.9', '10.0.60.9') + node('10.0.64.9', B) + node('10.0.65.9', C),
      [`${A} 10.0.0.0/18`, `${B} 10.0.64.0/24`, `${C} 10.0.65.0/24`],
    ],
    [
      'a pod is in the zone of its node, in whatever block',
      node('10.0.1.5', A) +
        pod('a', '10.0.1.5', '100.64.1.9') +
        node('10.0.129.5', B) +
        pod('b', '10.0.129.5', '100.64.33.9'),
      [`${A} 10.0.0.0/17`, `${B} 10.0.128.0/17`, `${A} 100.64.0.0/19`, `${B} 100.64.32.0/19`],
    ],
  ])('%s', (_, text, wanted) => {
    const { world, said } = load(text);
    expect(subnetsOf(world)).toEqual(wanted);
    expect(said).not.toMatch(/subnet-derived/);
  });

  test('two zones in one block that no subnet is smaller than contradict each other', () => {
    const { said } = load(node('10.0.1.20', A) + node('10.0.1.21', B));
    expect(said).toMatch(/"n-10\.0\.1\.21" has zone "us-west-2b" on its label, and is in subnet "subnet-derived-1"/);
  });

  test('whether the internet reaches a node with a public address, and the node it, is not known', async () => {
    const { world } = load(node('10.0.1.5', A, ', { type: ExternalIP, address: 54.1.2.3 }'));
    for (const [from, to] of [
      ['internet', 'node/n-10.0.1.5:22'],
      ['node/n-10.0.1.5', 'internet'],
    ] as const) {
      const { verdict, unknowns } = await walk(world, from, to);
      expect(`${verdict} ${unknowns.join()}`).toMatch(
        /^unknown .*route table of subnet subnet-derived-1 is not in the input/,
      );
    }
  });

  test.each([
    ['on the link', '10.0.1.99'],
    ['in the subnet of another zone', '10.0.129.9'],
    ['outside every subnet', '10.0.200.9'],
    ['an address that was given to an ENI to be warm', '10.0.1.7'],
  ])('who has an address that nobody has in the input is not known: %s', async (_, address) => {
    const compiled = load(node('10.0.1.5', A) + node('10.0.1.6', A) + node('10.0.129.5', B) + node('10.0.64.5', C));
    const files = new Map([...worldFiles(compiled.world)].map(({ path, text }) => [path, text]));
    for (const world of [compiled.world, readWorld(files, '').value]) {
      if (world === undefined) throw new Error('cannot be read back');
      const { verdict, unknowns, blockers } = await walk(world, 'node/n-10.0.1.5', `${address}:80`);
      expect([verdict, blockers.length, unknowns.join()]).toEqual([
        'unknown',
        0,
        expect.stringContaining(`who has ${address} is not in the input`),
      ]);
    }
  });
});
