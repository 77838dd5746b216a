import type { Issue, Parsed } from '../base/index.ts';
import {
  kernelRoutes,
  kernelRules,
  LOCAL_TABLE,
  type Netns,
  type NetnsId,
  notWritten,
  toldSockets,
  type Unmodelled,
} from '../linux/index.ts';
import { checkWorld } from './check-world.ts';
import { type Decode, DecodeContext } from './decode.ts';
import { decodeDirectory, decodeHeader, EMPTY_DIRECTORY } from './directory-json.ts';
import { decodeFabric, EMPTY_FABRIC } from './fabric-json.ts';
import { netnsOfFolder } from './folder.ts';
import { completeNetns, decodeText, type NamedText, readArtefacts } from './read-netns.ts';
import type { World } from './types.ts';
import { toldTables, unsaidRoutes } from './unsaid-routes.ts';
import { takenDefaults, unsaidSettings } from './unsaid-settings.ts';
import { unsaidTables } from './unsaid-tables.ts';

/** What every collection of a namespace has: without one of these the folder was not copied whole. */
const EXPECTED = [
  'ip-link.json',
  'ip-addr.json',
  'ip-route.json',
  'ip-rule.json',
  'iptables-save',
  'sysctl',
  'ss',
] as const;

/**
 * The World that `worldFiles` wrote, after any edit. Paths are relative to the World's folder; `root` is what the user
 * calls that folder, and stands before them in issues. Broken entries are left out, each with an issue; nothing throws.
 */
export function readWorld(files: ReadonlyMap<string, string>, root = ''): Parsed<World> {
  const issues: Issue[] = [];
  const named = (path: string): string => (root === '' ? path : `${root.replace(/\/$/, '')}/${path}`);
  const top = <T>(path: string, decode: Decode<T>): T | undefined => {
    const text = files.get(path);
    if (text === undefined) {
      issues.push({
        code: 'missing-file',
        severity: 'error',
        at: { file: named(path) },
        message: `No "${path}" in this World folder`,
      });
      return undefined;
    }
    const decoded = decodeText(text, named(path), decode);
    issues.push(...decoded.issues);
    return decoded.value;
  };
  const header = top('world.json', decodeHeader);
  const fabric = top('fabric.json', decodeFabric) ?? EMPTY_FABRIC;
  const directory = top('directory.json', decodeDirectory) ?? EMPTY_DIRECTORY;
  const netns = new Map<NetnsId, Netns>();
  const nodes = new Set(directory.nodes.map(({ netns: id }) => id));
  for (const [folder, artefacts] of byFolder(files, named, issues)) {
    const id = netnsOfFolder(folder);
    if (id !== undefined) netns.set(id, readFolder(id, named(folder), artefacts, nodes.has(id), issues));
  }
  const assumptions = [...(header?.assumptions ?? []), ...takenDefaults(netns.values())];
  const world: World = { name: header?.name ?? '', netns, fabric, directory, assumptions };
  issues.push(...checkWorld(world, locator(files, named), true));
  return { value: world, issues };
}

function byFolder(
  files: ReadonlyMap<string, string>,
  named: (path: string) => string,
  issues: Issue[],
): ReadonlyMap<string, Map<string, NamedText>> {
  const folders = new Map<string, Map<string, NamedText>>();
  for (const [path, text] of files) {
    const slash = path.lastIndexOf('/');
    const folder = path.slice(0, Math.max(slash, 0));
    if (slash < 0 && ['world.json', 'fabric.json', 'directory.json'].includes(path)) continue;
    if (slash < 0 || netnsOfFolder(folder) === undefined) {
      issues.push({
        code: 'unknown-file',
        severity: 'warning',
        at: { file: named(path) },
        message: `Unknown file "${path}" is not read`,
      });
      continue;
    }
    const known = folders.get(folder) ?? new Map<string, NamedText>();
    known.set(path.slice(slash + 1), { path: named(path), text });
    folders.set(folder, known);
  }
  return folders;
}

