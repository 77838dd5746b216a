/** How words are set off. The command line passes terminal colours; everything else prints plain text. */
export interface Style {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
}

const same = (text: string): string => text;

export const plain: Style = { good: same, bad: same, strong: same, faint: same };
