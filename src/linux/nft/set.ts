import { durationText, parseDuration } from './duration.ts';
import { parseElements, printElement } from './element.ts';
import type { NftDatatype, NftElement, NftSet } from './types.ts';

const DATATYPES: ReadonlySet<string> = new Set<NftDatatype>([
  'ipv4_addr',
  'ipv6_addr',
  'inet_proto',
  'inet_service',
  'ifname',
  'mark',
  'fib_addrtype',
  'ct_state',
]);
const isDatatype = (text: string): text is NftDatatype => DATATYPES.has(text);

/**
 * A set or map from its declaration's statements; undefined where it has a type, a property or an element the model does not
 * read (`typeof`, maps to addresses, counters in elements).
 */
export function parseSet(kind: 'set' | 'map', name: string, lines: readonly string[]): NftSet | undefined {
  const properties = propertiesOf(lines);
  const { type: typeText = '', elements: elementsText, flags = '', size, timeout, comment, ...rest } = properties;
  const { 'gc-interval': gc, 'auto-merge': autoMerge, ...unread } = rest;
  const [keyText = '', data] = typeText.split(' : ');
  const type = keyText.split(' . ');
  if (Object.keys(unread).length > 0 || !type.every(isDatatype) || data !== (kind === 'map' ? 'verdict' : undefined))
    return undefined;
  const elements = elementsText === undefined ? [] : parseElements(elementsText, type, kind === 'map');
  const [lasting, sweeping] = [timeout, gc].map((text) => (text === undefined ? undefined : parseDuration(text)));
  if (elements === undefined || (timeout !== undefined && lasting === undefined)) return undefined;
  return {
    kind: kind === 'map' ? 'vmap' : 'set',
    name,
    type,
    ...(size === undefined ? {} : { size: Number(size) }),
    flags: flags === '' ? [] : flags.split(',').map((flag) => flag.trim()),
    ...(lasting === undefined ? {} : { timeout: lasting }),
    ...(sweeping === undefined ? {} : { gcInterval: sweeping }),
    autoMerge: autoMerge !== undefined,
    ...(comment === undefined ? {} : { comment: comment.slice(1, -1) }),
    elements,
  };
}

/** `type ipv4_addr`, `elements = { ... }`, by their first word. */
function propertiesOf(lines: readonly string[]): Record<string, string | undefined> {
  const properties = new Map<string, string>();
  for (const line of lines) {
    const elements = /^elements = \{(.*)\}$/.exec(line)?.[1];
    const [, word = '', value = ''] = /^(\S+)\s*(.*)$/.exec(line) ?? [];
    // What is said twice the kernel adds up, or takes the last of: it is one property nobody reads.
    const name = elements === undefined ? word : 'elements';
    properties.set(properties.has(name) ? `${name} again` : name, elements ?? value);
  }
  return Object.fromEntries(properties);
}

/** The declaration as `nft list` prints it, indented as an object of a table. */
export function printSet(set: NftSet): string {
  const { kind, name, type, size, flags, timeout, gcInterval, autoMerge, comment, elements } = set;
  const lines = [
    `type ${type.join(' . ')}${kind === 'vmap' ? ' : verdict' : ''}`,
    ...(size === undefined ? [] : [`size ${size}`]),
    ...(flags.length === 0 ? [] : [`flags ${flags.join(',')}`]),
    ...(timeout === undefined ? [] : [`timeout ${durationText(timeout)}`]),
    ...(gcInterval === undefined ? [] : [`gc-interval ${durationText(gcInterval)}`]),
    ...(autoMerge ? ['auto-merge'] : []),
    ...(comment === undefined ? [] : [`comment "${comment}"`]),
    ...(elements.length === 0 ? [] : [`elements = { ${printElements(elements, type)} }`]),
  ];
  return `\t${kind === 'vmap' ? 'map' : 'set'} ${name} {\n${lines.map((line) => `\t\t${line}\n`).join('')}\t}\n`;
}

/** So many elements stand on one line (src/expression.c, calculate_delim). */
function perLine(type: readonly NftDatatype[]): number {
  if (type.length > 1) return 1;
  switch (type[0]) {
    case 'inet_proto':
    case 'inet_service':
    case 'mark':
    case 'integer':
      return 5;
    case 'ipv4_addr':
      return 2;
    default:
      return 1;
  }
}

function printElements(elements: readonly NftElement[], type: readonly NftDatatype[]): string {
  const many = perLine(type);
  return elements
    .map((element, at) => {
      const text = printElement(element, type);
      return at === 0 ? text : `${at % many === 0 ? ',\n\t\t\t     ' : ', '}${text}`;
    })
    .join('');
}
