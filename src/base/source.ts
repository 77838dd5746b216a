/** A place in a user's input. `line` and `column` count from 1; absent where the whole file is meant. */
export interface SourceRef {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** `cluster.yaml:5:13` */
export const showSource = (at: SourceRef): string =>
  [at.file, at.line, at.line === undefined ? undefined : at.column].filter((part) => part !== undefined).join(':');
