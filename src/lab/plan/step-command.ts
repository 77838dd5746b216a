import type { PlanStep } from './types.ts';

/** One process: what it is called with and what it reads. */
export interface Command {
  /** The planned namespace it runs in; undefined: the lab's root. */
  readonly netns: string | undefined;
  readonly argv: readonly [string, ...string[]];
  readonly stdin: string;
}

/** Where `ip netns` keeps names; in a lab a file system of its own lies over it. */
export const NETNS_DIR = '/var/run/netns';
/** Where a lab keeps what a namespace finds in /etc. */
export const ETC_DIR = '/var/run/packetwalk/etc';

/** Where the files are that a command in a namespace finds in /etc: its own, or those of a pod that lives in it. */
export const etcDir = (netns: string, pod?: string): string =>
  `${ETC_DIR}/${netns}${pod === undefined ? '' : `@${pod.replaceAll('/', '.')}`}`;

/** The process a step is. `ip` enters a namespace itself; for the other tools the executor does. */
export function stepCommand(step: PlanStep): Command {
  switch (step.kind) {
    case 'netns-add': {
      const stdin = step.names.map((name) => `netns add ${name}\n`).join('');
      return { netns: undefined, argv: ['ip', '-batch', '-'], stdin };
    }
    case 'ip-batch':
      return {
        netns: step.netns,
        argv: ['ip', `-${step.family}`, ...(step.force === true ? ['-force'] : []), '-batch', '-'],
        stdin: step.lines.map((line) => `${line}\n`).join(''),
      };
    case 'sysctl': {
      const stdin = step.values.map(([name, value]) => `${name} = ${value}\n`).join('');
      return { netns: step.netns, argv: ['sysctl', '-q', '-p', '-'], stdin };
    }
    case 'iptables-restore': {
      const tool = `${step.family === 4 ? 'iptables' : 'ip6tables'}-${step.flavour}-restore`;
      return { netns: step.netns, argv: [tool], stdin: step.text };
    }
    case 'ipset':
      return { netns: step.netns, argv: ['ipset', 'restore'], stdin: step.text };
    case 'nft':
      return { netns: step.netns, argv: ['nft', '-f', '-'], stdin: step.text };
    case 'conntrack':
      return {
        netns: step.netns,
        // It opens /dev/stdin by its name, which works for a pipe and not for a socket.
        argv: ['sh', '-c', 'cat | conntrack -R -'],
        stdin: step.lines.map((line) => `${line}\n`).join(''),
      };
    case 'etc-file': {
      const script = 'mkdir -p "$1" && cat > "$1/$2"';
      return {
        netns: undefined,
        argv: ['sh', '-c', script, 'sh', etcDir(step.netns, step.pod), step.name],
        stdin: step.text,
      };
    }
  }
}
