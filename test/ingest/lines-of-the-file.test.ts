import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ask } from '../../src/ask/index.ts';
import { LOCAL_TABLE, type NetnsId, showRoutes, showRules } from '../../src/linux/index.ts';
import { loadWorld } from '../../src/load/index.ts';
import { resolveName, simDataPlane } from '../../src/sim/index.ts';
import { type World, worldFiles } from '../../src/world/index.ts';

const ARTICLE = new URL('../../examples/article', import.meta.url).pathname;
const NODE = 'ip-10-0-0-75.ec2.internal';
const objects = readdirSync(ARTICLE)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => ({ path: name, text: readFileSync(join(ARTICLE, name), 'utf8') }));
const compiled = loadWorld(objects, []).world;
const texts = new Map(
  [...worldFiles(compiled as World)].map(({ path, text }) => [path.replace(`nodes/${NODE}/`, ''), text]),
);
const netns = compiled?.netns.get(`node/${NODE}` as NetnsId);

/** Evidence of the walk with these files of the node collected, as `FILE:LINE TEXT`, of one kind of step. */
async function evidence(dump: Readonly<Record<string, string>>, kind: string): Promise<readonly string[]> {
  const files = Object.entries(dump).map(([name, text]) => ({ path: `dumps/${NODE}/${name}`, text }));
  const { world, issues } = loadWorld([...objects, ...files], []);
  expect(issues.filter(({ severity }) => severity === 'error')).toEqual([]);
  const answer = await ask(
    { world: world as World, plane: simDataPlane, resolve: (of, at, name) => resolveName(of, at, name) },
    { from: 'pod/packetlab/toolbox-a', to: 'svc/packetlab/echo-clusterip:80', choice: { kind: 'first' }, dns: false },
  );
  const { roundTrips } = answer.ok ? answer.result : { roundTrips: [] };
  return roundTrips.flatMap(({ forward }) =>
    forward.hops
      .filter(({ where }) => where.name === NODE)
      .flatMap(({ steps }) => steps)
      .filter((step) => step.kind === kind)
      .map(
        ({ evidence: { artefact, text } }) => `${artefact.file.replace(/.*\//, '')}:${artefact.line ?? '-'} ${text}`,
      ),
  );
}

const lineOf = (text: string, line: string): number => text.split('\n').findIndex((each) => each.includes(line)) + 1;
const oneLine = (name: string): string => JSON.stringify(JSON.parse(texts.get(name) ?? ''));

describe('evidence names the line of the file the user has', () => {
  test('a JSON list in one line: line 1', async () => {
    const rules = await evidence({ 'ip-rule.json': oneLine('ip-rule.json') }, 'ip-rule');
    expect(rules.length).toBeGreaterThan(0);
    for (const rule of rules) expect(rule).toMatch(/^ip-rule\.json:1 /);
    const routes = await evidence({ 'ip-route.json': oneLine('ip-route.json') }, 'route');
    for (const route of routes) expect(route).toMatch(/^ip-route\.json:1 /);
  });

  test('ip rule and ip route as text: their own lines, in their own files', async () => {
    const text = `# collected\n\n${showRules(netns?.rules ?? [])}`;
    for (const rule of await evidence({ 'ip-rule.txt': text }, 'ip-rule')) {
      const [, line, words] = /^ip-rule\.txt:(\d+) (.*)$/.exec(rule) ?? [];
      expect(text.split('\n')[Number(line) - 1]?.replace('\t', ' ')).toBe(words);
    }
    const table2 = `# header\n${showRoutes(netns?.routes ?? [], 'all')}`;
    const [route] = await evidence({ 'ip-route': table2 }, 'route');
    expect(route).toMatch(new RegExp(`^ip-route:${lineOf(table2, 'default via 10.0.0.1 dev ens6 table 2')} `));
  });

  test('what was not collected beside it has no line', () => {
    const path = `dumps/${NODE}/ip-route`;
    const { world } = loadWorld([...objects, { path, text: showRoutes(netns?.routes ?? [], 'main') }], []);
    const local = world?.netns.get(`node/${NODE}` as NetnsId)?.routes.filter(({ table }) => table === LOCAL_TABLE);
    expect(local?.length).toBeGreaterThan(0);
    for (const { written } of local ?? []) expect(written).toEqual({ file: 'ip-route.json' });
  });

  test('iptables -S: the line it printed', async () => {
    const text =
      '# iptables -t raw -S\n-P PREROUTING ACCEPT\n-P OUTPUT ACCEPT\n-N LOGGED\n-A PREROUTING -p tcp -j ACCEPT\n';
    const rules = await evidence({ 'iptables-save': text }, 'rule');
    expect(rules.length).toBeGreaterThan(0);
    for (const rule of rules) {
      const [, line, words] = /^iptables-save:(\d+) (.*)$/.exec(rule) ?? [];
      expect(text.split('\n')[Number(line) - 1]).toBe(words);
    }
  });
});
