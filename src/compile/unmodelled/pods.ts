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
/** Labels and annotations that ask a service mesh for a pod's traffic, with the values that do. */
const MESH: readonly (readonly [key: string, values: readonly string[] | undefined])[] = [
  ['istio-injection', ['enabled']],
  ['istio.io/rev', undefined],
  ['istio.io/dataplane-mode', ['ambient']],
  ['linkerd.io/inject', ['enabled', 'ingress']],
  ['sidecar.istio.io/inject', ['true']],
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
  if (pod.metadata.labels['sidecar.istio.io/inject'] === 'false') return undefined;
  const live = pod.metadata.uid !== undefined;
  for (const [key, values] of MESH) {
    if (live && key !== 'istio.io/dataplane-mode') continue;
    if (asks(pod.metadata, key, values)) return { key, at: pod.source };
    if (namespace !== undefined && asks(namespace.metadata, key, values)) return { key, at: namespace.source };
  }
  return undefined;
}

function asks({ labels, annotations }: ObjectMeta, key: string, values: readonly string[] | undefined): boolean {
  const value = labels[key] ?? annotations[key];
  return value !== undefined && (values?.includes(value) ?? true);
}
