import type { Issue, Parsed } from '../base/index.ts';
import type { Cluster } from '../cluster/index.ts';

/** One controller: reads a cluster, closes some of its open references. Running it again changes nothing. */
export type Controller = (cluster: Cluster) => Parsed<Cluster>;

/** Adds choices we made, each said once. */
export function assume(cluster: Cluster, ...said: readonly string[]): Cluster {
  const news = [...new Set(said)].filter((text) => !cluster.assumptions.includes(text));
  return news.length === 0 ? cluster : { ...cluster, assumptions: [...cluster.assumptions, ...news] };
}

/** Runs controllers in order and keeps all their issues. */
export function runAll(cluster: Cluster, controllers: readonly Controller[]): Parsed<Cluster> {
  const issues: Issue[] = [];
  let value = cluster;
  for (const controller of controllers) {
    const next = controller(value);
    value = next.value;
    issues.push(...next.issues);
  }
  return { value, issues };
}
