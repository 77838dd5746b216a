import type { Issue, Parsed, SourceRef } from '../base/index.ts';
import { type Cluster, isTerminal, type Pod } from '../cluster/index.ts';
import { keyOf } from './labels.ts';

/** What every kubelet lets a pod set (pkg/kubelet/sysctl/safe_sysctls.go, v1.34). */
const SAFE: ReadonlySet<string> = new Set([
  'kernel.shm_rmid_forced',
  ...`ip_local_port_range tcp_syncookies ping_group_range ip_unprivileged_port_start ip_local_reserved_ports
  tcp_keepalive_time tcp_fin_timeout tcp_keepalive_intvl tcp_keepalive_probes tcp_rmem tcp_wmem`
    .split(/\s+/)
    .map((name) => `net.ipv4.${name}`),
]);

/** Sysctls the kernel keeps a namespace (component-helpers, node/util/sysctl NamespacedBy); no kubelet allows any other. */
const NAMESPACED = /^(?:net\.|fs\.mqueue\.|kernel\.(?:sem$|shm|msg))/;

/**
 * The kubelet's admission of sysctls (pkg/kubelet/sysctl/allowlist.go, Admit). A pod with one that is no namespace's
 * never runs: its phase is Failed. One beside the safe list needs the kubelet's `allowedUnsafeSysctls`, which the input
 * seldom shows: it is taken as allowed, and that is said. A pod an API server shows as running is past this.
 */
export function admitPods(cluster: Cluster): Parsed<Cluster> {
  const asking = cluster.pods.filter((pod) => pod.spec.sysctls !== undefined && isToBeAdmitted(pod));
  if (asking.length === 0) return { value: cluster, issues: [] };
  const allowed = new Map(cluster.nodeSpecs.map((spec) => [spec.name, spec.allowedUnsafeSysctls ?? []]));
  const refused = new Map<string, Asking>();
  const unsure = new Map<string, Asking>();
  const failed = new Map<Pod, string>();
  for (const pod of asking) {
    const settings = pod.spec.sysctls ?? [];
    const forbidden = settings.filter(({ name }) => !NAMESPACED.test(name));
    for (const setting of forbidden) add(refused, setting, pod);
    const [first] = forbidden;
    if (first !== undefined) {
      failed.set(pod, first.name);
      continue;
    }
    const patterns = allowed.get(pod.spec.nodeName ?? '') ?? [];
    for (const setting of settings) if (!isAllowed(setting.name, patterns)) add(unsure, setting, pod);
  }
  const issues = [
    ...[...refused].map(([name, asking]) => refusal(name, asking)),
    ...[...unsure].map(([name, asking]) => caution(name, asking)),
  ];
  if (failed.size === 0) return { value: cluster, issues };
  const pods = cluster.pods.map((pod) =>
    failed.has(pod)
      ? { ...pod, status: { ...pod.status, phase: 'Failed' as const, why: forbids(failed.get(pod)), podIPs: [] } }
      : pod,
  );
  return { value: { ...cluster, pods }, issues };
}

const forbids = (sysctl = ''): string => `SysctlForbidden: forbidden sysctl: "${sysctl}" not allowlisted`;

const isToBeAdmitted = (pod: Pod): boolean =>
  !isTerminal(pod) && (pod.metadata.uid === undefined || pod.status.podIPs.length === 0);

const isAllowed = (name: string, patterns: readonly string[]): boolean =>
  SAFE.has(name) ||
  patterns.some((pattern) => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern));

/** Pods that set one name, and where the first of them does. */
interface Asking {
  readonly at: SourceRef;
  readonly pods: Pod[];
}

function add(groups: Map<string, Asking>, { name, at }: NonNullable<Pod['spec']['sysctls']>[number], pod: Pod): void {
  const known = groups.get(name);
  if (known === undefined) groups.set(name, { at, pods: [pod] });
  else known.pods.push(pod);
}

const refusal = (name: string, { at, pods }: Asking): Issue => ({
  code: 'pod-sysctl-forbidden',
  severity: 'warning',
  at,
  message: `${who(pods)} never runs (SysctlForbidden): ${name} belongs to no namespace, and no kubelet lets a pod set it`,
});

const caution = (name: string, { at, pods }: Asking): Issue => ({
  code: 'pod-sysctl-unsafe',
  severity: 'warning',
  at,
  message: `${who(pods)} sets ${name}, which a kubelet refuses unless its allowedUnsafeSysctls names it: taken as allowed`,
});

const who = (pods: readonly Pod[]): string => {
  const [first, ...more] = pods;
  const name = first === undefined ? '' : `Pod "${keyOf(first)}"`;
  return more.length === 0 ? name : `${name} (and ${more.length} more)`;
};
