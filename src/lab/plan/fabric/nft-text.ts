/** Text for `nft -f`: blocks on lines of their own, as version 1.0.6 wants them. */
export const block = (head: string, body: readonly string[]): readonly string[] => [
  `${head} {`,
  ...body.map((line) => `\t${line}`),
  '}',
];

/** A set or map. Left out elements: an empty one is written without, which nft wants. */
export function collection(
  kind: 'set' | 'map',
  name: string,
  type: string,
  elements: readonly string[],
  interval = false,
): readonly string[] {
  return block(`${kind} ${name}`, [
    `type ${type}`,
    ...(interval ? ['flags interval'] : []),
    ...(elements.length === 0 ? [] : ['elements = {', ...elements.map((element) => `\t${element},`), '}']),
  ]);
}

export const table = (family: string, name: string, parts: readonly (readonly string[])[]): string =>
  `${block(`table ${family} ${name}`, parts.flat()).join('\n')}\n`;

/** Names of ours hold what nft reads as an operator: only letters, digits and `_` stay. */
export const identifier = (name: string): string => name.replaceAll(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d)/, '_');
