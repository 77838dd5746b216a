import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { commandLine } from './command-line.ts';

const script = commandLine(['completion', 'bash']).then(({ stdout }) => stdout);

/** What bash offers for the last of these words. */
async function offered(...words: readonly string[]): Promise<readonly string[]> {
  const line = words.map((word) => `'${word}'`).join(' ');
  const ask = `COMP_WORDS=(packetwalk ${line}); COMP_CWORD=${words.length}; _packetwalk; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', `${await script}\n${ask}`], { encoding: 'utf8' })
    .trim()
    .split('\n');
}

for (const [words, want] of [
  [['tr'], ['trace', 'traceroute']],
  [
    ['trace', '-o', ''],
    ['text', 'json', 'mermaid'],
  ],
  [['trace', '--plane', 'k'], ['kernel']],
  [
    ['traceroute', '--proto', 'ud'],
    ['udp', 'udplite'],
  ],
  [['trace', 's'], ['svc/']],
  [['show', 'node/a', 'ro'], ['route']],
  [['schema', 'Trace'], ['TraceResult']],
  [
    ['completion', ''],
    ['bash', 'zsh', 'fish'],
  ],
  [['lab', 'pro'], ['proof']],
  [['lab', 'up', '--na'], ['--name']],
  [
    ['compile', '-f', 'pack'],
    ['package.json', 'package-lock.json'],
  ],
  [['trace', '--size', ''], ['']],
] as const)
  test(`bash completes "packetwalk ${words.join(' ')}"`, async () => {
    expect((await offered(...words)).toSorted()).toEqual(want.toSorted());
  });

test('fish is told every verb and what its options take', async () => {
  const { stdout } = await commandLine(['completion', 'fish']);
  expect(stdout).toContain(`-n "__fish_seen_subcommand_from trace" -l plane -x -a "sim kernel both"`);
  expect(stdout).toContain(`-n "__fish_seen_subcommand_from lab; and __fish_seen_subcommand_from up" -l name -x`);
});
