import { type Issue, showSource } from '../../base/index.ts';
import type { Service } from '../../cluster/index.ts';
import { keyOf } from '../labels.ts';
import type { Annotations } from './annotations.ts';
import type { ListenerPort } from './listeners.ts';

const ENABLE = 'enable-prefix-for-ipv6-source-nat';

/**
 * The listeners of a load balancer as source NAT by IPv6 prefixes leaves them. One with addresses of both families has UDP with it
 * alone (aws-load-balancer-controller docs/guide/service/annotations.md): without, ELBv2 refuses the listener, and the controller,
 * which registers targets after the listeners, none (pkg/deploy/stack_deployer.go); undefined then. With it, what source address
 * a target sees is documented nowhere.
 */
export function withSourceNat(
  service: Service,
  annotations: Annotations,
  dualstack: boolean,
  ports: readonly ListenerPort[],
  issues: Issue[],
): readonly ListenerPort[] | undefined {
  const isOn = annotations.text(ENABLE) === 'on';
  const udp = ports.find(({ protocol }) => protocol === 'UDP' || protocol === 'TCP_UDP');
  if (!dualstack || (udp === undefined && !isOn)) return ports;
  if (!isOn) {
    issues.push({
      code: 'listener-not-made',
      severity: 'warning',
      at: service.source,
      message: `Service "${keyOf(service)}" wants ${udp?.protocol} on a load balancer with IPv6 addresses, which has none: the controller fails before it registers targets`,
      expected: `annotation aws-load-balancer-${ENABLE}: "on", or ip-address-type: ipv4`,
    });
    return undefined;
  }
  const at = showSource(annotations.place(ENABLE));
  const unmodelled = `what source address a target sees behind IPv6 prefixes for source NAT is documented nowhere (${ENABLE}, ${at})`;
  return ports.map((port) => ({ ...port, unmodelled: port.unmodelled ?? unmodelled }));
}
