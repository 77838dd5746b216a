/** What `options` of a resolv.conf say to glibc (resolv.conf(5); resolv/res_init.c, res_setoptions). */
export interface ResolverOptions {
  readonly ndots: number;
  /** How often the list of servers is gone through before a name is given up. */
  readonly attempts: number;
  /** Seconds the first server is waited for. */
  readonly timeout: number;
  /** Which server is asked first is drawn when a program starts, and the next time it is the next one. */
  readonly rotate: boolean;
  readonly tcp: boolean;
  /** AAAA is not asked for. */
  readonly noAaaa: boolean;
  /** A name without a dot is not asked for as it is, where there is a search list. */
  readonly noTld: boolean;
}

/** RES_MAXNDOTS, RES_MAXRETRY, RES_MAXRETRANS, RES_TIMEOUT and RES_DFLRETRY of glibc's resolv.h. */
const MOST = { ndots: 15, attempts: 5, timeout: 30 } as const;
const UNSET = { ndots: 1, attempts: 2, timeout: 5 } as const;

/** The last of an option counts. What glibc does not know it skips, and so do we; of the rest nothing changes who is asked what. */
export function resolverOptions(options: readonly string[]): ResolverOptions {
  const number = (word: keyof typeof MOST): number => {
    const last = options.findLast((option) => option.startsWith(`${word}:`));
    return last === undefined ? UNSET[word] : Math.min(atoi(last.slice(word.length + 1)), MOST[word]);
  };
  return {
    ndots: number('ndots'),
    attempts: number('attempts'),
    timeout: number('timeout'),
    rotate: options.includes('rotate'),
    tcp: options.includes('use-vc'),
    noAaaa: options.includes('no-aaaa'),
    noTld: options.includes('no-tld-query'),
  };
}

/** The digits a text begins with, else 0. */
const atoi = (text: string): number => Number(/^\d+/.exec(text)?.[0] ?? 0);

/** Seconds a datagram to the server at `at` of `count` is waited for (resolv/res_send.c, send_dg). */
export function waitFor({ timeout }: ResolverOptions, at: number, count: number): number {
  const seconds = timeout * 2 ** at;
  return Math.max(1, at > 0 ? Math.floor(seconds / count) : seconds);
}
