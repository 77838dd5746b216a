import { expect } from 'vitest';
import { changeLab, differingFiles, type Lab, openLab, planLab, readBack, readRecord } from '../../src/lab/index.ts';
import { type Netns, parseIpsetSave, parseIptablesSave } from '../../src/linux/index.ts';
import type { World } from '../../src/world/index.ts';
import { exampleWorld } from '../lab/worlds.ts';

// Labs that become others, and what they hold then.

export async function withLab<T>(world: World, act: (lab: Lab) => Promise<T>): Promise<T> {
  const lab = await openLab(world);
  try {
    return await act(lab);
  } finally {
    lab.holder.end();
  }
}

export async function change(lab: Lab, world: World): Promise<number> {
  const record = readRecord(lab.holder.identity);
  if (record === undefined) throw new Error('the lab has a record');
  const { commands, differences } = await changeLab(lab.holder.identity, record, world);
  expect(differences).toEqual([]);
  return commands;
}

/** The kernel tells of a carrier a while after the other end is up (net/core/link_watch.c). */
const SETTLED = 'for i in $(seq 100); do ip -br link | grep -q NO-CARRIER || break; sleep 0.05; done';

/** Everything but the World's own namespaces, as the kernel lists it. */
export async function fabricOf(lab: Lab, world: World): Promise<Readonly<Record<string, string>>> {
  const script =
    'ip -4 route show table all; ip -4 rule; ip neigh | grep PERM; ip -br link; ip -br addr; iptables-nft-save';
  const texts: Record<string, string> = {};
  for (const { name, label, id } of planLab(world).namespaces) {
    if (id !== undefined) continue;
    const { stdout } = await lab.executor.run({
      netns: name,
      argv: ['sh', '-c', `${SETTLED}; ${script}; nft list ruleset`],
      stdin: '',
    });
    texts[label] = stdout
      .replaceAll(/^#.*$|\[\d+:\d+\]|counter packets \d+ bytes \d+|@if\d+ */gm, '')
      .split('\n')
      .sort()
      .join('\n');
  }
  return texts;
}

export const article = exampleWorld('article');

/** The article's cluster after one change. */
export function changed(id: string, what: (netns: Netns) => Partial<Netns>): World {
  const netns = new Map(
    [...article.netns].map(([key, value]) => [key, key === id ? { ...value, ...what(value) } : value]),
  );
  return { ...article, netns };
}

export const NODE = 'node/ip-10-0-0-75.ec2.internal';
export const TOOLBOX = 'pod/packetlab/toolbox-a-6fb5b9b786-lszr4';
export const NO_RULES: Netns['iptables'] = { variant: 'nft', ip: new Map(), ip6: new Map() };

/** Sets, and a rule that asks one of them. */
export const withSets = (text: string): World =>
  changed(NODE, ({ iptables }) => {
    const rules = '*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m set --match-set BAD src -j DROP\nCOMMIT\n';
    const ip = parseIptablesSave(rules, 'iptables-save', 4).value;
    return { iptables: { ...iptables, ip }, ipsets: parseIpsetSave(text, 'ipset-save').value };
  });

export async function expectHeld(lab: Lab, world: World): Promise<void> {
  const back = await readBack(world, planLab(world), lab.executor);
  for (const [id, netns] of world.netns) {
    const read = back.netns.get(id);
    expect(read === undefined ? ['all'] : differingFiles(netns, read), id).toEqual([]);
  }
}
