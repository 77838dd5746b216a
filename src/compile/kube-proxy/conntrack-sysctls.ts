import type { KubeProxyConfig } from '../../cluster/index.ts';

const DIRECTORY = 'net.netfilter.nf_conntrack_';

/**
 * What kube-proxy writes as it starts (cmd/kube-proxy/app/server_linux.go setupConntrack, conntrack.go setIntSysCtl): a
 * time of 0 leaves the node's own. Releases 1.22 to 1.28 only raise a setting (kubernetes #103174, reverted by #120448).
 *
 * The table's size depends on the cores, so it is told where they are known. From 1.36 a larger table is kept (#142035),
 * as it was up to 1.28, and the kernel sizes its own by the memory: there it is not told.
 */
export function conntrackSysctls(
  { conntrack }: KubeProxyConfig,
  version: string,
  vcpus: number | undefined,
  before: ReadonlyMap<string, string>,
): readonly (readonly [string, string])[] {
  const release = minorOf(version);
  const raises = release >= 22 && release <= 28;
  const times: readonly (readonly [string, number])[] = [
    ['tcp_timeout_established', conntrack.tcpEstablishedTimeout],
    ['tcp_timeout_close_wait', conntrack.tcpCloseWaitTimeout],
    ['tcp_be_liberal', conntrack.tcpBeLiberal ? 1 : 0],
    ['udp_timeout', conntrack.udpTimeout],
    ['udp_timeout_stream', conntrack.udpStreamTimeout],
  ];
  const written = times.filter(
    ([name, value]) => value > 0 && !(raises && Number(before.get(DIRECTORY + name) ?? 0) > value),
  );
  const size = raises || release >= 36 ? undefined : tableSize(conntrack, vcpus);
  return [...written, ...(size === undefined ? [] : [['max', size] as const])].map(
    ([name, value]) => [DIRECTORY + name, String(value)] as const,
  );
}

/** getConntrackMax; undefined: left as it is, or nobody knows the cores. */
function tableSize({ maxPerCore, min }: KubeProxyConfig['conntrack'], vcpus: number | undefined): number | undefined {
  return maxPerCore === 0 || vcpus === undefined ? undefined : Math.max(maxPerCore * vcpus, min);
}

/** `34` of `1.34`. */
const minorOf = (version: string): number => Number(version.split('.')[1] ?? 0);
