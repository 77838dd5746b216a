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

/** Keys of actions, conditions and ports (pkg/ingress/config_types.go), by their lower case. */
const KEYS: ReadonlyMap<string, string> = new Map(
  `type redirectConfig fixedResponseConfig forwardConfig targetGroupARN targetGroupName protocol port host path query statusCode
  messageBody contentType targetGroups targetGroupStickinessConfig serviceName servicePort weight enabled durationSeconds field
  hostHeaderConfig pathPatternConfig httpHeaderConfig httpRequestMethodConfig queryStringConfig sourceIPConfig httpHeaderName
  values regexValues key value jwksEndpoint issuer additionalClaims format name port mode trustStore
  ignoreClientCertificateExpiry advertiseTrustStoreCaNames`
    .split(/\s+/)
    .map((key) => [key.toLowerCase(), key]),
);

/** The same with keys as they are spelled in the controller; a key it does not have stays. Of two for one the last counts. */
export function withKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withKeys);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [KEYS.get(key.toLowerCase()) ?? key, withKeys(each)]),
  );
}
