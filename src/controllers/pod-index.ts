import type { Pod } from '../cluster/index.ts';
import { mapMatches } from './labels.ts';

/** Pods by namespace and label, so that 10,000 selectors over 30,000 pods stay cheap. */
export class PodIndex {
  private readonly byLabel = new Map<string, Pod[]>();

  constructor(pods: readonly Pod[]) {
    for (const pod of pods) {
      const { namespace, labels } = pod.metadata;
      this.push(namespace, pod);
      for (const [key, value] of Object.entries(labels)) this.push(`${namespace}/${key}=${value}`, pod);
    }
  }

  /** Pods of a namespace that have every label of `selector`; an empty selector selects all of them. */
  select(namespace: string, selector: Readonly<Record<string, string>>): readonly Pod[] {
    let shortest = this.byLabel.get(namespace) ?? [];
    for (const [key, value] of Object.entries(selector)) {
      const list = this.byLabel.get(`${namespace}/${key}=${value}`) ?? [];
      if (list.length < shortest.length) shortest = list;
    }
    return shortest.filter((pod) => mapMatches(selector, pod.metadata.labels));
  }

  private push(key: string, pod: Pod): void {
    const list = this.byLabel.get(key);
    if (list === undefined) this.byLabel.set(key, [pod]);
    else list.push(pod);
  }
}
