import { type Issue, type SourceRef, showSource } from '../base/index.ts';
import { type Cluster, type KnobSetting, loadCluster } from '../cluster/index.ts';
import { checkPodSysctls, compileWorld } from '../compile/index.ts';
import { checkInstanceTypes, settle } from '../controllers/index.ts';
import { applyDumps, applyPatches } from '../ingest/index.ts';
import { readWorld, type World } from '../world/index.ts';
import { type AttachedPod, attachPods } from './attach-pods.ts';
import { classify, type InputFile } from './classify.ts';
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
 * was compiled; patches come last. A World folder is read as it is. Every problem of a stage is reported before the next
 * one starts; warnings never stop. `attached`: pods that a runtime brought to nodes of it.
 *
 * @example
 * const { world, issues } = loadWorld([{ path: 'cluster.yaml', text }], [])
 */
export function loadWorld(
  files: readonly InputFile[],
  sets: readonly KnobSetting[],
  attached: readonly AttachedPod[] = [],
): Loaded {
  const { worlds, dumps, documents } = classify(files);
  const [worldFolder] = worlds;
  if (worldFolder !== undefined) return loadFolder(worldFolder.root, worldFolder.files, worlds.length, documents, sets);
  const loaded = loadCluster(documents, sets);
  const issues = [...loaded.issues];
  if (failed(issues)) {
    // Of the later stages, what needs no more than the one object it is about.
    const later = [...checkPodSysctls(loaded.value), ...checkInstanceTypes(loaded.value)];
    return { world: undefined, cluster: undefined, issues: onceEach([...issues, ...later]) };
  }
  const settled = settle(loaded.value);
  issues.push(...settled.issues);
  if (failed(issues)) return { world: undefined, cluster: undefined, issues };
  const grown = attachPods(settled.value, attached);
  issues.push(...grown.issues);
  const compiled = compileWorld(grown.value);
  issues.push(...compiled.issues);
  const dumped = applyDumps(compiled.value, dumps);
  const patched = applyPatches(dumped.value, settled.value.patches);
  issues.push(...dumped.issues, ...knobsOnDumps(compiled.value, documents, sets, dumps), ...patched.issues);
  return {
    world: failed(issues) ? undefined : patched.value,
    cluster: grown.value,
    issues: onceEach(withoutDoubts(issues)),
  };
}

/** Whether a kubelet allows a sysctl does not matter where no kernel takes it. */
function withoutDoubts(issues: readonly Issue[]): readonly Issue[] {
  const refused = new Set(issues.filter(({ code }) => code === 'sysctl').map(({ at }) => showSource(at)));
  return issues.filter(({ code, at }) => code !== 'pod-sysctl-unsafe' || !refused.has(showSource(at)));
}

/** Two stages may find the same: it is said once. */
function onceEach(issues: readonly Issue[]): readonly Issue[] {
  const said = new Set<string>();
  return issues.filter(({ at, message }) => {
    const key = `${showSource(at)} ${message}`;
    return !said.has(key) && said.add(key);
  });
}

const failed = (issues: readonly Issue[]): boolean => issues.some((issue) => issue.severity === 'error');

function loadFolder(
  root: string,
  files: ReadonlyMap<string, string>,
  count: number,
  documents: readonly InputFile[],
  sets: readonly KnobSetting[],
): Loaded {
  const issues: Issue[] = [];
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
  return { world: failed(issues) ? undefined : read.value, cluster: undefined, issues };
}
