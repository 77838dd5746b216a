import { isTerminal, type LabelSelector, type Node, type Pod, type PodAffinityTerm } from '../cluster/index.ts';
import { own, selectorMatches } from './labels.ts';

/** Pods per node that match one selector in some namespaces. */
export interface Counter {
  readonly namespaces: readonly string[];
  readonly selector: LabelSelector;
  readonly perNode: Int32Array;
  total: number;
}

/** One anti-affinity term that placed pods hold, and the nodes they hold it on. */
interface Repulsion {
  readonly term: PodAffinityTerm;
  readonly namespaces: readonly string[];
  readonly domains: Set<string>;
}

/** What the scheduler's cache knows: pods per node, host ports, and counters kept up to date for each selector asked about. */
export class ScheduleState {
  readonly nodes: readonly Node[];
  readonly podCount: Int32Array;
  /** Branch interfaces in use. */
  readonly podEniCount: Int32Array;
  private readonly index: ReadonlyMap<string, number>;
  private readonly hostPorts: Set<string>[];
  private readonly placed: { readonly pod: Pod; readonly at: number }[] = [];
  private readonly counters = new Map<string, Counter>();
  private readonly repulsions = new Map<string, Repulsion>();

  constructor(nodes: readonly Node[]) {
    this.nodes = nodes;
    this.podCount = new Int32Array(nodes.length);
    this.podEniCount = new Int32Array(nodes.length);
    this.index = new Map(nodes.map((node, i) => [node.metadata.name, i]));
    this.hostPorts = nodes.map(() => new Set());
  }

  indexOf(name: string): number | undefined {
    return this.index.get(name);
  }

  place(pod: Pod, at: number): void {
    if (isTerminal(pod)) return;
    this.podCount[at] = (this.podCount[at] ?? 0) + 1;
    if (pod.spec.podEni === true) this.podEniCount[at] = (this.podEniCount[at] ?? 0) + 1;
    for (const port of hostPortsOf(pod)) this.hostPorts[at]?.add(port);
    this.placed.push({ pod, at });
    for (const counter of this.counters.values()) count(counter, pod, at);
    for (const term of pod.spec.podAntiAffinity) this.repel(pod, term, at);
  }

  freePorts(ports: readonly string[], at: number): boolean {
    return ports.every((port) => this.hostPorts[at]?.has(port) !== true);
  }

  counter(namespaces: readonly string[], selector: LabelSelector): Counter {
    const key = JSON.stringify([namespaces, selector]);
    const known = this.counters.get(key);
    if (known !== undefined) return known;
    const counter = { namespaces, selector, perNode: new Int32Array(this.nodes.length), total: 0 };
    for (const { pod, at } of this.placed) count(counter, pod, at);
    this.counters.set(key, counter);
    return counter;
  }

  /** True where a placed pod's own anti-affinity keeps `pod` out of the node's domain. */
  repels(pod: Pod, node: Node): boolean {
    for (const { term, namespaces, domains } of this.repulsions.values()) {
      const domain = own(node.metadata.labels, term.topologyKey);
      if (domain === undefined || !domains.has(domain)) continue;
      if (!namespaces.includes(pod.metadata.namespace)) continue;
      if (selectorMatches(term.labelSelector, pod.metadata.labels)) return true;
    }
    return false;
  }

  private repel(pod: Pod, term: PodAffinityTerm, at: number): void {
    const namespaces = namespacesOf(pod, term);
    const key = JSON.stringify([namespaces, term]);
    const known = this.repulsions.get(key) ?? { term, namespaces, domains: new Set() };
    const domain = own(this.nodes[at]?.metadata.labels ?? {}, term.topologyKey);
    if (domain !== undefined) known.domains.add(domain);
    this.repulsions.set(key, known);
  }
}

function count(counter: Counter, pod: Pod, at: number): void {
  if (pod.metadata.deletionTimestamp !== undefined) return;
  if (!counter.namespaces.includes(pod.metadata.namespace)) return;
  if (!selectorMatches(counter.selector, pod.metadata.labels)) return;
  counter.perNode[at] = (counter.perNode[at] ?? 0) + 1;
  counter.total++;
}

/** An affinity term without namespaces means the pod's own. */
export const namespacesOf = (pod: Pod, term: PodAffinityTerm): readonly string[] =>
  term.namespaces.length === 0 ? [pod.metadata.namespace] : term.namespaces;

/** `TCP/8080`; on the host network every container port is a host port (core/v1 defaults.go setDefaultHostNetworkPorts). */
export const hostPortsOf = (pod: Pod): readonly string[] =>
  pod.spec.containers.flatMap((container) =>
    container.ports.flatMap((port) => {
      const number = port.hostPort ?? (pod.spec.hostNetwork ? port.containerPort : undefined);
      return number === undefined ? [] : [`${port.protocol}/${number}`];
    }),
  );
