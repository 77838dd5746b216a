import { parseDocument } from 'yaml';

/** The value a YAML scalar stands for: `3`, `true`, `null`, `"3"`, text. A list or map in flow style works as well. */
export function scalarOf(text: string): unknown {
  try {
    const document = parseDocument(text, { prettyErrors: false });
    return document.errors.length > 0 ? text : document.toJS({ maxAliasCount: 0 });
  } catch {
    return text;
  }
}
