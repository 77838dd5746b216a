import { countJson, type Issue } from '../base/index.ts';
import type { InputFile } from './classify.ts';

/** Scalars, lists and maps of one artefact in JSON: 30,000 pods of a fabric have about 400,000. */
const MAX_VALUES = 4_000_000;
/** Rules, settings or connections of one artefact in text: a node of 10,000 Services has about 200,000 rules. */
const MAX_LINES = 2_000_000;

/** The first artefact that holds more than a node or a fabric can: counted in its text, before any of it is built. */
export function beyondBounds(artefacts: readonly InputFile[]): Issue | undefined {
  for (const { path, text } of artefacts) {
    const isJson = /^\s*[{[]/.test(text);
    const [count, limit] = isJson ? [countJson(text, MAX_VALUES).values, MAX_VALUES] : [countLines(text), MAX_LINES];
    if (count > limit) {
      const message = `File has more than ${limit} ${isJson ? 'values' : 'lines'}`;
      return { code: isJson ? 'too-many-values' : 'too-many-lines', severity: 'error', at: { file: path }, message };
    }
  }
  return undefined;
}

function countLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0 && count <= MAX_LINES; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
