import type { PodEntry } from '../../../world/index.ts';

const LONGEST_HOSTNAME = 63;

/** /etc/hosts as kubelet writes it into every pod with a network of its own (pkg/kubelet/kubelet_pods.go managedHostsFileContent). */
export function hostsFile({ name, addresses }: PodEntry): string {
  const lines = [
    '# Kubernetes-managed hosts file.',
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    'fe00::0\tip6-localnet',
    'fe00::0\tip6-mcastprefix',
    'fe00::1\tip6-allnodes',
    'fe00::2\tip6-allrouters',
    ...addresses.map((address) => `${address}\t${name.slice(0, LONGEST_HOSTNAME)}`),
  ];
  return `${lines.join('\n')}\n`;
}
