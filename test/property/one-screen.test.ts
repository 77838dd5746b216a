import { expect, test } from 'vitest';
import { ask } from '../../src/ask/index.ts';
import { renderText } from '../../src/render/index.ts';
import { resolveName, simDataPlane } from '../../src/sim/index.ts';
import type { World } from '../../src/world/index.ts';
import { exampleWorld, scenarioFiles, worldOf } from '../lab/worlds.ts';

/** A walk that arrives and hurts nobody is told on one screen. */
const SCREEN = 25;

/** From the internet to whatever it may ask, and from a pod of each node to every Service and out. */
function questions({ directory, fabric }: World): readonly (readonly [string, string])[] {
  const balanced = fabric.loadBalancers.map(({ id }) => `lb/${id}`);
  const services = directory.services.map(({ namespace, name }) => `svc/${namespace}/${name}`);
  const names = fabric.loadBalancers.flatMap(({ listeners }) =>
    listeners.flatMap(({ rules }) =>
      rules.flatMap(({ conditions }) =>
        conditions.flatMap((each) =>
          each.field === 'host-header' ? each.values.map((host) => `http://${host}/`) : [],
        ),
      ),
    ),
  );
  const pods = directory.nodes.flatMap(({ name }) => directory.pods.filter(({ node }) => node === name).slice(0, 1));
  return [
    ...[...balanced, ...services, ...names].map((to) => ['internet', to] as const),
    ...pods.flatMap((pod) => [...services, 'internet'].map((to) => [`pod/${pod.namespace}/${pod.name}`, to] as const)),
  ];
}

const SHARES = 'shares-of-an-action-on-one-screen';

test.each([
  'article',
  'custom-networking',
  'external-snat',
  'four-ways-in',
  'ingress',
  'ipv6',
  'on-prem',
  'peering',
  SHARES,
])('examples/%s', async (name) => {
  const world = name === SHARES ? worldOf(scenarioFiles(name)) : exampleWorld(name);
  let told = 0;
  for (const [from, to] of questions(world)) {
    const answer = await ask({ world, plane: simDataPlane, resolve: resolveName }, { from, to, protocol: 'tcp' });
    if (!answer.ok || answer.result.verdict !== 'delivered') continue;
    if (answer.result.findings.some(({ severity }) => severity !== 'info')) continue;
    const text = renderText(answer.result);
    expect(text.trimEnd().split('\n').length, text).toBeLessThanOrEqual(SCREEN);
    told++;
  }
  expect(told).toBeGreaterThan(1);
});
