import type { Issue, Parsed } from '../../base/index.ts';
import { withPlaces } from '../written.ts';
import { JsonFields } from './json-fields.ts';
import { type JsonEntry, printJsonLines, readJsonEntries } from './json-lines.ts';
import type { Neighbour } from './types.ts';

const IGNORED = [
  'router',
  'protocol',
  'probes',
  'used',
  'confirmed',
  'updated',
  'refcnt',
  'extern_learn',
  'offload',
  'managed',
];

/** `ip -j neigh` (iproute2 6.1, ip/ipneigh.c print_neigh). */
export function parseIpJsonNeigh(text: string, file: string): Parsed<Neighbour[]> {
  const entries = readJsonEntries(text, file);
  const issues: Issue[] = [...entries.issues];
  const read = entries.value.flatMap((entry) => {
    const item = readNeighbour(entry, issues);
    return item === undefined ? [] : [{ item, line: entry.line }];
  });
  return { value: withPlaces(read, file, 'ip-neigh.json'), issues };
}

function readNeighbour(entry: JsonEntry, issues: Issue[]): Neighbour | undefined {
  const fields = new JsonFields(entry, issues);
  const dst = fields.require(fields.ip('dst'), 'dst');
  const dev = fields.require(fields.text('dev'), 'dev');
  const lladdr = fields.mac('lladdr');
  const state = fields.texts('state')?.[0] ?? 'NONE';
  if (fields.has('proxy')) fields.warn('A proxy entry is not modelled');
  fields.raw('proxy');
  fields.warnAboutRest(IGNORED);
  if (fields.failed || dst === undefined || dev === undefined) return undefined;
  return { dst, dev, ...(lladdr === undefined ? {} : { lladdr }), state };
}

/** One neighbour a line, with the keys of `ip -j neigh`. */
export const printIpJsonNeigh = (neighbours: readonly Neighbour[]): string =>
  printJsonLines(neighbours.map(neighbourJson));

export const neighbourJson = ({ dst, dev, lladdr, state }: Neighbour): unknown => ({
  dst,
  dev,
  ...(lladdr === undefined ? {} : { lladdr }),
  state: [state],
});

/** `10.0.1.9 dev eth0 lladdr 02:00:00:00:00:01 PERMANENT` */
export const showNeighbour = ({ dst, dev, lladdr, state }: Neighbour): string =>
  [dst, 'dev', dev, ...(lladdr === undefined ? [] : ['lladdr', lladdr]), state].join(' ');

/** `ip neigh`. */
export const showNeighbours = (neighbours: readonly Neighbour[]): string =>
  neighbours.map((neighbour) => `${showNeighbour(neighbour)}\n`).join('');
