import type { Cause, Finding } from '../trace/index.ts';

/** One change of the question or of the cluster's settings that may let it through; whether it does, a walk shows. */
export interface Remedy {
  /** What it does, as the last part of an advice; `alone`, it says all there is to do. */
  readonly words: string;
  readonly alone?: true;
  readonly change: Change;
  /** Of a size: where its figure is from. */
  readonly said?: string;
}

export type Change =
  | { readonly kind: 'set'; readonly key: string; readonly value: string }
  | { readonly kind: 'size'; readonly bytes: number };

/** `--set KEY=VALUE`, `--size 1500`: as a command line takes it. */
export const flagOf = (change: Change): string =>
  change.kind === 'set' ? `--set ${change.key}=${change.value}` : `--size ${change.bytes}`;

const set = (words: string, key: string, value: string): Remedy => ({ words, change: { kind: 'set', key, value } });

/** The changes worth trying against what killed a packet, the best first. */
export function remediesFor(cause: Cause): readonly Remedy[] {
  switch (cause.kind) {
    case 'no-local-endpoints':
      return [set('use traffic policy Cluster', `svc/${cause.service}:spec.${cause.policy}`, 'Cluster')];
    case 'private-source':
      return [
        set('let the node translate it', 'AWS_VPC_K8S_CNI_EXTERNALSNAT', 'false'),
        set(
          'let the node translate what pods with groups of their own send',
          'POD_SECURITY_GROUP_ENFORCING_MODE',
          'standard',
        ),
      ];
    case 'source-check':
      return onSourceCheck(cause);
    case 'early-demux':
      return onEarlyDemux(cause.sysctl);
    case 'node-port-address':
      return onNodePort(cause);
    case 'rule':
      return cause.patch === undefined ? [] : [set('leave the patch off', `patch/${cause.patch}`, 'off')];
    case 'message-size':
      return [sized(cause.mtu, `the socket is told ${cause.mtu}: EMSGSIZE`)];
    case 'mtu':
      return cause.told === undefined
        ? [sized(cause.mtu, 'no ICMP error comes back to say so')]
        : [sized(cause.told, `the ICMP error that comes back says ${cause.told}`)];
    default:
      return [];
  }
}

/** The change that shows whether a finding's fix holds: with it the far end sees the pod. */
export const remedyOf = ({ code }: Finding): Remedy | undefined =>
  code === 'source-hidden' ? set('turn node SNAT off', 'AWS_VPC_K8S_CNI_EXTERNALSNAT', 'true') : undefined;

function onNodePort({ setting, address }: Extract<Cause, { kind: 'node-port-address' }>): readonly Remedy[] {
  switch (setting?.name) {
    case 'localhostNodePorts':
      return [set('let kube-proxy serve loopback too', 'kubeProxy.localhostNodePorts', 'true')];
    case 'nodePortAddresses':
      return [
        set(
          'let kube-proxy serve every address',
          'kubeProxy.nodePortAddresses',
          address.includes(':') ? '::/0' : '0.0.0.0/0',
        ),
      ];
    case undefined:
      return [];
  }
}

function onSourceCheck({ story }: Extract<Cause, { kind: 'source-check' }>): readonly Remedy[] {
  if (story === 'reply') {
    const words =
      'let the CNI mark what arrives on the primary ENI, so that its replies leave there: node port support';
    return [
      { ...set(words, 'AWS_VPC_CNI_NODE_PORT_SUPPORT', 'true'), alone: true },
      { ...set(ONE_RULE, 'AWS_VPC_K8S_CNI_EXTERNALSNAT', 'true'), alone: true },
    ];
  }
  if (story === 'own-pod') return [DIRECTLY];
  return story === 'translated'
    ? [set('let the node leave the source as it is', 'AWS_VPC_K8S_CNI_EXTERNALSNAT', 'true')]
    : [];
}

const DIRECTLY = set('let nodes reach their own pods directly', 'POD_SECURITY_GROUP_ENFORCING_MODE', 'standard');

function onEarlyDemux(sysctl: string): readonly Remedy[] {
  const byCni =
    sysctl === 'net.ipv4.tcp_early_demux'
      ? [set("have the CNI's init container turn it off", 'DISABLE_TCP_EARLY_DEMUX', 'true')]
      : [];
  return [...byCni, DIRECTLY];
}

/** VPC CNI #1475. */
const ONE_RULE =
  'let nodes translate nothing: then the ip rule of a pod on a secondary ENI holds towards every destination (since VPC CNI 1.8 it does either way)';

const sized = (bytes: number, said: string): Remedy => ({ ...sizedAs(bytes, said), said });

const sizedAs = (bytes: number, said: string): Remedy => ({
  words: `send packets of at most ${bytes} bytes (${said})`,
  change: { kind: 'size', bytes },
});

/** A smaller link stands behind one that says its own size: each figure beside the walk that showed it. */
export function narrowed(first: Remedy, behind: Remedy): Remedy {
  if (first.change.kind !== 'size' || behind.change.kind !== 'size') return behind;
  const said = `${first.said ?? ''}; then, at ${first.change.bytes} bytes, ${behind.said ?? ''}`;
  return sizedAs(behind.change.bytes, said);
}
