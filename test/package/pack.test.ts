import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../tools/docs.ts';

// What `npm pack` ships, installed in an empty folder: the commands answer, the examples of the API compile and run,
// and nothing of the tests comes along.

const folder = mkdtempSync(join(tmpdir(), 'packetwalk-pack-'));
const app = join(folder, 'app');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function runIn(cwd: string, command: string, args: readonly string[]): Ran {
  const env = { ...process.env, NO_COLOR: '1', npm_config_update_notifier: 'false' };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8', maxBuffer: 1 << 26 });
  return { status, stdout, stderr };
}

function must(cwd: string, command: string, args: readonly string[]): string {
  const { status, stdout, stderr } = runIn(cwd, command, args);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended ${status}\n${stdout}\n${stderr}`);
  return stdout;
}

const installed = (...parts: string[]): string => join(app, 'node_modules', 'packetwalk', ...parts);
const bin = (name: string): string => join(app, 'node_modules', '.bin', name);

beforeAll(() => {
  must(root, 'npm', ['pack', '--pack-destination', folder, '--loglevel=error']);
  const [tarball = ''] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  mkdirSync(app);
  writeFileSync(join(app, 'package.json'), '{ "name": "app", "private": true, "type": "module" }\n');
  const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  must(app, 'npm', ['install', ...flags, join(folder, tarball)]);
});

describe('commands', () => {
  test('packetwalk version', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(must(app, bin('packetwalk'), ['version']).trim()).toBe(`packetwalk ${version}`);
  });

  test('kubectl-packetwalk trace, on the examples it ships', () => {
    const args = ['trace', '-f', installed('examples/article')];
    const text = must(app, bin('kubectl-packetwalk'), [
      ...args,
      'pod/packetlab/toolbox-a',
      'svc/packetlab/echo-clusterip:80',
    ]);
    expect(text).toMatch(/^delivered /);
    expect(text).toContain('sees 10.0.1.51:');
  });

  test('packetwalk demo', () => {
    const [first = ''] = must(app, bin('packetwalk'), ['demo']).split('\n');
    expect(first).toMatch(/^\d+ of \d+ rows computed as the article printed them.* 0 wrong$/);
  });

  test('a mistake is told without a stack trace', () => {
    const { status, stdout, stderr } = runIn(app, bin('packetwalk'), ['trace', '-f', 'nowhere.yaml', 'a', 'b']);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('nowhere.yaml');
    expect(stderr).not.toContain('    at ');
  });
});

test('no test, source or fixture is shipped', () => {
  const shipped = readdirSync(installed(), { recursive: true, encoding: 'utf8' });
  expect(
    shipped.filter((name) => /\.test\.|testing\.|(?:^|\/)test-|^src|^test|^tools|\.tsbuildinfo$/.test(name)),
  ).toEqual([]);
  const expected = [
    'LICENSE',
    'README.md',
    'dist/index.d.ts',
    'examples/article/network.yaml',
    'schema/trace-result.json',
  ];
  expect(shipped).toEqual(expect.arrayContaining(expected));
});

test('the examples of src/index.ts compile against the shipped types and run; every subpath resolves', () => {
  const text = readFileSync(join(root, 'src/index.ts'), 'utf8');
  const examples = [...text.matchAll(/@example\n(.*?)\n \*\//gs)].map((match) =>
    (match[1] ?? '').replace(/^ \* ?/gm, ''),
  );
  expect(examples.length).toBeGreaterThan(5);
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const subpaths = Object.keys(exports).filter((name) => !/json$/.test(name));
  const all = subpaths.map(
    (name, i) => `import * as m${i} from 'packetwalk${name.slice(1)}';\nconsole.log(typeof m${i});`,
  );
  [...examples, all.join('\n')].forEach((example, i) => {
    writeFileSync(join(app, `example-${i}.ts`), `${example}\nexport {};\n`);
  });
  const compilerOptions = {
    target: 'ES2023',
    module: 'NodeNext',
    strict: true,
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
    outDir: 'out',
    rootDir: '.',
  };
  writeFileSync(join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['example-*.ts'] }));
  must(app, join(root, 'node_modules/.bin/tsc'), ['-p', '.']);
  const files = readdirSync(join(app, 'out')).filter((name) => name.endsWith('.js'));
  writeFileSync(join(app, 'out', 'all.mjs'), files.map((name) => `import './${name}';`).join('\n'));
  must(app, process.execPath, [join('out', 'all.mjs')]);
});
