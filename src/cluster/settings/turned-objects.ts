import type { Issue } from '../../base/index.ts';
import { isManaged } from '../managed-slices.ts';
import type { EndpointSlice, ObjectMeta, Pod, Service, Workload } from '../objects.ts';
import { isTerminal } from '../pod-phase.ts';
import type { RawDocument } from '../read/raw-document.ts';
import type { InputObjects } from '../read-objects.ts';

/** Fields from which the endpoint controller makes slices: of a Service, and of a pod it selects. */
const OF_SERVICE = ['spec.selector', 'spec.ports', 'spec.trafficDistribution', 'spec.publishNotReadyAddresses'];
const OF_POD = ['metadata.labels', 'metadata.deletionTimestamp', 'spec', 'status'];
const OF_COUNT = ['spec.replicas', 'spec.parallelism', 'spec.completions', 'spec.suspend'];
const OF_TEMPLATE = ['spec.template'];

interface Turned {
  readonly objects: InputObjects;
  readonly said: readonly string[];
}

/**
 * What controllers would write anew once `--set` has changed what they go by: slices of the endpoint controller are taken
 * out, to be made again from the pods, and a workload whose number was set has that many pods, whatever its status says.
 */
export function turnObjects(objects: InputObjects, documents: readonly RawDocument[], issues: Issue[]): Turned {
  const written = documents.filter(({ overlays }) => overlays.size > 0);
  if (written.length === 0) return { objects, said: [] };
  const keys = new Map<string, readonly string[]>(written.map((each) => [sourceKey(each), pathsOf(each)]));
  const writes = ({ source }: Pick<Pod, 'source'>, fields: readonly string[]): boolean =>
    keys.get(sourceKey({ source }))?.some((path) => fields.some((f) => path === f || path.startsWith(`${f}.`))) ===
    true;
  const pods = objects.pods.filter((pod) => writes(pod, OF_POD));
  const workloads = objects.workloads.map((workload) => turn(workload, writes));
  const counted = workloads.filter(({ turned }) => turned === 'count');
  const labels = [
    ...pods.map(({ metadata }) => ({ namespace: metadata.namespace, labels: metadata.labels })),
    ...counted.map(({ metadata, template }) => ({ namespace: metadata.namespace, labels: template.labels })),
  ];
  const names = new Set(pods.map(keyOf));
  const there = new Set(objects.pods.filter((pod) => !isTerminal(pod)).map(keyOf));
  const said: string[] = [];
  const dropped = new Set<EndpointSlice>();
  const byService = new Map<string, EndpointSlice[]>();
  for (const slice of objects.endpointSlices.filter(isManaged)) {
    const key = serviceOf(slice);
    const list = byService.get(key);
    if (list === undefined) byService.set(key, [slice]);
    else list.push(slice);
  }
  for (const service of objects.services) {
    if (service.spec.selector === undefined) continue;
    const mine = byService.get(keyOf(service)) ?? [];
    const targets = mine.flatMap(targetsOf);
    const touched =
      writes(service, OF_SERVICE) ||
      targets.some((target) => names.has(target)) ||
      labels.some((each) => each.namespace === service.metadata.namespace && selects(service, each.labels));
    if (!touched || mine.length === 0) continue;
    const missing = targets.find((target) => !there.has(target) && !names.has(target));
    if (missing === undefined) {
      for (const slice of mine) dropped.add(slice);
      said.push(
        `EndpointSlices of Service "${keyOf(service)}" are made anew of its pods, as their controller does for what --set changes`,
      );
    } else issues.push(kept(service, missing));
  }
  const endpointSlices = objects.endpointSlices.filter((slice) => !dropped.has(slice));
  return { objects: { ...objects, workloads, endpointSlices }, said };
}

const kept = (service: Service, missing: string): Issue => ({
  code: 'set-without-pods',
  severity: 'warning',
  at: service.source,
  message: `EndpointSlices of Service "${keyOf(service)}" stay as they are, though --set changes what they are made of: pod "${missing}" is not in the input`,
  hint: 'with its pods beside them they are made anew',
});

function turn(workload: Workload, writes: (object: Workload, fields: readonly string[]) => boolean): Workload {
  const count = writes(workload, OF_COUNT);
  if (!count && !writes(workload, OF_TEMPLATE)) return workload;
  const { status, ...rest } = workload;
  return count ? { ...rest, turned: 'count' } : { ...workload, turned: 'template' };
}

const keyOf = ({ metadata }: { readonly metadata: ObjectMeta }): string => `${metadata.namespace}/${metadata.name}`;
const serviceOf = ({ metadata, serviceName }: EndpointSlice): string => `${metadata.namespace}/${serviceName}`;

const targetsOf = ({ endpoints }: EndpointSlice): readonly string[] =>
  endpoints.flatMap(({ targetRef }) => (targetRef?.kind === 'Pod' ? [`${targetRef.namespace}/${targetRef.name}`] : []));

const selects = ({ spec }: Service, labels: ObjectMeta['labels']): boolean =>
  Object.entries(spec.selector ?? {}).every(([key, value]) => labels[key] === value);

/** One object begins at one place. */
const sourceKey = ({ source: { file, line, column } }: Pick<Pod, 'source'>): string => `${file}:${line}:${column}`;

/** Without indexes: `spec.ports.targetPort`. */
const pathsOf = ({ overlays }: RawDocument): readonly string[] =>
  [...overlays.keys()].map((text) => {
    const path: unknown = JSON.parse(text);
    return Array.isArray(path) ? path.filter((key) => typeof key === 'string').join('.') : '';
  });
