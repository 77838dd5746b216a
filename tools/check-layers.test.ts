import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkLayers } from './check-layers.ts';

/** The messages for a source tree given as texts by path. */
function check(files: Readonly<Record<string, string>>): string[] {
  const root = mkdtempSync(join(tmpdir(), 'packetwalk-layers-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return checkLayers(root).map(({ file, line, message }) => `${file}:${line}: ${message}`);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

describe('imports between folders', () => {
  for (const [what, files, wanted] of [
    ['allowed', { 'net/ip.ts': "import { x } from '../base/index.ts';" }, []],
    [
      'not in the table',
      { 'base/a.ts': "\nimport { ip } from '../net/index.ts';" },
      ['base/a.ts:2: src/base may not import src/net'],
    ],
    [
      'not by the index',
      { 'net/ip.ts': "export { x } from '../base/issue.ts';" },
      ['net/ip.ts:1: Import src/base by its index.ts, not "../base/issue.ts"'],
    ],
    [
      'a package in the wrong folder',
      { 'sim/a.ts': "import { parse } from 'yaml';" },
      ['sim/a.ts:1: src/sim may not import the package "yaml"'],
    ],
    [
      'a node module in the core',
      { 'load/a.ts': "import { readFileSync } from 'node:fs';" },
      ['load/a.ts:1: src/load may not import the package "node:fs"'],
    ],
    ['anything in the command', { 'cli/a.ts': "import 'node:fs';\nimport { x } from '../sim/walk.ts';" }, []],
  ] as const) {
    test(what, () => expect(check(files)).toEqual(wanted));
  }
});

test('every cycle of files is named', () => {
  const found = check({
    'net/a.ts': "import { b } from './b.ts';",
    'net/b.ts': "import type { a } from './a.ts';",
    'net/c.ts': "import { d } from './d.ts';",
    'net/d.ts': "import { c } from './c.ts';",
  });
  expect(found).toEqual([
    'net/a.ts:1: Import cycle: net/a.ts -> net/b.ts -> net/a.ts',
    'net/c.ts:1: Import cycle: net/c.ts -> net/d.ts -> net/c.ts',
  ]);
});
