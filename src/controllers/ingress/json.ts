/** Values of JSON texts inside annotations. Their keys are read through `isRecord` objects without inherited ones. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function textsOf(values: readonly unknown[]): readonly string[] | undefined {
  const texts = values.filter((value) => typeof value === 'string');
  return texts.length === values.length ? texts : undefined;
}

export const textOf = (record: Readonly<Record<string, unknown>>, key: string): string | undefined => {
  const value = Object.hasOwn(record, key) ? record[key] : undefined;
  return typeof value === 'string' ? value : undefined;
};
