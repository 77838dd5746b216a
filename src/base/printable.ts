/** Characters that move a cursor, end a line or start an escape sequence (Unicode's category Cc). */
const CONTROL = /\p{Cc}/u;
const CONTROLS = /\p{Cc}/gu;
/** Line ends, tabs and the colours of this program (ECMA-48, SGR). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const OF_TEXT = /\n|\t|\u001b\[[0-9;]*m|(\p{Cc})/gu;

export const hasControls = (text: string): boolean => CONTROL.test(text);

const NAMES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const escaped = (character: string): string =>
  NAMES[character] ?? `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;

/**
 * Text of others as one line that does nothing but be read.
 *
 * @example
 * oneLine('web\n\u001b[2J') // 'web\\n\\u001b[2J'
 */
export const oneLine = (text: string): string => text.replace(CONTROLS, escaped);

/** An answer as a terminal may have it: lines and colours, and nothing else that a terminal would obey. */
export const forTerminal = (text: string): string =>
  text.replace(OF_TEXT, (found, control: string | undefined) => (control === undefined ? found : escaped(control)));
