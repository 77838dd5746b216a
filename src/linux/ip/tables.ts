import { DEFAULT_TABLE, LOCAL_TABLE, MAIN_TABLE } from './types.ts';

/** /etc/iproute2/rt_tables as distributed. */
const names = new Map<string, number>([
  ['local', LOCAL_TABLE],
  ['main', MAIN_TABLE],
  ['default', DEFAULT_TABLE],
]);
const byNumber = new Map([...names].map(([name, number]) => [number, name]));

export const tableName = (table: number): string => byNumber.get(table) ?? String(table);

export function parseTable(text: string): number | undefined {
  const named = names.get(text);
  if (named !== undefined) return named;
  return /^\d{1,10}$/.test(text) && Number(text) < 2 ** 32 ? Number(text) : undefined;
}

/** A name of another /etc/iproute2/rt_tables, which alone says its number. */
export const isTableName = (word: string): boolean => /^[A-Za-z][\w.-]*$/.test(word) && !names.has(word);
