import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CNI_CODE } from '../../src/cni/index.ts';
import { pages, root, runCommand } from '../../tools/docs.ts';

// Links lead somewhere, commands a page shows can be run, and every public export explains itself.

const read = (path: string): string => readFileSync(join(root, path), 'utf8');

describe('links between pages lead to files', () => {
  for (const page of pages()) {
    test(page, () => {
      const targets = [...read(page).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map((match) => match[1] ?? '');
      expect(targets.filter((target) => !existsSync(join(root, dirname(page), target)))).toEqual([]);
    });
  }
});

test('every error code of the network plugin is explained, and no other', () => {
  const rows = [...read('docs/concepts/cni.md').matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
  expect(rows).toEqual(Object.values(CNI_CODE));
});

describe('the commands of the examples run', () => {
  const commands = pages()
    .filter((page) => page.startsWith('examples/'))
    .flatMap((page) => [...read(page).matchAll(/^\$ packetwalk (.*)$/gm)].map((match) => match[1] ?? ''));
  test('there are some', () => expect(commands.length).toBeGreaterThan(5));
  for (const command of commands) {
    test(command, async () => {
      const { code, output } = await runCommand(command);
      expect([0, 1], output).toContain(code);
    });
  }
});

describe('every export of src/index.ts has a sentence and an @example', () => {
  const text = read('src/index.ts');
  for (const match of text.matchAll(/^export (?:type )?\{([^}]*)\} from/gms)) {
    test((match[1] ?? '').replace(/\s+/g, ' ').trim(), () => {
      const before = text.slice(0, match.index).trimEnd();
      expect(before.endsWith('*/')).toBe(true);
      const comment = before.slice(before.lastIndexOf('/**'));
      expect(comment).toMatch(/^\/\*\*\n \* [A-Z].*\.?/);
      expect(comment).toContain('@example');
    });
  }
});
