/** Who wrote a fabric line: shown as evidence. */
export interface FabricOrigin {
  readonly by: string;
  readonly at?: { readonly file: string; readonly line?: number; readonly column?: number };
}
