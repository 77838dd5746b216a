import type { PodSpec } from '../objects.ts';
import type { Fields } from '../read/fields.ts';

/** apimachinery's SysctlContainSlashFmt: segments of small letters, digits, `-` and `_`, between dots or slashes. */
const NAME = /^[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?(?:[./][a-z0-9](?:[-_a-z0-9]*[a-z0-9])?)*$/;
const MAX_NAME = 253;
const HOST_NETWORK = "may not be set in a pod with hostNetwork: they are its node's";

/**
 * `securityContext.sysctls` of a pod spec, names with dots, as the API server takes them (pkg/apis/core/validation,
 * validateSysctls and ValidateHostSysctl). Undefined: none.
 */
export function readSysctls(spec: Fields, hostNetwork: boolean): PodSpec['sysctls'] {
  const context = spec.child('securityContext');
  if (context === undefined || !context.has('sysctls')) return undefined;
  const seen = new Set<string>();
  const read = context.each('sysctls', (entry) => {
    const given = entry.required('name');
    const name = dotted(given);
    const refuse = (message: string): void => entry.complain(['name'], { code: 'sysctl', message });
    if (given !== '' && (given.length > MAX_NAME || !NAME.test(given))) refuse(`"${given}" is no name of a sysctl`);
    else if (seen.has(name)) refuse(`Sysctl "${name}" is set twice in this pod`);
    else if (hostNetwork && name.startsWith('net.')) refuse(`Sysctl "${name}": those under "net." ${HOST_NETWORK}`);
    seen.add(name);
    return { name, value: entry.required('value') };
  });
  return read.length === 0 ? undefined : read;
}

/** A name whose first separator is a slash has its dots inside device names (component-helpers, ConvertSysctlVariableToDotsSeparator). */
function dotted(name: string): string {
  if (name[name.search(/[./]/)] !== '/') return name;
  return name.replace(/[./]/g, (separator) => (separator === '/' ? '.' : '/'));
}
