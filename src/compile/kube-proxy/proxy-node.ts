import type { Ip } from '../../net/index.ts';

/** What kube-proxy knows of the node it runs on. */
export interface ProxyNode {
  readonly name: string;
  readonly zone: string;
  /** Its own, as the Node object has them. */
  readonly ips: readonly Ip[];
  /** Those of every device but `lo`. */
  readonly deviceIps: readonly Ip[];
  /** Whether its kernel takes packets out of a window (`nf_conntrack_tcp_be_liberal`) as kube-proxy starts. */
  readonly liberal: boolean;
}
