import type { KubeProxyConfig } from '../../cluster/index.ts';
import { cidrContains, type Family, familyOf, type Ip, ip } from '../../net/index.ts';
import type { ProxyNode } from './proxy-node.ts';

const LOCALHOST = ip('127.0.0.1');

/**
 * The addresses that answer node ports: undefined for all, else those of the node's devices inside the configured blocks,
 * sorted. Blocks of the other family alone mean all of this one (pkg/proxy/util/nodeport_addresses.go, NewNodePortAddresses).
 */
export function nodePortAddresses(
  config: KubeProxyConfig,
  family: Family,
  node: ProxyNode,
  localhost: boolean,
): readonly Ip[] | undefined {
  const ours = (each: Ip): boolean => familyOf(each) === family;
  if (config.nodePortAddresses === 'primary') {
    const own = node.ips.filter(ours).slice(0, 1);
    return own.length === 0 ? undefined : own;
  }
  const blocks = config.nodePortAddresses.filter((block) => block.family === family);
  if (blocks.length === 0 || blocks.some((block) => block.prefix === 0)) return undefined;
  // GetNodeIPs asks the devices; lo has this one address of its block.
  const matching = node.deviceIps.filter((each) => ours(each) && blocks.some((block) => cidrContains(block, each)));
  const loopback = localhost && blocks.some((block) => cidrContains(block, LOCALHOST));
  return [...matching, ...(loopback ? [LOCALHOST] : [])].sort();
}
