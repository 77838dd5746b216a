import type { Observation } from '../../render/index.ts';
import type { Argv, Kernel } from './kernel.ts';

/** What the kernel gave, and what was run where it is not what the article ran; or why nothing was. */
export type Answer = { readonly text: string; readonly ranAs?: string } | { readonly notRun: string };

export interface Question {
  /** The command as the article shows it. */
  readonly command: string;
  readonly printed?: string;
  readonly model: string;
  readonly where: string;
  /** The first of these commands that is installed here, or whatever else it takes. */
  readonly run: Argv | readonly Argv[] | ((kernel: Kernel) => Promise<Answer>);
  /** The part that is compared, cut out of both texts the same way. */
  readonly cut?: (text: string) => string;
  readonly reason?: string;
  readonly labReason?: string;
}

/** One command of an experiment: the article's print, the model's text and, with a lab, what the kernel gave. */
export async function observe(kernel: Kernel | undefined, question: Question): Promise<Observation> {
  const { command, printed, model, reason, labReason, cut = tidy } = question;
  return {
    command,
    ...(printed === undefined ? {} : { printed }),
    model: cut(model),
    ...(kernel === undefined ? {} : await answer(kernel, question, cut)),
    ...(reason === undefined ? {} : { reason }),
    ...(labReason === undefined || kernel === undefined ? {} : { labReason }),
  };
}

/** One after the other: a lab has one conntrack table a node, and what is asked may change it. */
export async function observeAll(
  kernel: Kernel | undefined,
  questions: readonly Question[],
): Promise<readonly Observation[]> {
  const observations: Observation[] = [];
  for (const question of questions) observations.push(await observe(kernel, question));
  return observations;
}

async function answer(
  kernel: Kernel,
  { command, where, run }: Question,
  cut: (text: string) => string,
): Promise<Pick<Observation, 'kernel' | 'ranAs' | 'notRun'>> {
  if (typeof run === 'function') {
    const given = await run(kernel);
    if ('notRun' in given) return given;
    const { text, ranAs } = given;
    return { kernel: cut(text), ...(ranAs === undefined ? {} : { ranAs }) };
  }
  const choices = isArgv(run) ? [run] : run;
  const argv = choices.find(([tool]) => kernel.has(tool));
  if (argv === undefined) return notInstalled(...choices.map(([tool]) => tool));
  const line = argv.join(' ');
  const text = await output(kernel, where, argv);
  return { kernel: cut(text), ...(command.startsWith(line) ? {} : { ranAs: line }) };
}

export const notInstalled = (...tools: readonly string[]): { readonly notRun: string } => ({
  notRun: `not installed here: ${tools.join(', ')}`,
});

const isArgv = (run: Argv | readonly Argv[]): run is Argv => typeof run[0] === 'string';

/** What a command printed; one that failed without a word to say is known by its status. */
export async function output(kernel: Kernel, where: string, argv: Argv): Promise<string> {
  const { status, stdout, stderr } = await kernel.run(where, argv);
  if (status === 0 || stdout.trim() !== '') return stdout;
  return `exit ${status}: ${stderr.trim()}`;
}

/** Without the blanks some tools print at the end of a line. */
export const tidy = (text: string): string =>
  text
    .trim()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');

/** Lines of `text` that hold `part`, without their indentation. A command's failure is kept: it is an answer. */
export const grep =
  (part: string) =>
  (text: string): string =>
    text
      .split('\n')
      .filter((line) => line.includes(part) || line.startsWith('exit '))
      .map((line) => line.trim())
      .join('\n');
