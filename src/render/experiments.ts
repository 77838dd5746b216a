import type { Style } from './style.ts';

/** One command of a published experiment, and what each source gives for it. */
export interface Observation {
  readonly command: string;
  /** What the article printed; `...` in a line stands for whatever it left out. Absent: it has no such experiment. */
  readonly printed?: string;
  /** What the model gives. */
  readonly model: string;
  /** What the program printed on the kernel, where it was run. */
  readonly kernel?: string;
  /** What was run for it, where it is not the command as it stands. */
  readonly ranAs?: string;
  /** Why a lab did not run it. */
  readonly notRun?: string;
  /** Why the article differs, where it must. */
  readonly reason?: string;
  /** Why the kernel of a lab differs, where it must. */
  readonly labReason?: string;
}

export interface ObservedExperiment {
  readonly title: string;
  readonly observations: readonly Observation[];
}

interface Source {
  readonly label: string;
  readonly text: string;
}

const COMMAND_WIDTH = 76;

/**
 * Experiments as a reader compares them: an output that all sources give stands once, others stand under the names of
 * those that give them. The kernel and the model have to agree to the word, unless the lab itself is what differs; the article may leave
 * lines and parts out.
 */
export const renderExperiments = (experiments: readonly ObservedExperiment[], style: Style): string[] =>
  experiments.flatMap(({ title, observations }) => [
    style.strong(title),
    ...observations.flatMap((observation) => observationLines(observation, style)),
    '',
  ]);

function observationLines(observation: Observation, style: Style): string[] {
  const { command, printed, model, kernel, reason } = observation;
  const head = `  $ ${command}`.padEnd(COMMAND_WIDTH);
  const sources: readonly Source[] = [
    ...(printed === undefined ? [] : [{ label: 'article', text: printed }]),
    ...(kernel === undefined
      ? [{ label: 'computed', text: model }]
      : [
          { label: 'model', text: model },
          { label: 'kernel', text: kernel },
        ]),
  ];
  const groups = groupSame(sources);
  const lines = [head + verdict(observation, style)];
  const [only] = groups;
  const alone = groups.length === 1 && only !== undefined;
  const width = (alone ? 0 : Math.max(...groups.map(({ label }) => label.length), 'computed'.length)) + 2;
  if (alone) lines.push(...indent('    ', only.text));
  else for (const { label, text } of groups) lines.push(...indent(`    ${label.padEnd(width)}`, text));
  if (!alone && reason !== undefined) lines.push(`    ${'because'.padEnd(width)}${reason}`);
  return [...lines, ...labLines(observation, width, style)];
}

function labLines(observation: Observation, width: number, style: Style): string[] {
  const { ranAs, notRun, labReason } = observation;
  const line = (label: string, text: string): string =>
    style.faint(`    ${label.padEnd(Math.max(width, label.length + 2))}${text}`);
  return [
    ...(labReason === undefined || sameOnKernel(observation) ? [] : [line('in the lab', labReason)]),
    ...(ranAs === undefined ? [] : [line('run as', ranAs)]),
    ...(notRun === undefined ? [] : [line('not run', notRun)]),
  ];
}

function verdict(observation: Observation, style: Style): string {
  const { printed, model, kernel, reason } = observation;
  if (printed === undefined && kernel === undefined) return style.faint('computed only');
  if (!agrees(observation)) return style.bad('kernel and model differ');
  if (printed === undefined || covers(printed, model))
    return sameOnKernel(observation) ? style.good('same') : 'the lab differs, and must';
  return reason === undefined ? style.bad('differs') : 'differs, and must';
}

/** Whether the kernel says what the model says; or otherwise, and the lab is why. */
export const agrees = (observation: Observation): boolean =>
  sameOnKernel(observation) || observation.labReason !== undefined;

/** Whether the kernel, where it was asked, says what the model says, but for blanks. */
export const sameOnKernel = ({ model, kernel }: Observation): boolean =>
  kernel === undefined || normal(kernel) === normal(model);

/** Sources that give the same text but for its blanks share one entry under all their names: a program's own spacing stays. */
function groupSame(sources: readonly Source[]): readonly Source[] {
  const groups: Source[] = [];
  for (const { label, text } of sources) {
    const at = groups.findIndex((group) => normal(group.text) === normal(text));
    const group = groups[at];
    if (group === undefined) groups.push({ label, text });
    else groups[at] = { label: `${group.label}, ${label}`, text };
  }
  return groups;
}

const indent = (before: string, text: string): string[] => text.split('\n').map((line) => before + line);

const normal = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** Every printed line stands in the other text, whole or in its parts. */
function covers(printed: string, other: string): boolean {
  if (normal(printed) === normal(other)) return true;
  const lines = other.split('\n').map(normal);
  return printed.split('\n').every((line) => lines.some((each) => holdsInOrder(each, normal(line).split(' ... '))));
}

function holdsInOrder(line: string, parts: readonly string[]): boolean {
  let from = 0;
  for (const part of parts) {
    const at = line.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return true;
}
