import { describe, expect, test } from 'vitest';
import { runProcess, runTool, within } from './run-tool.ts';

const SOON = 200;
const HANGS = ['sh', '-c', 'echo so far; exec sleep 60'] as const;
const KILLED = { status: 137, stdout: 'so far\n', stderr: expect.stringMatching(/^it did not end within 0.2 s\n/) };

describe('a tool that hangs is killed, and has failed with what it said', () => {
  test('side by side', async () => {
    expect(await runProcess(HANGS, '', SOON)).toEqual(KILLED);
  });

  test('at once', () => {
    expect(runTool(HANGS, '', SOON)).toEqual(KILLED);
  });
});

test('who holds the output of a tool that has ended is not waited for', async () => {
  const leaves = await runProcess(['sh', '-c', 'sleep 60 & echo $!'], '', SOON);
  expect(leaves).toMatchObject({ status: 137, stdout: expect.stringMatching(/^\d+\n$/) });
  process.kill(Number(leaves.stdout), 'SIGKILL');
});

test('a tool that ends says how, and reads what it is given', async () => {
  const argv = ['sh', '-c', 'cat; echo no >&2; exit 3'] as const;
  const ended = { status: 3, stdout: 'given', stderr: 'no\n' };
  expect(await runProcess(argv, 'given')).toEqual(ended);
  expect(runTool(argv, 'given')).toEqual(ended);
  await expect(runProcess(['no-such-tool'], '')).rejects.toThrow('ENOENT');
  expect(() => runTool(['no-such-tool'])).toThrow('ENOENT');
});

test('what does not come in time is told by name', async () => {
  expect(await within(Promise.resolve(7), SOON, 'nothing')).toBe(7);
  await expect(within(Promise.reject(new Error('refused')), SOON, 'nothing')).rejects.toThrow('refused');
  await expect(within(new Promise(() => undefined), SOON, 'nobody is ready')).rejects.toThrow(
    'The kernel plane needs a machine that answers: nobody is ready after 0.2 s',
  );
});
