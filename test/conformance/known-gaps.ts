/** What a plane is known to get wrong, or cannot do: a row, and the reason. docs/fidelity.md shows them. */
export interface KnownGap {
  readonly plane: 'sim' | 'kernel';
  readonly group: string;
  readonly put: string;
  readonly because: string;
}

export const KNOWN_GAPS: readonly KnownGap[] = [];
