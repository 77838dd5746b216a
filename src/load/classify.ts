import { artefactOf } from '../world/index.ts';

/** One text of the input. `path` is how the user named it, or where a folder holds it. */
export interface InputFile {
  readonly path: string;
  readonly text: string;
}

export interface Classified {
  /** Folders with a `world.json`: what `compile -o` wrote. Paths inside are relative to the root. */
  readonly worlds: readonly { readonly root: string; readonly files: ReadonlyMap<string, string> }[];
  /** Artefacts of single nodes, by the name of the folder that holds them. */
  readonly dumps: readonly { readonly node: string; readonly files: ReadonlyMap<string, InputFile> }[];
  /** Everything else: YAML and JSON documents. */
  readonly documents: readonly InputFile[];
}

/** Sorts texts by what they are: a World folder, a node's dump, or documents. Decided by file names alone. */
export function classify(files: readonly InputFile[]): Classified {
  const roots = files.filter((file) => base(file.path) === 'world.json').map((file) => folder(file.path));
  const worlds = roots.map((root) => ({ root, files: new Map<string, string>() }));
  const dumps = new Map<string, Map<string, InputFile>>();
  const documents: InputFile[] = [];
  for (const file of files) {
    const world = worlds.find(({ root }) => root === '' || file.path.startsWith(`${root}/`));
    if (world !== undefined) {
      world.files.set(world.root === '' ? file.path : file.path.slice(world.root.length + 1), file.text);
      continue;
    }
    const name = artefactOf(base(file.path));
    if (name === undefined || folder(file.path) === '') {
      documents.push(file);
      continue;
    }
    const node = base(folder(file.path));
    const known = dumps.get(node) ?? new Map<string, InputFile>();
    dumps.set(node, known);
    const earlier = known.get(name);
    known.set(name, file);
    // One artefact under two names of a folder: the one with an ending is told of as a file nobody reads.
    if (earlier === undefined || folder(earlier.path) !== folder(file.path)) continue;
    const [read, unread] = base(earlier.path).length < base(file.path).length ? [earlier, file] : [file, earlier];
    known.set(name, read).set(base(unread.path), unread);
  }
  return { worlds, dumps: [...dumps].map(([node, artefacts]) => ({ node, files: artefacts })), documents };
}

/** The files of a World folder or of a dump, as the user named them. */
export const filesOf = (part: Classified['worlds'][number] | Classified['dumps'][number]): readonly InputFile[] =>
  'root' in part
    ? [...part.files].map(([path, text]) => ({ path: part.root === '' ? path : `${part.root}/${path}`, text }))
    : [...part.files.values()];

const base = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const folder = (path: string): string => (path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '');
