import { expect, test } from 'vitest';
import { fourWaysBlock } from './four-ways.ts';

const cells = async (): Promise<readonly Readonly<Record<string, string>>[]> => {
  const [head = [], , ...rows] = (await fourWaysBlock()).split('\n').map((line) => line.slice(2, -2).split(' | '));
  return rows.map((row) => Object.fromEntries(head.map((title, i) => [title, row[i] ?? ''])));
};

// Counted by hand. Each zone gets half. In a: node-51 without a pod and node-71 with one, a quarter each; in b: node-91. Every node
// sends half to either pod. Detours: 1/4 by node-51, 1/8 from node-71 to node-91, 1/4 from node-91 to node-71. Across: 1/8 + 1/8 + 1/4.
test('a node port sends 5 of 8 connections through a node without the pod, half of all to another zone', async () => {
  const [instance] = await cells();
  expect(instance).toMatchObject({
    machines: '2-3',
    'another source from': 'first node',
    'passes a node without the pod': '5/8',
    'nodes too many, then': '1',
    'crosses zones': '1/2',
  });
});

test('a client is seen by policy, by attribute or by header', async () => {
  expect((await cells()).map((row) => row['client visible'])).toEqual([
    'no',
    'yes',
    'yes',
    'no',
    'by `X-Forwarded-For`',
  ]);
});

test('without a node port no rule rewrites, although rules match', async () => {
  for (const row of (await cells()).slice(2)) {
    expect(row['headers rewritten by iptables']).toBe('nowhere');
    expect(Number(row['iptables rules that match'])).toBeGreaterThan(0);
  }
});
