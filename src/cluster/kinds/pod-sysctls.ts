import type { PodSpec } from '../objects.ts';
import type { Fields } from '../read/fields.ts';
import { isObject } from '../read/raw-document.ts';

/** apimachinery's SysctlContainSlashFmt: segments of small letters, digits, `-` and `_`, between dots or slashes. */
const NAME = /^[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?(?:[./][a-z0-9](?:[-_a-z0-9]*[a-z0-9])?)*$/;
const MAX_NAME = 253;

/**
 * `securityContext.sysctls` of a pod spec, names with dots, as the API server takes them (pkg/apis/core/validation,
 * validateSysctls and ValidateHostSysctl). Undefined: none.
 */
export function readSysctls(spec: Fields, hostNetwork: boolean): PodSpec['sysctls'] {
  const context = spec.child('securityContext');
  if (context === undefined || !context.has('sysctls')) return undefined;
  const whose = ownerOf(spec);
  const seen = new Set<string>();
  const read = context.each('sysctls', (entry) => {
    const given = entry.required('name');
    const name = dotted(given);
    const refuse = (message: string): void => entry.complain(['name'], { code: 'sysctl', message });
    if (given !== '' && (given.length > MAX_NAME || !NAME.test(given)))
      refuse(`${whose} sets "${given}", which is no name of a sysctl`);
    else if (seen.has(name)) refuse(`${whose} sets ${name} twice`);
    else if (hostNetwork && name.startsWith('net.'))
      refuse(`${whose} has hostNetwork and sets ${name}: what is under "net." there is its node's`);
    seen.add(name);
    return { name, value: entry.required('value'), at: entry.place() };
  });
  return read.length === 0 ? undefined : read;
}

/** `Pod "app/agent"`, `DaemonSet "kube-system/agent"`: the object the spec is in. */
function ownerOf({ document: { kind, value } }: Fields): string {
  const { metadata } = value;
  const { name = '', namespace = 'default' } = isObject(metadata) ? metadata : {};
  return `${kind} "${String(namespace)}/${String(name)}"`;
}

/** A name whose first separator is a slash has its dots inside device names (component-helpers, ConvertSysctlVariableToDotsSeparator). */
function dotted(name: string): string {
  if (name[name.search(/[./]/)] !== '/') return name;
  return name.replace(/[./]/g, (separator) => (separator === '/' ? '.' : '/'));
}
