import { spawnSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** dist/ from nothing: what an earlier build left behind never ships, and the command is executable where it lies. */
const root = resolve(import.meta.dirname, '..');
rmSync(join(root, 'dist'), { recursive: true, force: true });
const { status } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
if (status === 0) for (const main of ['cli/main.js', 'cli/cni/main.js']) chmodSync(join(root, 'dist', main), 0o755);
process.exitCode = status ?? 1;
