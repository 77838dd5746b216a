import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Shell } from './shell.ts';

const SOON = 200;

test('tools run one after another, each with what it reads, says and ends with', async () => {
  const shell = new Shell();
  const tool = ['sh', '-c', `cat; printf '%s' "$1"; echo no >&2; exit 3`, 'sh', `it's $HOME\n"ä`] as const;
  const text = `$(exit 9) \`x\` $HOME \\\nEOF\n'\n`;
  for (const stdin of ['', text, `${text}not a line`, 'ä ā \u0001\n', text.repeat(10_000)])
    expect(await shell.run(tool, stdin)).toEqual({ status: 3, stdout: `${stdin}it's $HOME\n"ä`, stderr: 'no\n' });
  expect(await shell.run(['sh', '-c', 'echo $PPID'], '')).toEqual(await shell.run(['sh', '-c', 'echo $PPID'], ''));
  expect(await shell.run(['no-such-tool'], '')).toMatchObject({
    status: 127,
    stderr: expect.stringContaining('no-such'),
  });
  await shell.end();
});

test('a tool that hangs is killed, and has failed with what it said; the next one has another shell', async () => {
  const shell = new Shell(SOON);
  const hangs = await shell.run(['sh', '-c', 'echo $$; sleep 60; echo'], '');
  expect(hangs).toEqual({
    status: 137,
    stdout: expect.stringMatching(/^\d+\n$/),
    stderr: expect.stringMatching(/^it did not end within 0.2 s\n/),
  });
  await expect.poll(() => isThere(Number(hangs.stdout))).toBe(false);
  expect(await shell.run(['echo', 'on'], '')).toMatchObject({ status: 0, stdout: 'on\n' });
  await shell.end();
});

test("a shell that ends under a tool is that tool's failure; one that ended between two is started again", async () => {
  const shell = new Shell();
  expect(await shell.run(['sh', '-c', 'kill -9 $PPID'], '')).toMatchObject({ status: 137 });
  const { stdout } = await shell.run(['sh', '-c', 'echo $PPID'], '');
  process.kill(Number(stdout), 'SIGKILL');
  // What is asked before anybody hears of that end fails with it.
  await expect.poll(() => shell.run(['echo', 'on'], '')).toMatchObject({ stdout: 'on\n' });
  const last = await shell.run(['sh', '-c', 'echo $PPID'], '');
  await shell.end();
  expect(isThere(Number(last.stdout))).toBe(false);
});

/** A process that runs: one nobody has asked about since it ended does not. */
function isThere(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}
