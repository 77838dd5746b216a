import { didYouMean, GROUNDS, type Issue } from '../../base/index.ts';
import { showPath } from '../read/fields.ts';
import type { PathKey } from '../read/json-positions.ts';
import { isObject, own, type RawDocument, type RawObject } from '../read/raw-document.ts';
import { scalarOf } from '../read/scalar.ts';
import type { KnobSetting } from './knob-setting.ts';

/** kubectl's short names. */
const kinds: ReadonlyMap<string, string> = new Map([
  ['svc', 'Service'],
  ['service', 'Service'],
  ['po', 'Pod'],
  ['pod', 'Pod'],
  ['deploy', 'Deployment'],
  ['deployment', 'Deployment'],
  ['rs', 'ReplicaSet'],
  ['replicaset', 'ReplicaSet'],
  ['sts', 'StatefulSet'],
  ['statefulset', 'StatefulSet'],
  ['ds', 'DaemonSet'],
  ['daemonset', 'DaemonSet'],
  ['job', 'Job'],
  ['no', 'Node'],
  ['node', 'Node'],
  ['ns', 'Namespace'],
  ['namespace', 'Namespace'],
  ['cm', 'ConfigMap'],
  ['configmap', 'ConfigMap'],
  ['ing', 'Ingress'],
  ['ingress', 'Ingress'],
  ['netpol', 'NetworkPolicy'],
  ['networkpolicy', 'NetworkPolicy'],
]);

const clusterScoped: ReadonlySet<string> = new Set(['Node', 'Namespace']);

/** `svc/NS/NAME:FIELD`; `patch/NAME` is not one. */
export const isObjectKnob = (key: string): boolean => /^[^:]*\/[^:]*:/.test(key) && !key.startsWith('patch/');

/** Writes one field of one object, and remembers that `--set` did: the readers then check it like any other. */
export function setObjectField(set: KnobSetting, documents: readonly RawDocument[], issues: Issue[]): void {
  const target = resolve(set.key, documents);
  if ('message' in target) {
    issues.push({ code: 'unknown-knob', severity: 'error', at: set.source, rests: GROUNDS, ...target });
    return;
  }
  const { path } = target;
  for (const document of target.found) {
    const problem = write(document.value, path, valueFor(path, set.value));
    if (problem === undefined) document.overlays.set(JSON.stringify(path), set.source);
    else {
      const message = `Cannot set "${showPath(path)}" of ${document.kind} "${nameOf(document)}": ${problem}`;
      issues.push({ code: 'unknown-knob', severity: 'error', at: set.source, message });
    }
  }
}

type Problem = Pick<Issue, 'message' | 'hint' | 'expected'>;

interface Target {
  readonly found: readonly RawDocument[];
  readonly path: readonly PathKey[];
}

/** The objects `svc/NS/NAME:FIELD` names and the field's path, or what is wrong with it. */
function resolve(key: string, documents: readonly RawDocument[]): Target | Problem {
  const colon = key.indexOf(':');
  const target = key.slice(0, colon);
  const field = key.slice(colon + 1);
  const [short = '', ...rest] = target.split('/');
  const kind = kinds.get(short.toLowerCase());
  if (kind === undefined) {
    return { message: `Unknown kind "${short}" in setting "${key}"`, ...didYouMean(short, kinds.keys()) };
  }
  const shape = clusterScoped.has(kind) ? 'NAME' : 'NAMESPACE/NAME';
  if (rest.length !== shape.split('/').length) {
    return { message: `Cannot read object "${target}"`, expected: `expected "${short}/${shape}:FIELD"` };
  }
  const path = parsePath(field);
  if (path === undefined) {
    const expected = 'expected a path such as "spec.ports[0].nodePort" or "metadata.annotations["KEY"]"';
    return { message: `Cannot read field "${field}"`, expected };
  }
  const candidates = documents.filter((document) => document.kind === kind);
  const wanted = rest.join('/');
  const found = candidates.filter((document) => nameOf(document) === wanted);
  if (found.length > 0) return { found, path };
  return { message: `No ${kind} "${wanted}" in the input`, ...didYouMean(wanted, candidates.map(nameOf)) };
}

function nameOf(document: RawDocument): string {
  const metadata = own(document.value, 'metadata');
  if (!isObject(metadata)) return '';
  const name = String(own(metadata, 'name') ?? '');
  return clusterScoped.has(document.kind) ? name : `${String(own(metadata, 'namespace') ?? 'default')}/${name}`;
}

/** `a.b[0]["c.d/e"]` -> ['a', 'b', 0, 'c.d/e'] */
function parsePath(text: string): readonly PathKey[] | undefined {
  const path: PathKey[] = [];
  const part = /(?:^|\.)([A-Za-z_][\w-]*)|\[(\d+)\]|\[(?:"([^"]*)"|'([^']*)')\]/y;
  while (part.lastIndex < text.length) {
    const found = part.exec(text);
    if (found === null) return undefined;
    const key = found[2] === undefined ? (found[1] ?? found[3] ?? found[4] ?? '') : Number(found[2]);
    if (key === '__proto__' || key === '') return undefined;
    path.push(key);
  }
  return path.length === 0 ? undefined : path;
}

/** Maps of strings take the text as it stands; other fields take what YAML makes of it. */
const valueFor = (path: readonly PathKey[], text: string): unknown =>
  path.some((key) => key === 'annotations' || key === 'labels' || key === 'data' || key === 'selector') ||
  isCondition(path)
    ? text
    : scalarOf(text);

/** `status.conditions[0].status`: "True" and no boolean. */
const isCondition = (path: readonly PathKey[]): boolean => path.at(-1) === 'status' && path.at(-3) === 'conditions';

/** Nothing is written where there is something wrong with the path. What is not there yet is made, a list from its first element on. */
function write(root: RawObject, path: readonly PathKey[], value: unknown): string | undefined {
  let parent: unknown = root;
  for (const [i, key] of path.entries()) {
    const last = i === path.length - 1;
    const at = showPath(path.slice(0, i));
    let there: unknown;
    if (Array.isArray(parent) && typeof key === 'number') {
      if (key > parent.length || (key === parent.length && !last)) return `${at} has ${parent.length} elements`;
      there = parent[key];
    } else if (isObject(parent) && typeof key === 'string') there = own(parent, key);
    else return `${at} is not a ${typeof key === 'number' ? 'list' : 'map'}`;
    if (last || there === undefined || there === null) {
      const gap = path.findIndex((each, j) => j > i && typeof each === 'number' && each > 0);
      if (gap >= 0) return `${showPath(path.slice(0, gap))} has 0 elements`;
      const made = path.slice(i + 1).reduceRight((inner, each) => (each === 0 ? [inner] : { [each]: inner }), value);
      if (Array.isArray(parent)) parent[Number(key)] = made;
      else if (isObject(parent)) parent[key] = made;
      return undefined;
    }
    parent = there;
  }
  return undefined;
}