function readFolder(
  id: NetnsId,
  folder: string,
  artefacts: ReadonlyMap<string, NamedText>,
  isNode: boolean,
  issues: Issue[],
): Netns {
  const read = readArtefacts(artefacts);
  for (const issue of read.issues) issues.push(issue);
  const unmodelled: Unmodelled[] = [];
  for (const name of EXPECTED) {
    if (artefacts.has(name)) continue;
    const file = `${folder}/${name}`;
    const what = `${file} is missing from the World folder: what it would say is not known`;
    unmodelled.push({ scope: { kind: name === 'ss' ? 'sockets' : 'netns' }, what, at: { file } });
    issues.push({
      code: 'missing-file',
      severity: 'warning',
      at: { file },
      message: `No "${name}" for ${id}: a walk that ${name === 'ss' ? 'asks who listens there' : 'passes it'} ends unknown`,
    });
  }
  const rules = read.value.rules ?? [...kernelRules(4), ...kernelRules(6)];
  const collected = completeNetns(id, { ...read.value, rules });
  const netns = withLocal(collected);
  const unsaid = artefacts.has('sysctl') ? unsaidSettings(netns, `${folder}/sysctl`) : [];
  const tables = unsaidTables(artefacts, read.value, isNode);
  for (const issue of tables.issues) issues.push(issue);
  const known = new Set(netns.unmodelled.map(keyOf));
  const whole = artefacts.has('ip-route.json') && artefacts.has('ip-rule.json');
  const routes = whole ? unsaidRoutes(collected, folder) : [];
  const sockets = unsaidSockets(artefacts.get('ss'), netns, folder);
  const open = [...unsaid, ...tables.unmodelled, ...routes, ...sockets];
  for (const { what, at } of [...routes, ...sockets])
    issues.push({
      code: 'dump-incomplete',
      severity: 'warning',
      at: at ?? { file: folder },
      message: what,
      hint: WHOLE,
    });
  const found = open.filter((each) => !known.has(keyOf(each)));
  return { ...netns, unmodelled: [...netns.unmodelled, ...unmodelled, ...found] };
}

/** What an entry is about: one the folder had is not said again. */
const keyOf = ({ scope }: Unmodelled): string => JSON.stringify(Object.entries(scope).toSorted());

/** Routes of main alone: the kernel's own of table local stand beside them, which no namespace with addresses lacks. */
function withLocal(netns: Netns): Netns {
  const { routes, addresses, links } = netns;
  const lacking = ([4, 6] as const).filter((family) => toldTables(routes, family) === 'main');
  if (lacking.length === 0) return netns;
  const local = kernelRoutes(addresses, links).filter(
    ({ family, table }) => table === LOCAL_TABLE && lacking.includes(family),
  );
  return { ...netns, routes: [...routes, ...notWritten(local, 'ip-route.json')] };
}

/** Protocols a text of ss was not asked for. */
function unsaidSockets(file: NamedText | undefined, { sockets }: Netns, folder: string): readonly Unmodelled[] {
  const { told, ofOne } = toldSockets(file?.text ?? '', sockets);
  if (file === undefined || !ofOne) return [];
  const at = { file: `${folder}/ss` };
  return (['tcp', 'udp', 'udplite', 'sctp'] as const)
    .filter((protocol) => !told.has(protocol))
    .map((protocol) => ({
      scope: { kind: 'sockets', protocol },
      what: `${at.file} tells nothing of ${protocol}: who listens is not known`,
      at,
    }));
}

const WHOLE = 'collect "ip -j route show table all", "ip -j rule" with "ip -j -6 rule" behind it, and "ss -Hlntup"';

/** Lines of fabric.json and directory.json, for reference checks. */
function locator(files: ReadonlyMap<string, string>, named: (path: string) => string) {
  const contexts = new Map<string, DecodeContext>();
  return (file: string, path: string) => {
    let context = contexts.get(file);
    if (context === undefined) {
      context = new DecodeContext(named(file), files.get(file) ?? '');
      contexts.set(file, context);
    }
    return context.at(path);
  };
}
