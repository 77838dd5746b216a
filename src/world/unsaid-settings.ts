import type { Netns, Unmodelled } from '../linux/index.ts';

/** A setting no file has a value of. */
type UnsaidSetting = Unmodelled & { readonly scope: { readonly kind: 'sysctl'; readonly name: string } };

/**
 * What a namespace's `sysctl` file leaves open of the settings that images differ in, where a walk asks for it: forwarding, the
 * reverse-path filter. `file` is the file's name.
 */
export function unsaidSettings({ sysctls, links, addresses }: Netns, file: string): readonly UnsaidSetting[] {
  const says = (name: string): boolean => sysctls.has(name);
  const eachSays = (key: string): boolean =>
    links.every(({ ifname }) => ifname === 'lo' || says(`net.ipv4.conf.${ifname.replaceAll('.', '/')}.${key}`));
  const unsaid: string[] = [];
  if (!says(FORWARD) && !says('net.ipv4.conf.all.forwarding') && !eachSays('forwarding')) unsaid.push(FORWARD);
  if (!says(RP_FILTER) || !(says('net.ipv4.conf.default.rp_filter') || eachSays('rp_filter'))) unsaid.push(RP_FILTER);
  if (!says(FORWARD6) && addresses.some(({ family, dev }) => family === 6 && dev !== 'lo')) unsaid.push(FORWARD6);
  return unsaid.map((name) => ({
    scope: { kind: 'sysctl', name },
    what: `${file} does not say ${name}${name === RP_FILTER ? ', or not for every device' : ''}`,
    at: { file },
  }));
}

const FORWARD = 'net.ipv4.ip_forward';
const RP_FILTER = 'net.ipv4.conf.all.rp_filter';
const FORWARD6 = 'net.ipv6.conf.all.forwarding';

/** Settings the kernel has one default for, which holds where a file does not name them: said once for all of them. */
const DEFAULTS: readonly (readonly [string, string])[] = [
  ['net.ipv4.ip_default_ttl', '64'],
  ['net.netfilter.nf_conntrack_tcp_be_liberal', '0'],
  ['net.netfilter.nf_conntrack_tcp_timeout_established', '432000'],
];

/** Of the settings walks ask for, those a file does not name. */
export const unsaidNames = (sysctls: Netns['sysctls']): readonly string[] =>
  [FORWARD, RP_FILTER, ...DEFAULTS.map(([name]) => name)].filter(
    (name) => !sysctls.has(name) && !(name === FORWARD && sysctls.has('net.ipv4.conf.all.forwarding')),
  );

/** Of namespaces whose files were read. */
export function takenDefaults(netns: Iterable<Netns>): readonly string[] {
  const lacking = DEFAULTS.map(([name, value]) => ({ name, value, of: [] as string[] }));
  for (const { id, sysctls } of netns)
    for (const each of lacking) if (sysctls.size > 0 && !sysctls.has(each.name)) each.of.push(id);
  return lacking.flatMap(({ name, value, of: [first, ...others] }) => {
    if (first === undefined) return [];
    const where = others.length === 0 ? first : `${first} and ${others.length} more`;
    return [`${name} is ${value}, the kernel's default: the sysctl file of ${where} does not say`];
  });
}
