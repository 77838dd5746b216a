import {
  type Cluster,
  isTerminal,
  type LabelSelector,
  type NetworkPolicy,
  type Pod,
  type PolicyPeer,
  type Service,
} from '../../cluster/index.ts';
import { type Cidr, cidrOf, type Ip } from '../../net/index.ts';
import { byText, selectorMatches } from '../labels.ts';
import { PodIndex } from '../pod-index.ts';

export interface ReadyPod {
  readonly pod: Pod;
  readonly address: Ip;
  /** The block of it alone. */
  readonly cidr: Cidr;
}

type Labels = Readonly<Record<string, string>>;

const NAME = 'kubernetes.io/metadata.name';
/** Every cluster has them, and nobody labels them when it is made (pkg/controlplane/controller/systemnamespaces). */
const OF_EVERY_CLUSTER = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];

/** What a policy's selectors choose from: namespaces, pods by label, Services. Made once a cluster. */
export class PolicyView {
  /** Of namespaces that no object describes, and that a selector asked about. */
  readonly assumptions: string[] = [];
  private readonly pods: PodIndex;
  private readonly known = new Map<Pod, { readonly ready: ReadyPod | undefined }>();
  /** By namespace and selector: policies of one namespace often say the same. */
  private readonly chosen = new Map<string, readonly ReadyPod[]>();
  private readonly listens = new Map<Service, Map<string, { readonly port: number | undefined }>>();
  private readonly services = new Map<string, Service[]>();
  private readonly namespaces: readonly { readonly name: string; readonly labels: Labels; readonly known: boolean }[];

  constructor(cluster: Cluster) {
    this.pods = new PodIndex(cluster.pods);
    for (const service of cluster.services) {
      const { namespace } = service.metadata;
      const known = this.services.get(namespace);
      if (known === undefined) this.services.set(namespace, [service]);
      else known.push(service);
    }
    const described = new Map(cluster.namespaces.map(({ metadata }) => [metadata.name, metadata.labels]));
    const used = [...cluster.pods, ...cluster.services].map(({ metadata }) => metadata.namespace);
    this.namespaces = [...new Set([...OF_EVERY_CLUSTER, ...described.keys(), ...used])].sort(byText).map((name) => ({
      name,
      // Set on every namespace by the API server (pkg/registry/core/namespace, the NamespaceDefaultLabelName feature).
      labels: { ...described.get(name), [NAME]: name },
      known: described.has(name) || OF_EVERY_CLUSTER.includes(name),
    }));
  }

  /** Pods with an address that have not ended (pkg/k8s/pod_utils.go IsPodNetworkReady). */
  readyPods(namespace: string, selector: LabelSelector | undefined): readonly ReadyPod[] {
    const key = `${namespace} ${JSON.stringify(selector)}`;
    const made = this.chosen.get(key) ?? this.selected(namespace, selector).flatMap((pod) => this.ready(pod) ?? []);
    this.chosen.set(key, made);
    return made;
  }

  private ready(pod: Pod): ReadyPod | undefined {
    const known = this.known.get(pod);
    if (known !== undefined) return known.ready;
    const address = isTerminal(pod) ? undefined : pod.status.podIPs[0];
    const ready = address === undefined ? undefined : { pod, address, cidr: cidrOf(address) };
    this.known.set(pod, { ready });
    return ready;
  }

  /** Every pod of a namespace that has these labels, whatever has become of it. */
  podsWith(namespace: string, labels: Labels): readonly Pod[] {
    return this.pods.select(namespace, labels);
  }

  /** What `find` says of one port of a Service, found once: every rule with the port asks every Service of its namespaces. */
  listenPort(service: Service, key: string, find: () => number | undefined): number | undefined {
    const known = this.listens.get(service) ?? new Map<string, { readonly port: number | undefined }>();
    this.listens.set(service, known);
    const made = known.get(key) ?? { port: find() };
    known.set(key, made);
    return made.port;
  }

  servicesOf(namespace: string): readonly Service[] {
    return this.services.get(namespace) ?? [];
  }

  /** Namespaces of every peer of a policy, so that what is assumed of them is known before anybody asks for addresses. */
  ask(namespace: string, { ingress, egress }: NetworkPolicy['spec']): void {
    for (const peer of [...ingress, ...egress].flatMap(({ peers }) => peers ?? []))
      if (peer.kind === 'pods') this.namespacesOf(namespace, peer);
  }

  /** pkg/resolvers/endpoints.go resolvePeerNamespaces. */
  namespacesOf(own: string, { namespaceSelector }: Extract<PolicyPeer, { kind: 'pods' }>): readonly string[] {
    if (namespaceSelector === undefined) return [own];
    return this.namespaces
      .filter(({ name, labels, known }) => {
        if (!known && !onlyByName(namespaceSelector)) this.assumeBare(name);
        return selectorMatches(namespaceSelector, labels);
      })
      .map(({ name }) => name);
  }

  private selected(namespace: string, selector: LabelSelector | undefined): readonly Pod[] {
    if (selector === undefined) return this.pods.select(namespace, {});
    const pods = this.pods.select(namespace, selector.matchLabels);
    return selector.matchExpressions.length === 0
      ? pods
      : pods.filter(({ metadata }) => selectorMatches(selector, metadata.labels));
  }

  private assumeBare(namespace: string): void {
    const line = `Namespace ${namespace} is not in the input: a namespaceSelector finds no label on it but ${NAME}`;
    if (!this.assumptions.includes(line)) this.assumptions.push(line);
  }
}

const onlyByName = ({ matchLabels, matchExpressions }: LabelSelector): boolean =>
  Object.keys(matchLabels).every((key) => key === NAME) && matchExpressions.every(({ key }) => key === NAME);
