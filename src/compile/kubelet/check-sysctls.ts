import { didYouMean, type Issue, type SourceRef } from '../../base/index.ts';
import type { Pod } from '../../cluster/index.ts';
import { sysctlFault, sysctlsLike } from '../../linux/index.ts';

type Setting = NonNullable<Pod['spec']['sysctls']>[number];

/**
 * The settings the kernel of a node or a pod takes. A pod's runtime writes them after the network is set up (runtime-spec,
 * `linux.sysctl`): with a name that is not there, or a value the kernel rejects, the pod does not start.
 */
export function checkSysctls(
  settings: readonly Setting[],
  devices: readonly string[],
  of: { readonly who: string; readonly at: SourceRef },
  issues: Issue[],
): readonly Setting[] {
  return settings.filter(({ name, value }) => {
    const fault = sysctlFault(name, value);
    if (fault !== undefined) {
      issues.push({
        code: 'sysctl',
        severity: 'error',
        at: of.at,
        message: `${of.who} sets ${name} to "${value}"`,
        expected: `expected ${fault}`,
      });
      return false;
    }
    const known = sysctlsLike(name, devices);
    if (known === undefined || known.includes(name)) return true;
    issues.push(unknown(name, known, of));
    return false;
  });
}

/** An error where a real name is near; a name of another kernel is said to be unknown. */
function unknown(
  name: string,
  known: readonly string[],
  { who, at }: { readonly who: string; readonly at: SourceRef },
): Issue {
  const near = didYouMean(name, known);
  const severity = near.hint === undefined ? 'warning' : 'error';
  return {
    code: 'sysctl',
    severity,
    at,
    message: `${who} sets ${name}, which is no sysctl that is known`,
    ...near,
  };
}
