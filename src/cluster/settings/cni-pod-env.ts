import { didYouMean, type Issue, type SourceRef } from '../../base/index.ts';
import type { UnmodelledInput } from '../cluster.ts';
import type { ConfigMap } from '../objects.ts';
import type { Fields } from '../read/fields.ts';
import type { Env } from './cni-drift.ts';
import { isCniVariable } from './cni-variables.ts';

/** A variable whose value is nowhere in the input; without a name: any of them. */
export interface Unread {
  readonly name?: string;
  readonly input: UnmodelledInput;
}

/**
 * The environment of a container of aws-node, as the kubelet makes it (pkg/kubelet/kubelet_pods.go,
 * makeEnvironmentVariables): `envFrom` first, `env` over it. Out: what could not be read.
 */
export function copyEnv(
  container: Fields | undefined,
  into: Env,
  known: readonly string[],
  configMaps: readonly ConfigMap[],
  issues: Issue[],
): readonly Unread[] {
  if (container === undefined) return [];
  const data = (name: string | undefined): ConfigMap['data'] | undefined =>
    configMaps.find(({ metadata }) => metadata.namespace === 'kube-system' && metadata.name === name)?.data;
  const unread = container.children('envFrom').flatMap((from) => copyAll(from, into, data));
  for (const entry of container.children('env')) {
    const name = entry.get('name');
    if (typeof name !== 'string') continue;
    const value = entry.has('value') || !entry.has('valueFrom') ? entry.get('value') : referred(entry, data);
    if (value === undefined && entry.has('valueFrom')) {
      if (isCniVariable(name) && !ofItself(entry)) unread.push(notRead(`Variable ${name}`, entry.place('name'), name));
      continue;
    }
    const source: SourceRef = entry.place('value');
    into[name] = { value: typeof value === 'string' ? value : String(value ?? ''), source };
    sayNear(entry, name, known, issues);
  }
  return unread;
}

/** A variable the plugin does not know does nothing: it is said where it looks like one it does. */
function sayNear(entry: Fields, name: string, known: readonly string[], issues: Issue[]): void {
  const near = isCniVariable(name) ? {} : didYouMean(name, known);
  if (near.hint === undefined) return;
  const message = `Unknown variable "${name}" of the VPC CNI: it has no effect`;
  issues.push({ code: 'unknown-variable', severity: 'warning', at: entry.place('name'), message, ...near });
}

type DataOf = (name: string | undefined) => ConfigMap['data'] | undefined;

function copyAll(from: Fields, into: Env, data: DataOf): Unread[] {
  const reference = from.child('configMapRef');
  const found = reference === undefined ? undefined : data(reference.string('name'));
  if (found === undefined) {
    const optional = (reference ?? from.child('secretRef'))?.get('optional') === true;
    return reference !== undefined && optional ? [] : [notRead('All of an envFrom', from.place())];
  }
  const prefix = from.string('prefix') ?? '';
  for (const [key, value] of Object.entries(found)) into[prefix + key] = { value, source: from.place() };
  return [];
}

function referred(entry: Fields, data: DataOf): string | undefined {
  const reference = entry.child('valueFrom')?.child('configMapKeyRef');
  const key = reference?.string('key');
  const found = reference === undefined ? undefined : data(reference.string('name'));
  return found === undefined || key === undefined || !Object.hasOwn(found, key) ? undefined : found[key];
}

/** The pod's own name, node or limits: no setting. */
const ofItself = (entry: Fields): boolean => {
  const from = entry.child('valueFrom');
  return from?.has('fieldRef') === true || from?.has('resourceFieldRef') === true;
};

const notRead = (what: string, at: SourceRef, name?: string): Unread => ({
  ...(name === undefined ? {} : { name }),
  input: {
    what: `${what} of aws-node comes from an object that is not in the input`,
    at,
    touches: { kind: 'nodes' },
  },
});
