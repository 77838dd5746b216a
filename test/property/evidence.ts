import {
  parseIpJsonNeigh,
  parseIpJsonRoute,
  parseIpJsonRule,
  showNeighbours,
  showRoute,
  showRule,
} from '../../src/linux/index.ts';
import type { Evidence, Step, TraceResult } from '../../src/trace/index.ts';
import { ARTEFACT_FILES } from '../../src/world/artefact-names.ts';
import { type World, worldFiles } from '../../src/world/index.ts';

export type Lines = ReadonlyMap<string, readonly string[]>;

/** A World as its folder of files, line by line. */
export const linesOf = (world: World): Lines =>
  new Map([...worldFiles(world)].map(({ path, text }) => [path, text.split('\n')]));

export const stepsOf = (result: TraceResult): Step[] =>
  result.roundTrips.flatMap((trip) =>
    [trip.forward, ...(trip.reply === null ? [] : [trip.reply])].flatMap((trace) =>
      trace.hops.flatMap((hop) => hop.steps),
    ),
  );

/** Why a step's evidence is not to be found where it says; undefined when it is. */
export function evidenceProblem(files: Lines, { artefact, text }: Evidence): string | undefined {
  const { file, line } = artefact;
  const lines = files.get(file);
  const said = `${file}${line === undefined ? '' : `:${line}`} ("${text}")`;
  // An internet host nobody described is made for the walk, and lies in no folder.
  if (lines === undefined && file.startsWith('internet/')) return undefined;
  if (line === undefined)
    return lines === undefined && !isArtefact(files, file) ? `${said}: no such artefact` : undefined;
  if (lines === undefined) return `${said}: no such file`;
  const found = lines[line - 1];
  if (found === undefined || found === '') return `${said}: no such line`;
  const shown = showLine(file, found);
  return shown === text ? undefined : `${said}: the line reads "${shown}"`;
}

/** State that is empty at rest has no file: a connection table, neighbours. */
const isArtefact = (files: Lines, file: string): boolean => {
  const slash = file.lastIndexOf('/');
  const folder = file.slice(0, slash + 1);
  const known = (ARTEFACT_FILES as readonly string[]).includes(file.slice(slash + 1));
  return known && [...files.keys()].some((path) => path.startsWith(folder));
};

/** A line of an artefact as the tool prints it. */
function showLine(file: string, line: string): string {
  const entry = `[${line.replace(/,$/, '')}]`;
  const name = file.slice(file.lastIndexOf('/') + 1);
  if (name === 'ip-route.json')
    return parseIpJsonRoute(entry, file)
      .value.map((route) => showRoute(route))
      .join();
  if (name === 'ip-rule.json')
    return parseIpJsonRule(entry, file)
      .value.map((rule) => showRule(rule).replace('\t', ' '))
      .join();
  if (name === 'ip-neigh.json') return showNeighbours(parseIpJsonNeigh(entry, file).value).trim();
  if (name === 'ip-link.json') {
    const [link] = JSON.parse(entry) as readonly { ifindex: number; ifname: string; flags: string[]; mtu: number }[]; // iproute2's keys
    return `${link?.ifindex}: ${link?.ifname}: <${link?.flags.join(',')}> mtu ${link?.mtu}`;
  }
  return name === 'nft-list-ruleset' ? line.trim() : line;
}
