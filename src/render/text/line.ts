/** One printed line of a walk: what happened, and in the right-hand column who says so. */
export interface Line {
  readonly label: string;
  readonly text: string;
  readonly note: string;
  readonly bad: boolean;
}
