import { describe, expect, test } from 'vitest';
import { placeOf } from './raw-document.ts';
import { readDocuments } from './read-documents.ts';
import { splitList } from './yaml-list.ts';

const COUNT = 300;
/** Makes a list of so few large enough to be split. */
const FILLER = 'x'.repeat(4_000);
/** Lines that look like something else: a dash in a block scalar, a comment, a blank line, a wrapped string. */
const element = (i: number, pad: string, kind = '  apiVersion: v1\n  kind: ConfigMap\n'): string =>
  `${kind}  metadata:\n    name: map-${i}\n# between\n\n  data:\n    text: |\n      - not an item\n      items:\n    filler: ${FILLER}\n    long: "wrapped\n      - ${i}"\n`
    .replace('  ', '- ')
    .split('\n')
    .map((line) => (line === '' ? line : pad + line))
    .join('\n');
const list = (kind: string, of: (i: number) => string): string =>
  `# printed by a tool\napiVersion: v1\nitems:\n${Array.from({ length: COUNT }, (_, i) => of(i)).join('')}kind: ${kind}\nmetadata:\n  resourceVersion: ""\n`;

const read = (text: string): ReturnType<typeof readDocuments> => readDocuments([{ path: 'list.yaml', text }]);

describe('a large list', () => {
  for (const [what, text] of [
    ['at the left edge', list('List', (i) => element(i, ''))],
    ['indented', list('List', (i) => element(i, '  '))],
    ['typed', list('ConfigMapList', (i) => element(i, '', ''))],
  ] as const) {
    test(`${what}: every element with its values and its place`, () => {
      expect(splitList({ file: 'list.yaml', text, linesBefore: 0 })).toBeDefined();
      const { value, issues } = read(text);
      expect(issues).toEqual([]);
      expect(value).toHaveLength(COUNT);
      const lines = text.split('\n');
      for (const i of [0, 1, COUNT - 1]) {
        const document = value[i];
        expect(document).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1' });
        expect(document?.value).toMatchObject({
          metadata: { name: `map-${i}` },
          data: { text: '- not an item\nitems:\n', long: `wrapped - ${i}` },
        });
        const at = document === undefined ? undefined : placeOf(document, ['metadata', 'name']);
        const line = lines.findIndex((each) => each.endsWith(`name: map-${i}`));
        expect(at).toEqual({ file: 'list.yaml', line: line + 1, column: (lines[line]?.indexOf('map-') ?? 0) + 1 });
        expect(document?.source.column).toBe((lines[3]?.indexOf('-') ?? 0) + 3);
      }
    });
  }

  test('what is wrong in an element is said at its line, and the others are still read', () => {
    const broken = list('List', (i) => (i === 5 ? '- { apiVersion: v1\n' : element(i, '')));
    const { issues } = read(broken);
    const line = broken.split('\n').indexOf('- { apiVersion: v1') + 1;
    expect(issues.length).toBeGreaterThan(0);
    for (const issue of issues) expect(Math.abs((issue.at.line ?? 0) - line)).toBeLessThanOrEqual(1);
  });

  test.each([
    ['elements may share an anchor', list('List', (i) => element(i, '')).replace('name: map-0', 'name: &a map-0')],
    ['it is no list', list('Thing', (i) => element(i, ''))],
    ['its keys are given twice', `${list('List', (i) => element(i, ''))}kind: List\n`],
  ])('is read whole when %s', (_, text) => {
    const { value, issues } = read(text);
    expect(value.length + issues.length).toBeGreaterThan(0);
    expect(value.length === COUNT || value.length === 1 || issues.some((i) => i.message.includes('twice'))).toBe(true);
  });

  test('a document too large for its syntax tree is refused before it is parsed', () => {
    const text = `apiVersion: v1\nkind: ConfigMap\ndata:\n${'  key: value\n'.repeat(1_500_000)}`;
    const { value, issues } = read(text);
    expect(value).toEqual([]);
    expect(issues).toMatchObject([{ code: 'too-big', at: { file: 'list.yaml', line: 1, column: 1 } }]);
  });

  test('a small one is not split', () => {
    expect(splitList({ file: 'x', text: 'items:\n- a: 1\n', linesBefore: 0 })).toBeUndefined();
  });
});
