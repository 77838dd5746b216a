import { didYouMean, type Issue } from '../../base/index.ts';
import type { Cluster, Service } from '../../cluster/index.ts';
import type { DnsRecord } from '../../fabric/index.ts';
import { plainName } from '../../net/index.ts';

interface Balancer {
  readonly id: string;
  readonly dnsName: string;
  readonly type: string;
  readonly madeFor: readonly string[];
}

/** `DnsName` spec.alias: `lb/NAME`, or what the load balancer was made for. */
export const handlesOf = ({ id, type, madeFor }: Pick<Balancer, 'id' | 'type' | 'madeFor'>): readonly string[] => [
  `lb/${id}`,
  ...madeFor.map((key) => `${type === 'application' ? 'ingress' : 'svc'}/${key}`),
];

/** Alias records (Route 53): answered with the addresses of the load balancer, under their TTL, and no CNAME. */
export function aliasRecords(
  cluster: Cluster,
  balancers: readonly Balancer[],
  records: readonly DnsRecord[],
  issues: Issue[],
): readonly DnsRecord[] {
  const byHandle = new Map(balancers.flatMap((each) => handlesOf(each).map((handle) => [handle, each] as const)));
  const unmade = unmadeOf(cluster);
  return cluster.dnsNames.flatMap(({ name, alias, source }): readonly DnsRecord[] => {
    if (alias === undefined) return [];
    const balancer = byHandle.get(alias);
    if (balancer === undefined && unmade.has(alias)) {
      const message = `DnsName "${name}" is an alias of "${alias}", for which no load balancer is made: what it answers with is not known`;
      issues.push({ code: 'alias-of-none', severity: 'warning', at: source, message });
      return [];
    }
    if (balancer === undefined) {
      const message = `DnsName "${name}" is an alias of "${alias}", and no load balancer is that`;
      const expected = 'expected lb/NAME, ingress/NAMESPACE/NAME or svc/NAMESPACE/NAME';
      issues.push({
        code: 'unknown-alias',
        severity: 'error',
        rests: ['network', 'services', 'load-balancers'],
        at: source,
        message,
        expected,
        ...didYouMean(alias, byHandle.keys()),
      });
      return [];
    }
    const own = plainName(name);
    return records
      .filter((record) => record.name === balancer.dnsName)
      .map((record) => ({ ...record, name: own, aliasOf: balancer.dnsName }));
  });
}

const keyOf = ({ metadata: { namespace, name } }: Pick<Service, 'metadata'>): string => `${namespace}/${name}`;

/** What a load balancer would be made for, were nothing wrong with it. */
const unmadeOf = ({ ingresses, services }: Cluster): ReadonlySet<string> =>
  new Set([
    ...ingresses.map((each) => `ingress/${keyOf(each)}`),
    ...services.flatMap((each) => (each.spec.type === 'LoadBalancer' ? [`svc/${keyOf(each)}`] : [])),
  ]);
