import type { Command } from 'commander';
import { ownKinds } from '../../cluster/index.ts';
import { CommandError, type Io } from '../io.ts';
import { PORTED } from '../options.ts';
import { SHOWABLE } from './show.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
const ENDS = ['pod/', 'deploy/', 'svc/', 'node/', 'host/', 'internet', 'apiserver'];

/** What may stand where a verb has an argument of that name. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  from: ENDS,
  to: ENDS,
  where: ['pod/', 'node/', 'host/'],
  node: ['node/'],
  what: SHOWABLE,
  kind: [...ownKinds, 'TraceResult'],
  shell: SHELLS,
};

/** What an option of free text is asked for most. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  '--proto': PORTED,
  '--choice': ['all', 'first', 'seed:'],
};
const FILES: ReadonlySet<string> = new Set(['path', 'file', 'dir', 'folder', 'script']);

/** A verb, or a verb of a verb (`lab up`), as a shell has to know it. */
interface Verb {
  readonly name: string;
  readonly words: readonly string[];
  /** By the option in front of it, long and short: words, or files where none are known. */
  readonly values: readonly (readonly [flags: readonly string[], words: readonly string[] | 'files' | 'any'])[];
}

/** `completion bash|zsh|fish`: a script to source; verbs, options and their values, read from the program itself. */
export function completion(shell: string, program: Command, io: Io): number {
  const verbs = program.commands.flatMap((command) => [
    verbOf(command.name(), command),
    ...command.commands.map((inner) => verbOf(`${command.name()} ${inner.name()}`, inner)),
  ]);
  switch (shell) {
    case 'bash':
      io.stdout(bash(verbs));
      return 0;
    case 'zsh':
      io.stdout(`autoload -U +X bashcompinit && bashcompinit\n${bash(verbs)}`);
      return 0;
    case 'fish':
      io.stdout(fish(verbs));
      return 0;
    default:
      throw new CommandError(`No completion for "${shell}"; expected ${SHELLS.join(', ')}`);
  }
}

function verbOf(name: string, command: Command): Verb {
  const { options, registeredArguments } = command;
  const words = [
    ...command.commands.map((inner) => inner.name()),
    ...registeredArguments.flatMap((argument) => ARGUMENTS[argument.name()] ?? []),
    ...options.flatMap(({ long }) => long ?? []),
  ];
  const values = options
    .filter(({ required, optional }) => required || optional)
    .map(({ short, long, argChoices, flags }) => {
      const known = argChoices ?? VALUES[long ?? ''];
      const file = FILES.has(/<([^>]+)>/.exec(flags)?.[1] ?? '') ? 'files' : 'any';
      return [[short, long].filter((flag) => flag !== undefined), known ?? file] as const;
    });
  return { name, words: [...new Set(words)], values };
}

const topOf = (verbs: readonly Verb[]): readonly string[] =>
  verbs.map(({ name }) => name).filter((name) => !name.includes(' '));

const COMPLETE: Readonly<Record<'files' | 'any', string>> = {
  files: 'COMPREPLY=($(compgen -f -- "$current")); return',
  any: 'return',
};

function bash(verbs: readonly Verb[]): string {
  const nested = new Set(verbs.flatMap(({ name }) => (name.includes(' ') ? [name.slice(0, name.indexOf(' '))] : [])));
  const values = verbs.flatMap(({ name, values: of }) =>
    of.map(([flags, words]) => {
      const patterns = flags.map((flag) => `"${name} ${flag}"`).join('|');
      return `    ${patterns}) ${typeof words === 'string' ? COMPLETE[words] : `words="${words.join(' ')}"`} ;;`;
    }),
  );
  const words = verbs.map(({ name, words: of }) => `    "${name}") words="${of.join(' ')}" ;;`);
  return `_packetwalk() {
  local words="" current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" verb="\${COMP_WORDS[1]}"
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${topOf(verbs).join(' ')}" -- "$current"))
    return
  fi
  case "$verb" in ${[...nested].join('|')}) [ "$COMP_CWORD" -gt 2 ] && verb="$verb \${COMP_WORDS[2]}" ;; esac
  case "$verb $before" in
${values.join('\n')}
  esac
  if [ -z "$words" ]; then case "$verb" in
${words.join('\n')}
  esac; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o nospace -F _packetwalk packetwalk kubectl-packetwalk
`;
}

function fish(verbs: readonly Verb[]): string {
  const lines = [`complete -c packetwalk -n __fish_use_subcommand -f -a "${topOf(verbs).join(' ')}"`];
  for (const { name, words, values } of verbs) {
    const seen = name
      .split(' ')
      .map((word) => `__fish_seen_subcommand_from ${word}`)
      .join('; and ');
    const free = words.filter((word) => !word.startsWith('--'));
    if (free.length > 0) lines.push(`complete -c packetwalk -n "${seen}" -f -a "${free.join(' ')}"`);
    for (const long of words.filter((word) => word.startsWith('--'))) {
      const [, of] = values.find(([flags]) => flags.includes(long)) ?? [];
      const value =
        of === undefined ? '' : of === 'files' ? ' -r -F' : of === 'any' ? ' -x' : ` -x -a "${of.join(' ')}"`;
      lines.push(`complete -c packetwalk -n "${seen}" -l ${long.slice(2)}${value}`);
    }
  }
  return `${lines.join('\n')}\n`;
}
