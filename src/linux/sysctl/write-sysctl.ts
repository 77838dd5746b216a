/**
 * One write to /proc/sys, and what the kernel changes along with it. IPv4's `ip_forward` and `conf.all.forwarding` are one
 * variable: a change of it overwrites `default` and every device (net/ipv4/devinet.c devinet_sysctl_forward,
 * inet_forward_change), and turns `all.accept_redirects` the other way. IPv6 does likewise with `conf.all.forwarding`
 * (net/ipv6/addrconf.c addrconf_fixup_forwarding). Writing the value that is there changes nothing else. IPv6's
 * `conf.all.disable_ipv6` overwrites them whatever it was (addrconf_disable_ipv6).
 */
export function writeSysctl(sysctls: Map<string, string>, name: string, value: string): void {
  if (name === DISABLE6) for (const known of sysctls.keys()) if (DISABLES6.test(known)) sysctls.set(known, value);
  const family = name === IP_FORWARD || name === ALL[4] ? 4 : name === ALL[6] ? 6 : undefined;
  if (family === undefined) {
    sysctls.set(name, value);
    return;
  }
  const names = family === 4 ? [IP_FORWARD, ALL[4]] : [ALL[6]];
  const before = names.map((each) => sysctls.get(each)).find((each) => each !== undefined);
  for (const each of names) sysctls.set(each, value);
  if (before === value) return;
  const device = family === 4 ? /^net\.ipv4\.conf\.[^.]+\.forwarding$/ : /^net\.ipv6\.conf\.[^.]+\.forwarding$/;
  for (const known of sysctls.keys()) if (device.test(known)) sysctls.set(known, value);
  if (family === 4 && sysctls.has(REDIRECTS)) sysctls.set(REDIRECTS, value === '0' ? '1' : '0');
}

const DISABLE6 = 'net.ipv6.conf.all.disable_ipv6';
const DISABLES6 = /^net\.ipv6\.conf\.[^.]+\.disable_ipv6$/;
const IP_FORWARD = 'net.ipv4.ip_forward';
const ALL = { 4: 'net.ipv4.conf.all.forwarding', 6: 'net.ipv6.conf.all.forwarding' } as const;
const REDIRECTS = 'net.ipv4.conf.all.accept_redirects';
