import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { responsibilities } from '../../tools/code-map.ts';
import { root } from '../../tools/docs.ts';
import { edges, layers, runtimes } from '../../tools/layers.ts';

// The rules ARCHITECTURE.md states about folders, read from the files that enforce them.

const folders = readdirSync(join(root, 'src'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

test('every folder of src/ is in the import table and says what it is for', () => {
  const known = [...Object.keys(layers), ...edges];
  expect(folders.filter((folder) => !known.includes(folder))).toEqual([]);
  expect(known.filter((folder) => !folders.includes(folder))).toEqual([]);
  expect(known.filter((folder) => (responsibilities[folder] ?? '') === '')).toEqual([]);
  expect(Object.keys(responsibilities).filter((folder) => !known.includes(folder))).toEqual([]);
});

test('the import table has no cycle', () => {
  const reaches = (from: string, seen: readonly string[]): boolean =>
    (layers[from] ?? []).some((next) => seen.includes(next) || reaches(next, [...seen, next]));
  expect(Object.keys(layers).filter((folder) => reaches(folder, [folder]))).toEqual([]);
});

test('the core is everything but the edges, compiled with no Node types and no DOM', () => {
  const config = JSON.parse(readFileSync(join(root, 'tsconfig.core.json'), 'utf8'));
  const base = JSON.parse(readFileSync(join(root, 'tsconfig.base.json'), 'utf8'));
  expect(config.include).toEqual(['src/**/*.ts']);
  const touching = Object.keys(runtimes).map((folder) => `src/${folder}`);
  expect(config.exclude).toEqual(['src/cli', 'src/lab/index.ts', ...touching, 'src/**/*.test.ts']);
  expect(config.compilerOptions.types ?? base.compilerOptions.types).toEqual([]);
  expect(base.compilerOptions.lib).toEqual(['ES2023']);
});

/** Where hosts and the fabric take turns: the invariant names these files. */
const SEAM = ['cross.ts', 'walk-packet.ts', 'session-state.ts', 'types.ts', 'proxied.ts', 'fabric-sender.ts'];

test('the walk knows no Kubernetes word, and AWS words stand in sim/fabric and where it meets hosts', () => {
  const kubernetes = /\b(?:[Kk]ubernetes|[Kk]ubelet|[Kk]ube-?[Pp]roxy|KUBE-[A-Z]+)\b/;
  const aws = /\b(?:aws|AWS-[A-Z]+|vpc-cni|vpc|enis?|security-?groups?|nat-?gateways?|transit-?gateways?)\b/i;
  const source = (folder: string): string[] =>
    readdirSync(join(root, 'src', folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
      .map((name) => `${folder}/${name}`);
  const code = (path: string): string =>
    readFileSync(join(root, 'src', path), 'utf8').replace(/\/\*.*?\*\/|\/\/[^\n]*/gs, '');
  const paths = [...source('linux'), ...source('sim')];
  expect(paths.filter((path) => kubernetes.test(code(path)))).toEqual([]);
  const spoken = paths.filter((path) => !path.startsWith('sim/fabric/') && aws.test(code(path)));
  expect(spoken.sort()).toEqual(SEAM.map((name) => `sim/${name}`).sort());
  const invariants = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
  expect(SEAM.filter((name) => !invariants.includes(`\`${name}\``))).toEqual([]);
});
