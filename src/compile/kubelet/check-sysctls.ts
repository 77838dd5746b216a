import { didYouMean, type Issue, type SourceRef } from '../../base/index.ts';
import type { Cluster, Pod, Workload } from '../../cluster/index.ts';
import { sysctlFault, sysctlsLike } from '../../linux/index.ts';

type Setting = NonNullable<Pod['spec']['sysctls']>[number];

/** Every pod's, and the second one a pod may get for the other family. */
const POD_DEVICES = ['lo', 'eth0', 'v4if0', 'v6if0'];

/**
 * The settings the kernel of a node or a pod takes. A pod's runtime writes them after the network is set up (runtime-spec,
 * `linux.sysctl`): with a name that is not there, or a value the kernel rejects, the pod does not start.
 */
export function checkSysctls(
  settings: readonly Setting[],
  devices: readonly string[],
  who: string,
  issues: Issue[],
): readonly Setting[] {
  return settings.filter(({ name, value, at }) => {
    const fault = sysctlFault(name, value);
    if (fault !== undefined) {
      issues.push({
        code: 'sysctl',
        severity: 'error',
        at,
        message: `${who} sets ${name} to "${value}"`,
        expected: `expected ${fault}`,
      });
      return false;
    }
    const known = sysctlsLike(name, devices);
    if (known === undefined || known.includes(name)) return true;
    issues.push(unknown(name, known, who, at));
    return false;
  });
}

/**
 * What the kernel would not take of the pods of an input that is not read to its end, so that one run names every mistake.
 * Which devices a pod gets is not settled then: those it may get count.
 */
export function checkPodSysctls({ pods, workloads }: Pick<Cluster, 'pods' | 'workloads'>): readonly Issue[] {
  const issues: Issue[] = [];
  const check = ({ kind, metadata }: Pod | Workload, { sysctls = [] }: Pod['spec']): void => {
    checkSysctls(sysctls, POD_DEVICES, `${kind} "${metadata.namespace}/${metadata.name}"`, issues);
  };
  for (const pod of pods) check(pod, pod.spec);
  for (const workload of workloads) check(workload, workload.template.spec);
  return issues;
}

/** An error where a real name is near; a name of another kernel is said to be unknown. */
function unknown(name: string, known: readonly string[], who: string, at: SourceRef): Issue {
  const near = didYouMean(name, known);
  const severity = near.hint === undefined ? 'warning' : 'error';
  return {
    code: 'sysctl',
    severity,
    at,
    message: `${who} sets ${name}, which is no sysctl that is known${severity === 'warning' ? ': it is left out' : ''}`,
    ...near,
  };
}
