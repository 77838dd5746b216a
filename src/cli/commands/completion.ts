import type { Command } from 'commander';
import { CommandError, type Io } from '../io.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** `completion bash|zsh|fish`: a script to source; verbs and long options, read from the program itself. */
export function completion(shell: string, program: Command, io: Io): number {
  const verbs = program.commands.map((command) => command.name());
  const options = new Map(
    program.commands.map((command) => [
      command.name(),
      command.options.map((option) => option.long ?? '').filter((long) => long !== ''),
    ]),
  );
  const kinds = 'pod/ deploy/ svc/ node/ host/ internet apiserver';
  switch (shell) {
    case 'bash':
      io.stdout(bash(verbs, options, kinds));
      return 0;
    case 'zsh':
      io.stdout(`autoload -U +X bashcompinit && bashcompinit\n${bash(verbs, options, kinds)}`);
      return 0;
    case 'fish':
      io.stdout(fish(verbs, options));
      return 0;
    default:
      throw new CommandError(`No completion for "${shell}"; expected ${SHELLS.join(', ')}`);
  }
}

function bash(verbs: readonly string[], options: ReadonlyMap<string, readonly string[]>, kinds: string): string {
  const cases = [...options].map(([verb, longs]) => `    ${verb}) words="${longs.join(' ')} ${kinds}" ;;`).join('\n');
  return `_packetwalk() {
  local words current="\${COMP_WORDS[COMP_CWORD]}"
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${verbs.join(' ')}" -- "$current"))
    return
  fi
  case "\${COMP_WORDS[COMP_CWORD-1]}" in -f|--file|-o) COMPREPLY=($(compgen -f -- "$current")); return ;; esac
  case "\${COMP_WORDS[1]}" in
${cases}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o nospace -F _packetwalk packetwalk kubectl-packetwalk
`;
}

function fish(verbs: readonly string[], options: ReadonlyMap<string, readonly string[]>): string {
  const lines = [`complete -c packetwalk -n __fish_use_subcommand -f -a "${verbs.join(' ')}"`];
  for (const [verb, longs] of options) {
    for (const long of longs)
      lines.push(`complete -c packetwalk -n "__fish_seen_subcommand_from ${verb}" -l ${long.replace(/^--/, '')}`);
  }
  return `${lines.join('\n')}\n`;
}
