import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pages, regenerate, root } from '../../tools/docs.ts';
import { schemaFiles } from '../../tools/schema.ts';

// What a page or a schema shows is what the program says today. UPDATE=1 rewrites.

const update = process.env.UPDATE === '1';
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

describe('generated parts are current', () => {
  for (const page of pages().filter((name) => /^<!-- (?:run:|code-map|proved|four-ways)/m.test(read(name)))) {
    test(page, async () => {
      const made = await regenerate(read(page));
      if (update) writeFileSync(join(root, page), made);
      expect(read(page)).toBe(made);
    });
  }
});

describe('published schemas are current', () => {
  for (const { path, text } of schemaFiles()) {
    test(path, () => {
      if (update) writeFileSync(join(root, path), text);
      expect(read(path)).toBe(text);
    });
  }
});

test('a marked block is filled, and nothing around it changes', async () => {
  const page = 'before\n<!-- run: version | head -1 -->\nold\n<!-- end -->\nafter\n';
  const made = await regenerate(page);
  expect(made).toMatch(
    /^before\n<!-- run: version \| head -1 -->\n```console\n\$ packetwalk version\npacketwalk \d+\.\d+\.\d+\n```\n<!-- end -->\nafter\n$/,
  );
  expect(await regenerate(made)).toBe(made);
});

test('an empty block ends at its own end', async () => {
  const made = await regenerate('<!-- run: version -->\n<!-- end -->\nkept\n<!-- run: version -->\n<!-- end -->\n');
  expect(made.match(/packetwalk \d/g)).toHaveLength(2);
  expect(made).toContain('\nkept\n');
});
