/** What to do about a blocker, and the flags that do it for a re-walk. */
export interface Advice {
  readonly fix: string;
  readonly setFlags: readonly string[];
}

export const advice = (fix: string, ...setFlags: string[]): Advice => ({ fix, setFlags });
