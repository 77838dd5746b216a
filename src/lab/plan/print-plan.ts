import { type Command, stepCommand } from './step-command.ts';
import type { LabPlan } from './types.ts';

/**
 * A plan as the commands that carry it out, in order: what a person would type as root in an empty network namespace with a
 * file system of its own over /var/run. Text goes in by here-documents, so it can be read line by line.
 */
export function printPlan({ namespaces, phases, gaps }: LabPlan): string {
  const lines = namespaces.map(({ name, label }) => `# ${name.padEnd(15)}  ${label}`);
  for (const { title, steps } of phases) {
    lines.push('', `### ${title}`);
    for (const step of steps) lines.push(...commandLines(stepCommand(step)));
  }
  lines.push('', ...(gaps.length === 0 ? ['### nothing of the World is left out'] : ['### not held']));
  for (const { where, what, because } of gaps) lines.push(`# ${where}: ${what}: ${because}`);
  return `${lines.join('\n')}\n`;
}

function commandLines({ netns, argv, stdin }: Command): readonly string[] {
  const enter = netns === undefined ? [] : ['ip', 'netns', 'exec', netns];
  const [tool, ...rest] = argv;
  const words = tool === 'ip' && netns !== undefined ? ['ip', '-n', netns, ...rest] : [...enter, ...argv];
  return [`${words.map(quote).join(' ')} <<'.'`, stdin.replace(/\n$/, ''), '.'];
}

const quote = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
