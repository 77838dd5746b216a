import { afterAll, expect } from 'vitest';
import { type Lab, openLab, readBack } from '../../src/lab/index.ts';
import { type Address, kernelRoutes, type Netns } from '../../src/linux/index.ts';
import { type Family, familyOf, ip } from '../../src/net/index.ts';
import { netnsFiles, type World } from '../../src/world/index.ts';
import { exampleWorld, ipv6World } from '../lab/worlds.ts';
import { kernelTest } from './kernel.ts';

// A World goes onto the kernel and comes back: every artefact of every namespace is the text it was compiled to.

const labs: Lab[] = [];
afterAll(() => {
  for (const lab of labs) lab.holder.end();
});

/** Lists whose order is the kernel's own (hash tables, creation) are compared as sets of lines. */
const UNORDERED = ['ip-neigh.json', 'ip-addr.json', 'ip-route.json'];

function artefacts(netns: Netns): Readonly<Record<string, string>> {
  const texts = [...netnsFiles(netns)]
    .filter(({ path }) => path !== 'origins.json')
    .map(({ path, text }) => [path, UNORDERED.includes(path) ? sorted(text) : text] as const);
  return Object.fromEntries(texts);
}
const sorted = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.replace(/,$/, ''))
    .sort()
    .join('\n');

async function expectSame(world: World): Promise<void> {
  const lab = await openLab(world);
  labs.push(lab);
  const read = await readBack(world, lab.plan, lab.executor);
  expect([...read.netns.keys()]).toEqual([...world.netns.keys()]);
  for (const [id, netns] of world.netns) {
    const back = read.netns.get(id);
    expect(back === undefined ? undefined : artefacts(back), id).toEqual(artefacts(netns));
  }
}

for (const name of ['article', 'custom-networking', 'eksctl-shop', 'external-snat', 'network-policy'])
  kernelTest(`examples/${name}: what the kernel holds is what was compiled`, () => expectSame(exampleWorld(name)));

kernelTest('a cluster of IPv6 pods: what the kernel holds is what was compiled', () => expectSame(ipv6World()));

kernelTest(
  'addresses of one device stand in their order, which chooses among equal sources, in both families',
  async () => {
    const world = ipv6World();
    const [id, node] = [...world.netns].find(([each]) => each.startsWith('node/')) ?? [];
    if (id === undefined || node === undefined) throw new Error('The World has a node');
    const dev = node.addresses.find(({ family, scope }) => family === 6 && scope === 'global')?.dev ?? '';
    const more = ['2001:db8::1', '2001:db8::2', '2001:db8::3', '10.255.0.1', '10.255.0.2'].map((text): Address => {
      const family = familyOf(ip(text));
      return { dev, family, local: ip(text), prefixlen: family === 4 ? 32 : 128, scope: 'global' };
    });
    const addresses = [...node.addresses, ...more];
    const routes = [...node.routes, ...kernelRoutes(more, node.links, { forwarding6: true })];
    const wanted: World = { ...world, netns: new Map([[id, { ...node, addresses, routes }]]) };
    const lab = await openLab({ ...wanted, fabric: { ...world.fabric, wires: [] } });
    labs.push(lab);
    const read = await readBack(wanted, lab.plan, lab.executor);
    const order = (of: readonly Address[], family: Family): readonly string[] =>
      of
        .filter((each) => each.dev === dev && each.family === family && each.scope === 'global')
        .map((each) => each.local);
    for (const family of [4, 6] as const)
      expect(order(read.netns.get(id)?.addresses ?? [], family)).toEqual(order(addresses, family));
  },
);
