import { showSource } from '../base/index.ts';
import { cidr, cidrContains, type Ip } from '../net/index.ts';
import type { Cause, Headers } from '../trace/index.ts';
import type { Directory, NodePortScope } from '../world/index.ts';

const LOOPBACK = { 4: cidr('127.0.0.0/8'), 6: cidr('::1/128') } as const;

/**
 * A node has no socket for a node port: where no rule of kube-proxy translates the packet, its port is closed. Either the
 * Service has the port for another protocol, or kube-proxy leaves the address out: `nodePortAddresses`, and of loopback all
 * but IPv4 in iptables mode with `localhostNodePorts` (pkg/proxy/iptables/proxier.go, NewProxier; nftables/proxier.go).
 */
export function nodePortCause(directory: Directory, { protocol, dst, dport, family }: Headers): Cause | undefined {
  const having = directory.services.flatMap(({ namespace, name, ports }) =>
    ports
      .filter(({ nodePort }) => nodePort !== undefined && nodePort === dport)
      .map((port) => ({ service: `${namespace}/${name}`, port })),
  );
  const [first] = having;
  if (first === undefined || dport === undefined) return undefined;
  const own = having.find(({ port }) => port.protocol === protocol);
  if (own === undefined) {
    const serves = [...new Set(having.map(({ port }) => port.protocol))];
    return { kind: 'node-port-protocol', service: first.service, port: dport, asked: protocol, serves };
  }
  const { nodePorts } = directory;
  const cause = { kind: 'node-port-address', service: own.service, port: dport, address: dst } as const;
  if (nodePorts === undefined) return undefined;
  if (cidrContains(LOOPBACK[family], dst)) {
    const opens = family === 4 && nodePorts.mode === 'iptables' && !nodePorts.localhostNodePorts;
    return opens
      ? { ...cause, setting: setting(nodePorts, restricted(nodePorts) ? 'nodePortAddresses' : 'localhostNodePorts') }
      : cause;
  }
  return restricted(nodePorts) ? { ...cause, setting: setting(nodePorts, 'nodePortAddresses') } : undefined;
}

const restricted = ({ nodePortAddresses }: NodePortScope): boolean => nodePortAddresses.length > 0;

type Setting = { readonly name: 'localhostNodePorts' | 'nodePortAddresses'; readonly at?: string };

function setting({ said }: NodePortScope, name: Setting['name']): Setting {
  const at = said[name];
  return { name, ...(at === undefined ? {} : { at: showSource(at) }) };
}

/** What to do instead, or turn. */
export function nodePortAdvice(cause: Extract<Cause, { kind: 'node-port-protocol' | 'node-port-address' }>): string {
  const { service, port } = cause;
  if (cause.kind === 'node-port-protocol') {
    const serves = cause.serves.join(' and ');
    return `${port} is a node port of Service ${service} for ${serves}: ask it with --proto ${cause.serves[0] ?? ''}, or give the Service a ${cause.asked} port with this nodePort`;
  }
  const said =
    cause.setting === undefined
      ? ''
      : `, by its setting ${cause.setting.name}${cause.setting.at === undefined ? '' : ` (${cause.setting.at})`}`;
  return `kube-proxy does not serve node port ${port} of Service ${service} at ${cause.address}${said}: call ${isLoopback(cause.address) ? 'an address of the node that is no loopback one' : 'another address of the node'}`;
}

const isLoopback = (address: Ip): boolean => cidrContains(LOOPBACK[address.includes(':') ? 6 : 4], address);
