/** A small fault in the model: what the code says, and what a tired engineer could have written instead. */
export interface Mutant {
  /** Below src/sim. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly from: string;
  readonly to: string;
  /** Why no test can tell it from the right code; a survivor without a reason is a hole in the suite. */
  readonly survives?: string;
}

/** Faults in one file. */
export const at =
  (file: string) =>
  (from: string, to: string, survives?: string): Mutant => ({
    file,
    from,
    to,
    ...(survives === undefined ? {} : { survives }),
  });
