import {
  GROUNDS,
  hasErrors,
  type Issue,
  NOTHING_TOLD,
  type Parsed,
  type SourceRef,
  showSource,
  type Told,
  tell,
} from '../base/index.ts';
import { type Cluster, type KnobSetting, loadCluster, mentionedBy } from '../cluster/index.ts';
import { checkPodSysctls, compileWorld } from '../compile/index.ts';
import { checkInstanceTypes, settle } from '../controllers/index.ts';
import { applyDumps, applyPatches } from '../ingest/index.ts';
import { readWorld, type World } from '../world/index.ts';
import { type AttachedPod, attachPods } from './attach-pods.ts';
import { beyondBounds } from './bounds.ts';
import { type Classified, classify, filesOf, type InputFile } from './classify.ts';
import { knobsOnDumps } from './knobs-on-dumps.ts';

export interface Loaded {
  /** Absent when an error stopped the load; then `issues` says why. */
  readonly world: World | undefined;
  /** The settled cluster; absent for a World folder, which has only its state. */
  readonly cluster: Cluster | undefined;
  readonly issues: readonly Issue[];
}

/**
 * Any mix of input texts to a World: manifests and live lists are loaded, settled and compiled; node dumps replace what
 * was compiled; patches come last. A World folder is read as it is. Each stage goes on from what stands of the one before,
 * so that one run names every problem that is none's echo, in the order of the input; warnings never stop, and of a failed
 * input are told as far as its objects alone give them. `attached`: pods that a runtime brought to nodes of it; `unread`:
 * why files are not among `files`.
 *
 * @example
 * const { world, issues } = loadWorld([{ path: 'cluster.yaml', text }], [])
 */
export function loadWorld(
  files: readonly InputFile[],
  sets: readonly KnobSetting[],
  attached: readonly AttachedPod[] = [],
  unread: readonly Issue[] = [],
): Loaded {
  const { worlds, dumps, documents } = classify(files);
  const beyond = beyondBounds([...worlds, ...dumps].flatMap((each) => filesOf(each)));
  if (beyond !== undefined) return { world: undefined, cluster: undefined, issues: [...unread, beyond] };
  const [worldFolder] = worlds;
  const loaded =
    worldFolder === undefined
      ? loadObjects(documents, dumps, sets, attached, unread)
      : loadFolder(worldFolder.root, worldFolder.files, worlds.length, documents, sets, unread);
  return { ...loaded, issues: inOrder(withoutDoubts(loaded.issues), files) };
}

function loadObjects(
  documents: readonly InputFile[],
  dumps: Classified['dumps'],
  sets: readonly KnobSetting[],
  attached: readonly AttachedPod[],
  unread: readonly Issue[],
): Loaded {
  const mentioned = mentionedBy([...documents, ...dumps.flatMap((each) => [...each.files.values()])], sets);
  const before = tell(NOTHING_TOLD, unread, () => GROUNDS);
  const loaded = loadCluster(documents, sets, before, mentioned);
  const { groundsAt } = loaded;
  let told: Told = loaded;
  const stage = <T>({ value, issues }: Parsed<T>): T => {
    const stands = !hasErrors(told.issues);
    told = tell(told, stands ? issues : issues.filter(({ severity }) => severity === 'error'), groundsAt);
    return value;
  };
  // What needs no more than the one object it is about, also where nothing can be placed.
  if (hasErrors(told.issues))
    stage({ value: undefined, issues: [...checkPodSysctls(loaded.value), ...checkInstanceTypes(loaded.value)] });
  const settled = stage(settle(loaded.value));
  const grown = stage(attachPods(settled, attached));
  const compiled = stage(compileWorld(grown));
  const dumped = stage(applyDumps(compiled, dumps));
  if (!hasErrors(told.issues))
    stage({ value: undefined, issues: knobsOnDumps(compiled, documents, sets, dumps, mentioned) });
  const patched = stage(applyPatches(dumped, settled.patches));
  const issues = told.issues.map((issue) => (issue.code === 'no-cluster' ? withoutCluster(issue, dumps) : issue));
  return hasErrors(issues)
    ? { world: undefined, cluster: undefined, issues }
    : { world: patched, cluster: grown, issues };
}

/** What was collected from a node says nothing of the others, nor of what lies between them. */
function withoutCluster(issue: Issue, dumps: Classified['dumps']): Issue {
  const [dump] = dumps;
  const [file] = dump === undefined ? [] : [...dump.files.values()];
  if (dump === undefined || file === undefined) return issue;
  const folder = file.path.slice(0, Math.max(0, file.path.lastIndexOf('/')));
  return {
    ...issue,
    at: { file: folder === '' ? file.path : folder },
    message: `This is what was collected from node "${dump.node}", and the input has no cluster to lay it on`,
    hint: 'a World folder ("compile -o") has a world.json, and its nodes under nodes/',
  };
}

/** By file, as they were given, and by line; what is not of a file, such as `--set`, comes last. */
function inOrder(issues: readonly Issue[], files: readonly InputFile[]): readonly Issue[] {
  const places = new Map(files.map(({ path }, i) => [path, i]));
  const placeOf = ({ file }: SourceRef): number => places.get(file) ?? files.length;
  return issues.toSorted(
    ({ at: one }, { at: other }) =>
      placeOf(one) - placeOf(other) || (one.line ?? 0) - (other.line ?? 0) || (one.column ?? 0) - (other.column ?? 0),
  );
}

/** Whether a kubelet allows a sysctl does not matter where no kernel takes it. */
function withoutDoubts(issues: readonly Issue[]): readonly Issue[] {
  const refused = new Set(issues.filter(({ code }) => code === 'sysctl').map(({ at }) => showSource(at)));
  return issues.filter(({ code, at }) => code !== 'pod-sysctl-unsafe' || !refused.has(showSource(at)));
}

function loadFolder(
  root: string,
  files: ReadonlyMap<string, string>,
  count: number,
  documents: readonly InputFile[],
  sets: readonly KnobSetting[],
  unread: readonly Issue[],
): Loaded {
  const issues: Issue[] = [...unread];
  const refuse = (code: string, at: SourceRef, message: string, hint: string): void => {
    issues.push({ code, severity: 'error', at, message, hint });
  };
  if (count > 1)
    refuse('two-worlds', { file: root }, 'The input holds more than one World folder', 'name one of them with -f');
  const [document] = documents;
  if (document !== undefined) {
    refuse(
      'world-and-objects',
      { file: document.path },
      'A World folder is complete: objects beside it would be ignored',
      'pass one or the other',
    );
  }
  const [set] = sets;
  if (set !== undefined) {
    refuse(
      'set-on-world',
      set.source,
      `Cannot turn "${set.key}" on a World folder`,
      'a World has no settings, only their result: compile the objects again with --set',
    );
  }
  const read = readWorld(files, root);
  issues.push(...read.issues);
  return { world: hasErrors(issues) ? undefined : read.value, cluster: undefined, issues };
}
