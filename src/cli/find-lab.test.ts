import { expect, test } from 'vitest';
import type { LabPlan, PlannedNetns } from '../lab/index.ts';
import { enterPlace, findNetns, placeNames } from './find-lab.ts';

const netns = (label: string): PlannedNetns => ({ name: label.replace(/\W/g, '_'), id: undefined, label });
const web = (n: number): string => `pod/default/web-75f-${n}`;

const planOf = (labels: readonly string[]): LabPlan => ({
  namespaces: labels.map(netns),
  hostPods: [{ label: 'pod/kube-system/aws-node-x1', netns: 'node_a' }],
  phases: [],
  wires: [],
  gaps: [],
});

test('of a thousand pods that begin alike, a few are named and the rest counted', () => {
  const plan = planOf(Array.from({ length: 1000 }, (_, n) => web(n)));
  expect(() => findNetns(plan, 'pod/default/web')).toThrow(
    `No namespace "pod/default/web" in this lab; 1000 begin like this: ${[0, 1, 2, 3, 4].map(web).join(', ')} and 995 more`,
  );
  expect(() => findNetns(planOf([web(0), web(1)]), 'pod/default/web')).toThrow(
    new RegExp(`2 begin like this: ${web(0)}, ${web(1)}$`),
  );
});

test('every way to name a place is known beforehand: whole, without its domain, up to a dash', () => {
  const plan = planOf(['node/ip-10-0-0-75.ec2.internal', 'pod/shop/api-6fb-x2']);
  const names = placeNames(plan);
  const ways = ['node/ip-10-0-0-75', 'pod/shop/api', 'pod/shop/api-6fb', 'pod/kube-system/aws', 'node/ip-10'];
  for (const way of [...ways, ...plan.namespaces.map(({ label }) => label)]) {
    expect(names.has(way)).toBe(true);
    expect(enterPlace(plan, way, ['true']).at(-1)).toBe('true');
  }
});
