import { oneLine } from '../../base/index.ts';
import { type Command, stepCommand } from './step-command.ts';
import type { LabPlan } from './types.ts';

/**
 * A plan as the commands that carry it out, in order: what a person would type as root in an empty network namespace with a
 * file system of its own over /var/run. Text goes in by here-documents, so it can be read line by line.
 */
export function printPlan({ namespaces, phases, gaps }: LabPlan): string {
  const lines = namespaces.map(({ name, label }) => `# ${name.padEnd(15)}  ${oneLine(label)}`);
  for (const { title, steps } of phases) {
    lines.push('', `### ${oneLine(title)}`);
    for (const step of steps) lines.push(...commandLines(stepCommand(step)));
  }
  lines.push('', ...(gaps.length === 0 ? ['### nothing of the World is left out'] : ['### not held']));
  for (const { where, what, because } of gaps) lines.push(`# ${oneLine(`${where}: ${what}: ${because}`)}`);
  return `${lines.join('\n')}\n`;
}

function commandLines({ netns, argv, stdin }: Command): readonly string[] {
  const enter = netns === undefined ? [] : ['ip', 'netns', 'exec', netns];
  const [tool, ...rest] = argv;
  const words = tool === 'ip' && netns !== undefined ? ['ip', '-n', netns, ...rest] : [...enter, ...argv];
  const text = stdin.replace(/\n$/, '');
  const end = endOf(text);
  return [`${words.map(quote).join(' ')} <<'${end}'`, text, end];
}

/** What ends a here-document: dots, more of them than any line of the text is made of. */
function endOf(text: string): string {
  const lines = new Set(text.split('\n').filter((line) => line.startsWith('.')));
  let end = '.';
  while (lines.has(end)) end += '.';
  return end;
}

const quote = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
