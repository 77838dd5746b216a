import { hasControls } from '../base/index.ts';
import type { NetnsId } from '../linux/index.ts';

const folders = new Map([
  ['node', 'nodes'],
  ['pod', 'pods'],
  ['host', 'hosts'],
  ['internet', 'internet'],
]);
const kinds = new Map([...folders].map(([kind, folder]) => [folder, kind]));

/**
 * The folder of a namespace in a World folder: `node/a` -> `nodes/a`, `pod/ns/b` -> `pods/ns/b`. What a file system may
 * refuse (`:` of an IPv6 address, `..`) is percent-encoded.
 *
 * @example
 * folderOf('pod/packetlab/toolbox-a') // 'pods/packetlab/toolbox-a'
 */
export function folderOf(id: NetnsId): string {
  const [kind = '', ...rest] = id.split('/');
  return [folders.get(kind) ?? `other/${encode(kind)}`, ...rest.map(encode)].join('/');
}

/** The inverse of `folderOf`; undefined for a folder that is no namespace's. */
export function netnsOfFolder(folder: string): NetnsId | undefined {
  const segments = folder.split('/');
  const other = segments[0] === 'other';
  const head = other ? segments[1] : kinds.get(segments[0] ?? '');
  const rest = segments.slice(other ? 2 : 1);
  if (head === undefined || rest.length === 0 || (head === 'pod' && rest.length < 2)) return undefined;
  const decoded = rest.map(decode);
  const kind = other ? decode(head) : head;
  if (kind === undefined || decoded.includes(undefined) || decoded.includes('')) return undefined;
  return [kind, ...decoded].join('/') as NetnsId; // the brand's other constructor: an id read from a folder's name
}

const encode = (text: string): string =>
  encodeURIComponent(text)
    .replace(/^\.+$/, (dots) => dots.replaceAll('.', '%2E'))
    .replaceAll('*', '%2A');

function decode(text: string): string | undefined {
  try {
    const name = decodeURIComponent(text);
    return hasControls(name) ? undefined : name;
  } catch {
    return undefined;
  }
}
