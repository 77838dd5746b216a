import type { Mac } from '../../net/index.ts';
import { macFromBytes } from '../../net/index.ts';
import { fnv1a } from './names.ts';

/** One end of a veth pair. */
export interface CableEnd {
  /** The planned namespace's name. */
  readonly netns: string;
  readonly dev: string;
  /** The World's; a device of the fabric takes the next one its namespace has. */
  readonly ifindex: number | undefined;
  readonly mac: Mac;
  readonly mtu: number;
  readonly up: boolean;
}

/** A veth pair: `a` is up as soon as it exists, `b` is raised afterwards (a peer cannot be while its pair is made). */
export interface Cable {
  readonly a: CableEnd;
  readonly b: CableEnd;
}

/** `link add ...`: both ends under their names, in their namespaces, with index, address and MTU (ip-link(8), veth). */
export function cableWords({ a, b }: Cable): readonly (string | number | undefined)[] {
  return ['link', 'add', ...endWords(a), a.up ? 'up' : undefined, 'type', 'veth', 'peer', ...endWords(b)];
}

const endWords = ({ dev, ifindex, mac, mtu, netns }: CableEnd): readonly (string | number)[] => [
  'name',
  dev,
  ...(ifindex === undefined ? [] : ['index', ifindex]),
  'address',
  mac,
  'mtu',
  mtu,
  'netns',
  netns,
];

/** A MAC of the lab's own, the same for the same name: locally administered, unicast. */
export function macFor(name: string): Mac {
  const hash = fnv1a(name);
  return macFromBytes([
    2,
    fnv1a(`${name}'`) & 0xff,
    hash >>> 24,
    (hash >>> 16) & 0xff,
    (hash >>> 8) & 0xff,
    hash & 0xff,
  ]);
}
