import type { Issue } from '../../base/index.ts';
import type { ConfigMap } from '../objects.ts';
import { type Fields, maybe } from '../read/fields.ts';
import { isObject } from '../read/raw-document.ts';
import { type CniSource, newRecord } from './cni-drift.ts';
import { copyEnv, type Unread } from './cni-pod-env.ts';
import { cniVariables, initVariables } from './cni-variables.ts';
import { parseCniVersion } from './cni-version.ts';

export interface LiveCni extends CniSource {
  readonly unread: readonly Unread[];
}

/** Every pod of a DaemonSet has its template, but for a rollout under way: then the nodes differ, and that is said. */
export function onePod(pods: readonly Fields[], issues: Issue[]): Fields | undefined {
  const [first, ...others] = pods;
  if (first === undefined) return undefined;
  const wanted = described(first);
  for (const pod of others) {
    const differing = differences(wanted, described(pod));
    if (differing.length === 0) continue;
    issues.push({
      code: 'cni-rollout',
      severity: 'warning',
      at: pod.document.source,
      message: `This aws-node pod differs from the one at ${first.document.source.file}:${first.document.source.line ?? 1} in ${differing.join(', ')}`,
      expected: 'expected every node to run one configuration; all nodes are taken to run the first one',
    });
  }
  return first;
}

function described(pod: Fields): ReadonlyMap<string, string> {
  const { version, env, initEnv } = readAwsNode(pod, [], []);
  const values = [...Object.entries(env), ...Object.entries(initEnv)].map(
    ([name, { value }]) => [name, value] as const,
  );
  return new Map([...values, ['its version', JSON.stringify(version?.value ?? null)]]);
}

const differences = (one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): string[] =>
  [...new Set([...one.keys(), ...other.keys()])].filter((name) => one.get(name) !== other.get(name)).toSorted();

/** Only an API server sets uids. */
const isLive = ({ value }: Fields['document']): boolean =>
  isObject(value.metadata) && typeof value.metadata.uid === 'string';

/** A pod, or the template of one. */
export function readAwsNode(pod: Fields, configMaps: readonly ConfigMap[], issues: Issue[]): LiveCni {
  const env = newRecord();
  const initEnv = newRecord();
  const whole = isLive(pod.document);
  const spec = pod.child('spec');
  const containers = spec?.children('containers') ?? [];
  const node = containers.find((container) => container.get('name') === 'aws-node') ?? containers[0];
  const init = spec?.children('initContainers').find((container) => container.get('name') === 'aws-vpc-cni-init');
  const unread = [
    ...copyEnv(node, env, cniVariables, configMaps, issues),
    ...copyEnv(init, initEnv, initVariables, configMaps, issues),
  ];
  const agent = containers.find((container) => container.get('name') === 'aws-eks-nodeagent');
  const flag = agent?.list('args').find((arg) => typeof arg === 'string' && arg.startsWith('--enable-network-policy='));
  const tag = /:(v?[\d.]+[^:@/]*)(?:@|$)/.exec(node?.string('image') ?? '')?.[1];
  const version = tag === undefined ? undefined : parseCniVersion(tag);
  return {
    env,
    initEnv,
    whole,
    unread,
    source: node?.place() ?? pod.place(),
    ...maybe(
      'version',
      version === undefined ? undefined : { value: version, at: node?.place('image') ?? pod.place() },
    ),
    ...(flag === undefined && !whole
      ? {}
      : {
          enableNetworkPolicy: {
            value: flag === '--enable-network-policy=true',
            at: agent?.place() ?? pod.place(),
          },
        }),
  };
}
