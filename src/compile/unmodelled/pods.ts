import type { Cluster, ObjectMeta, Pod } from '../../cluster/index.ts';
import type { Unmodelled } from '../../linux/index.ts';
import type { PathSettings } from '../vpc-cni/settings.ts';
import { actingPolicies } from './policies.ts';
import { ofNetns } from './say.ts';

/** Annotations a live pod has because something gave it other or more interfaces, or took its traffic. */
const ANNOTATIONS: readonly (readonly [key: string, what: string])[] = [
  ['k8s.v1.cni.cncf.io/networks', 'interfaces of other network plugins'],
  ['sidecar.istio.io/status', 'a sidecar that takes its traffic'],
  ['linkerd.io/proxy-version', 'a sidecar that takes its traffic'],
];
/** Names people give runtime classes of gVisor, Kata Containers and Firecracker. */
const OWN_STACK = /(?:^|[-_.])(?:gvisor|runsc|kata|firecracker)/i;
const NIC_CONFIG = 'k8s.amazonaws.com/nicConfig';
const AMBIENT = 'istio.io/dataplane-mode';

interface Mesh {
  /** A label or annotation that asks for a pod's traffic, of the pod or its namespace, and the values that do; absent: any. */
  readonly key: string;
  readonly values?: readonly string[];
  /** Whether a pod keeps out of what its namespace asks. */
  readonly out: (pod: ObjectMeta) => boolean;
}

const SIDECAR = 'sidecar.istio.io/inject';
const LINKERD = 'linkerd.io/inject';
const noSidecar = (pod: ObjectMeta): boolean => said(pod, SIDECAR) === 'false';
/**
 * Istio's webhook and its CNI (`pkg/kube/inject/inject.go` injectRequired, `cni/pkg/util/podutil.go` PodRedirectionEnabled), Linkerd's webhook
 * (`pkg/inject/inject.go`): of a pod and its namespace the pod has the last word.
 */
const MESH: readonly Mesh[] = [
  { key: 'istio-injection', values: ['enabled'], out: noSidecar },
  { key: 'istio.io/rev', out: noSidecar },
  { key: AMBIENT, values: ['ambient'], out: ({ labels }) => labels[AMBIENT] === 'none' },
  { key: LINKERD, values: ['enabled', 'ingress'], out: ({ annotations }) => annotations[LINKERD] === 'disabled' },
  { key: SIDECAR, values: ['true'], out: noSidecar },
];

/** What makes all packets of a pod unsure, prepared once a cluster. A hostNetwork pod's packets are its node's. */
export function podReasons(
  cluster: Cluster,
  settings: PathSettings,
  policies = actingPolicies(cluster, settings),
): (pod: Pod) => readonly Unmodelled[] {
  const namespaces = new Map(cluster.namespaces.map((namespace) => [namespace.metadata.name, namespace]));
  const multiNic = settings.multiNic;
  return (pod) => {
    const { metadata, source } = pod;
    const reasons: Unmodelled[] = [...policies(pod)];
    for (const [key, what] of ANNOTATIONS) {
      if (key in metadata.annotations)
        reasons.push(ofNetns(`This pod has ${what} (annotation ${key}): not modelled`, source));
    }
    if (multiNic && NIC_CONFIG in metadata.annotations)
      reasons.push(ofNetns(`This pod is on several network cards (annotation ${NIC_CONFIG}): not modelled`, source));
    const runtime = pod.spec.runtimeClassName ?? '';
    if (OWN_STACK.test(runtime))
      reasons.push(
        ofNetns(`This pod runs in a sandbox with a network stack of its own (runtimeClassName ${runtime})`, source),
      );
    for (const name of pod.spec.netAdminInit ?? [])
      reasons.push(
        ofNetns(`What init container "${name}" (NET_ADMIN) does to this pod's network is not known`, source),
      );
    const mesh = meshOf(pod, namespaces.get(metadata.namespace));
    if (mesh !== undefined)
      reasons.push(ofNetns(`A service mesh takes this pod's traffic (${mesh.key}): not modelled`, mesh.at));
    return reasons;
  };
}

/** A live pod shows whether it was injected; only what waits on the node itself (ambient) still concerns it. */
function meshOf(
  pod: Pod,
  namespace: Cluster['namespaces'][number] | undefined,
): { readonly key: string; readonly at: Pod['source'] } | undefined {
  const live = pod.metadata.uid !== undefined;
  for (const { key, values, out } of MESH) {
    if ((live && key !== AMBIENT) || out(pod.metadata)) continue;
    if (asks(pod.metadata, key, values)) return { key, at: pod.source };
    if (namespace !== undefined && asks(namespace.metadata, key, values)) return { key, at: namespace.source };
  }
  return undefined;
}

const said = ({ labels, annotations }: ObjectMeta, key: string): string | undefined => labels[key] ?? annotations[key];

function asks(metadata: ObjectMeta, key: string, values: readonly string[] | undefined): boolean {
  const value = said(metadata, key);
  return value !== undefined && (values?.includes(value) ?? true);
}
