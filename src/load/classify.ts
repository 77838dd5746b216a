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

/** File names of a node's artefacts: as `compile -o` lays them out, and the text forms of routes and rules. */
const ARTEFACT =
  /^(?:iptables-save|ip6tables-save|nft-list-ruleset|ipset-save|ipvsadm-save|cilium-bpf-lb-list|ip-(?:link|addr|neigh)(?:\.json)?|ip-(?:6-)?(?:route|rule)(?:\.json|\.txt)?|sysctl|ss|conntrack|resolv\.conf|netns\.json|origins\.json|unmodelled\.json)$/;

/** True for the name of a file that holds an artefact of a node, wherever it lies. */
export const isArtefactName = (name: string): boolean => ARTEFACT.test(name);

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
    } else if (isArtefactName(base(file.path)) && folder(file.path) !== '') {
      const node = base(folder(file.path));
      const known = dumps.get(node) ?? new Map<string, InputFile>();
      known.set(base(file.path), file);
      dumps.set(node, known);
    } else {
      documents.push(file);
    }
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
