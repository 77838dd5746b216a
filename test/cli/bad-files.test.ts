import { chmodSync, symlinkSync, truncateSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { EKS, service } from './manifests.ts';
import { ARTICLE, file, refused, scratch } from './refused.ts';

describe('files that hold no input', () => {
  const cases: readonly (readonly [string, () => string, string])[] = [
    ['an empty file', () => file(''), 'in.yaml: File is empty (expected YAML or JSON)'],
    [
      'a binary file',
      () => file(Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0])),
      'in.yaml: The file is not text (YAML, JSON',
    ],
    ['a compressed file', () => file(gzipSync(EKS)), 'in.yaml: The file is not text'],
    ['another encoding', () => file(Buffer.from('a: 1\nb: caf\u00e9\n', 'latin1')), 'in.yaml:2: The text is not UTF-8'],
    ['UTF-16', () => file(Buffer.from(`\ufeff${EKS}`, 'utf16le')), 'in.yaml: The file is not text'],
    ['a missing file', () => join(scratch, 'nowhere', 'in.yaml'), 'in.yaml: No such file or folder'],
    ['a near miss', () => join(dirname(ARTICLE), 'artcle'), 'No such file or folder (did you mean "article"?)'],
    [
      'a folder without YAML',
      () => dirname(file('hello', 'notes.txt')),
      'The folder holds no input (YAML or JSON files, a node\'s dump, or a folder that "packetwalk compile -o" wrote)',
    ],
    ['a file that cannot be read', () => '/proc/self/mem', '/proc/self/mem: Cannot read the file: EIO'],
    ['a device without end', () => '/dev/zero', '/dev/zero: The file has more than 64 MiB'],
    [
      'a link to nowhere',
      () => {
        const folder = dirname(file('', 'notes.txt'));
        symlinkSync('/nowhere', join(folder, 'pods.yaml'));
        return folder;
      },
      'pods.yaml: Cannot read the file: ENOENT: no such file or directory',
    ],
    [
      'a YAML file of 200 MB',
      () => {
        const path = file('a: 1\n');
        truncateSync(path, 200 * 1024 * 1024);
        return path;
      },
      'in.yaml: The file has 200 MiB (at most 64 MiB a file; split it,',
    ],
    [
      'a JSON file of 300 MB',
      () => {
        const path = file('{', 'in.json');
        truncateSync(path, 300 * 1024 * 1024);
        return path;
      },
      'in.json: The file has 300 MiB (at most 256 MiB a file; split it,',
    ],
  ];
  test.each(cases.filter(([, make]) => process.platform === 'linux' || !String(make).includes('/proc/')))(
    '%s',
    async (_, make, message) => {
      expect(await refused(['trace', '-f', make(), 'pod/a/b', 'internet'])).toContain(message);
    },
  );

  // Root may read everything, so a root process steps down to nobody for the length of one command.
  const asNobody = async <T>(act: () => Promise<T>): Promise<T> => {
    if (process.geteuid?.() !== 0) return act();
    process.seteuid?.(65534);
    try {
      return await act();
    } finally {
      process.seteuid?.(0);
    }
  };
  test('a file and a folder that may not be read', async () => {
    const secret = file(EKS);
    const folder = dirname(file(EKS, 'sub/in.yaml'));
    chmodSync(secret, 0);
    chmodSync(folder, 0);
    chmodSync(scratch, 0o755);
    const said = await asNobody(() => refused(['trace', '-f', secret, '-f', dirname(folder), 'pod/a/b', 'internet']));
    chmodSync(folder, 0o755);
    expect(said).toContain('in.yaml: Cannot read the file: EACCES: permission denied (a file you may read)');
    expect(said).toContain('sub: Cannot read the folder: EACCES: permission denied');
    expect(said).toContain('2 problems in the input');
  });
});

describe('text that is not what it should be', () => {
  test.each([
    ['YAML', 'in.yaml', 'a: [1\nb: 2\n', 'in.yaml:2:1: Flow sequence in block collection must be'],
    ['a key twice', 'in.yaml', 'kind: Pod\nkind: Pod\n', 'in.yaml:2:1: Key "kind" is given twice in one map'],
    ['JSON', 'in.json', '{"kind": "Pod",\n "spec": }', 'in.json:2:10: Not JSON: found "}" where a value should be'],
    ['JSON cut short', 'in.json', '{"kind": "Pod",\n', 'in.json:2:1: Not JSON: the text ends where a name'],
    ['a line break', 'in.json', '{"kind": "P\nod"}', 'in.json:1:12: Not JSON: found a line break in a string'],
    ['JSON by its looks', 'live', '{"kind": "Pod", "spec": }', 'live:1:25: Not JSON: found "}" where a value'],
    ['a comment in JSON', 'in.json', '{} // all\n', 'in.json:1:4: Not JSON: found "/" where a value should be'],
    ['a list', 'in.yaml', '- 1\n', 'in.yaml:1:1: Found a list where an object should be'],
    ['no kind', 'in.yaml', 'a: 1\n', 'in.yaml:1:1: Document has no "kind"'],
    [
      'no cluster',
      'in.yaml',
      service('a', 'ports: [{port: 80}]'),
      'in.yaml: The input has objects and no cluster to put',
    ],
  ])('%s', async (_, name, text, message) => {
    expect(await refused(['trace', '-f', file(text, name), 'pod/a/b', 'internet'])).toContain(message);
  });

  test('every problem is told, not the first', async () => {
    const said = await refused([
      'trace',
      ...['-f', file('kind: Pod\nkind: Pod\n', 'a.yaml'), '-f', file('[1 2]', 'b.json')],
      ...['pod/a/b', 'internet'],
    ]);
    expect(said.split('\n').slice(0, 3)).toEqual([
      'error: a.yaml:2:1: Key "kind" is given twice in one map',
      'error: b.json:1:4: Not JSON: found "2" where "," or the closing bracket should be',
      'packetwalk: 2 problems in the input',
    ]);
  });
});

describe('hostile input', () => {
  const bomb = [
    'a0: &a0 [x,x,x,x,x,x,x,x,x,x]',
    ...Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(',')}]`),
  ].join('\n');
  test.each([
    ['aliases that multiply', 'in.yaml', bomb, 'in.yaml:1:1: Cannot expand the aliases of this document'],
    ['deep YAML', 'in.yaml', `a: ${'['.repeat(20_000)}`, 'in.yaml:1:1: Lists and maps nest deeper than 128 levels'],
    ['deep JSON', 'in.json', `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`, 'nest deeper than 128 levels'],
    [
      'prototype keys in our own kinds',
      'in.json',
      '{"apiVersion": "packetwalk.dev/v1alpha1", "kind": "Placement", "spec": {"pod": "a/b", "__proto__": {"x": 1}}}',
      'in.json:1:87: Unknown field "spec.__proto__"',
    ],
    [
      'prototype keys in Kubernetes objects',
      'in.yaml',
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a, __proto__: {x: 1}}\n',
      'in.yaml:3:21: Unknown field "metadata.__proto__"',
    ],
  ])('%s', async (_, name, text, message) => {
    expect(await refused(['trace', '-f', file(text, name), 'pod/a/b', 'internet'])).toContain(message);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });
});
