import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Issue } from '../../src/base/index.ts';
import { type Cluster, loadCluster } from '../../src/cluster/index.ts';
import { settle } from '../../src/controllers/settle.ts';

const BASE = readFileSync(new URL('../../examples/four-ways-in/cluster.yaml', import.meta.url), 'utf8');

export interface Wanted {
  /** By what follows `service.beta.kubernetes.io/`, less `aws-load-balancer-`. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec?: string;
  readonly rest?: string;
  readonly base?: readonly (readonly [string, string])[];
}

export const CLASS = 'loadBalancerClass: service.k8s.aws/nlb';
export const PORT = 'ports: [{ port: 80, targetPort: 8080 }]';

/** The cluster of examples/four-ways-in with one Service of type LoadBalancer, `shop/web`. */
export function settled({ annotations = {}, spec = `${CLASS}, ${PORT}`, rest = '', base = [] }: Wanted): {
  readonly cluster: Cluster;
  readonly issues: readonly Issue[];
} {
  const keys = Object.entries(annotations).map(
    ([key, value]) =>
      `    service.beta.kubernetes.io/${key.startsWith('=') ? key.slice(1) : `aws-load-balancer-${key}`}: ${JSON.stringify(value)}`,
  );
  const service = `apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
  annotations:
${keys.length === 0 ? '    none: ""' : keys.join('\n')}
spec: { type: LoadBalancer, selector: { app: web }, ${spec} }
${rest}`;
  const cluster = base.reduce((text, [from, to]) => text.replaceAll(from, to), BASE);
  const loaded = loadCluster(
    [
      { path: 'cluster.yaml', text: cluster },
      { path: 'service.yaml', text: service },
    ],
    [],
  );
  expect(loaded.issues.filter(({ severity }) => severity === 'error')).toEqual([]);
  const { value, issues } = settle(loaded.value);
  return { cluster: value, issues };
}

/** Its load balancer and the first of its target groups. */
export const only = (wanted: Wanted) => {
  const { cluster } = settled(wanted);
  const [balancer] = cluster.loadBalancers;
  const [group] = cluster.targetGroups;
  if (balancer === undefined || group === undefined) throw new Error('No load balancer was made');
  return { balancer, group, cluster };
};
