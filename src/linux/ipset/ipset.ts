import type { Issue, Parsed } from '../../base/index.ts';
import type { Family } from '../../net/index.ts';
import { dimensionsOf, parseElement, printElement } from './element.ts';
import type { IpSet, IpSetElement } from './types.ts';

/** Options of `create` that change nothing about what matches; each but the flags is followed by its value. */
const VALUED: ReadonlySet<string> = new Set(['family', 'hashsize', 'maxelem', 'bucketsize', 'initval', 'range']);
const FLAGS: ReadonlySet<string> = new Set(['counters', 'comment', 'skbinfo', 'forceadd']);

type Draft = { -readonly [K in keyof IpSet]: IpSet[K] } & { elements: IpSetElement[] };

/**
 * `ipset save` (ipset 7.17). A type, an option or an element this model does not know leaves its set there, and what asks it
 * undecided.
 */
export function parseIpsetSave(text: string, file: string): Parsed<readonly IpSet[]> {
  const issues: Issue[] = [];
  const sets = new Map<string, Draft>();
  const listed = text.split('\n').findIndex((line) => line.startsWith('Name: '));
  if (listed >= 0) {
    const message = 'The output of "ipset list" is not read';
    const at = { file, line: listed + 1 };
    return { value: [], issues: [{ code: 'bad-ipset', severity: 'error', at, message, hint: 'collect "ipset save"' }] };
  }
  text.split('\n').forEach((line, index) => {
    const report = (severity: Issue['severity'], message: string, hint?: string): void => {
      const at = { file, line: index + 1 };
      issues.push({ code: 'bad-ipset', severity, at, message, ...(hint === undefined ? {} : { hint }) });
    };
    const [verb = '', name = '', ...rest] = line.trim().split(/\s+/);
    if (verb === '' || verb.startsWith('#')) return;
    if (verb === 'create' && rest[0] !== undefined) {
      if (sets.has(name)) report('error', `Set "${name}" is created twice`);
      else sets.set(name, created(name, rest[0], rest.slice(1), line.trim(), report));
    } else if (verb === 'add' && rest.length > 0) add(sets.get(name), name, rest.join(' '), line.trim(), report);
    else report('error', `Cannot read "${line.trim().slice(0, 60)}" (expected "create NAME TYPE" or "add NAME ENTRY")`);
  });
  return { value: [...sets.values()], issues };
}

type Report = (severity: Issue['severity'], message: string, hint?: string) => void;

const UNDECIDED = 'a walk that has to ask this set ends "unknown"';

function created(name: string, type: string, words: readonly string[], line: string, report: Report): Draft {
  const unknown = dimensionsOf(type) === undefined || words.some((word, at) => !isKnown(word, words[at - 1]));
  if (unknown) report('warning', `Cannot evaluate "${line}"`, UNDECIDED);
  return { name, type, options: words.join(' '), elements: [], ...(unknown ? { unsupported: line } : {}) };
}

const isKnown = (word: string, before: string | undefined): boolean =>
  FLAGS.has(word) || VALUED.has(word) || (before !== undefined && VALUED.has(before));

function add(set: Draft | undefined, name: string, entry: string, line: string, report: Report): void {
  if (set === undefined) {
    report('error', `Set "${name}" is not created before something is added to it`);
    return;
  }
  const element = parseElement(entry, set.type, familyOfSet(set));
  if (element !== undefined) set.elements.push(element);
  else if (set.unsupported === undefined) {
    report('warning', `Cannot evaluate "${line}"`, UNDECIDED);
    set.unsupported = line;
  }
}

/** `family inet6`, else IPv4. A `bitmap:port` has none and takes both. */
export const familyOfSet = ({ options }: Pick<IpSet, 'options'>): Family => (/\bfamily inet6\b/.test(options) ? 6 : 4);

/** `ipset save`: each set, then what is in it. */
export const printIpsetSave = (sets: readonly IpSet[]): string =>
  sets
    .map(
      (set) =>
        `create ${set.name} ${set.type}${set.options === '' ? '' : ` ${set.options}`}\n` +
        set.elements.map((element) => `add ${set.name} ${printElement(element)}\n`).join(''),
    )
    .join('');

/** `ipset list`, without what only a kernel knows: its revision, its size and who refers to the set. */
export const showIpsets = (sets: readonly IpSet[]): string =>
  sets
    .map(({ name, type, options, elements }) =>
      [
        `Name: ${name}`,
        `Type: ${type}`,
        `Header: ${options}`,
        `Number of entries: ${elements.length}`,
        'Members:',
        ...elements.map(printElement),
        '',
      ].join('\n'),
    )
    .join('\n');
