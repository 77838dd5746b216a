import type { Cluster } from '../../cluster/index.ts';
import type { Annotations } from './annotations.ts';

/**
 * Since when the cloud controller manager reads an annotation: with the first release of a minor, which is that of its cluster
 * (cloud-provider-aws, README, compatibility), or with a later one of an older minor.
 */
interface Since {
  readonly minor: number;
  readonly later: Readonly<Record<number, string>>;
}

/** pkg/providers/v1/aws_loadbalancer.go of each tag: buildTargetGroupAttributes; SubnetMapping's PrivateIPv4Address. */
const SINCE = {
  'target-group-attributes': { minor: 35, later: { 32: 'v1.32.6', 33: 'v1.33.3', 34: 'v1.34.2' } },
  'private-ipv4-addresses': { minor: 35, later: {} },
} as const satisfies Readonly<Record<string, Since>>;

type Young = keyof typeof SINCE;
const YOUNG = Object.keys(SINCE) as readonly Young[];

const minorOf = ({ version }: Pick<Cluster, 'version'>): number => Number(version.split('.')[1] ?? 0);

const laterRelease = (cluster: Pick<Cluster, 'version'>, name: Young): string | undefined =>
  (SINCE[name] as Since).later[minorOf(cluster)];

/** Whether a cluster's cloud controller manager reads it, as the newest of its minor does. */
export const readsAnnotation = (cluster: Pick<Cluster, 'version'>, name: Young): boolean =>
  minorOf(cluster) >= SINCE[name].minor || laterRelease(cluster, name) !== undefined;

/** Says of a network load balancer's annotation that it is there and not read. */
export function sayUnread(cluster: Cluster, annotations: Annotations): void {
  for (const name of YOUNG.filter((each) => !readsAnnotation(cluster, each)))
    annotations.refuse(name, {
      severity: 'warning',
      expected: `expected none: the cloud controller manager of Kubernetes ${cluster.version} does not read it`,
    });
}

/** Which release is taken to run, where an annotation is there that only the later ones of a minor read. */
export const takenReleases = (cluster: Cluster, annotations: Annotations): readonly string[] =>
  YOUNG.flatMap((name) => {
    const release = laterRelease(cluster, name);
    return release === undefined || annotations.text(name) === undefined
      ? []
      : [
          `the cloud controller manager of Kubernetes ${cluster.version} is taken to be ${release} or newer, the first there to read aws-load-balancer-${name}`,
        ];
  });
