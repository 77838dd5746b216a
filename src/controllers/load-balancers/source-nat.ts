import { type Issue, showSource } from '../../base/index.ts';
import type { Service, SubnetSpec } from '../../cluster/index.ts';
import { cidrContains, cidrFirst, parseCidr } from '../../net/index.ts';
import { keyOf } from '../labels.ts';
import type { Annotations } from './annotations.ts';
import type { ListenerPort } from './listeners.ts';

const ENABLE = 'enable-prefix-for-ipv6-source-nat';
const PREFIXES = 'source-nat-ipv6-prefixes';
const PREFIX_LENGTH = 80;

/**
 * The listeners of a load balancer as source NAT by IPv6 prefixes leaves them. One with addresses of both families has UDP with it
 * alone (aws-load-balancer-controller docs/guide/service/annotations.md): without, ELBv2 refuses the listener, and the controller,
 * which registers targets after the listeners, none (pkg/deploy/stack_deployer.go); undefined then. With it, what source address
 * a target sees is documented nowhere.
 */
export function withSourceNat(
  service: Service,
  annotations: Annotations,
  { dualstack, subnets }: { readonly dualstack: boolean; readonly subnets: readonly SubnetSpec[] },
  ports: readonly ListenerPort[],
  issues: Issue[],
): readonly ListenerPort[] | undefined {
  const isOn = annotations.text(ENABLE) === 'on';
  checkPrefixes(annotations, subnets);
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

/** `auto_assigned` or a /80 of the subnet, one for each (pkg/networking/utils.go ValidateSourceNatPrefixes). */
function checkPrefixes(annotations: Annotations, subnets: readonly SubnetSpec[]): void {
  (annotations.list(PREFIXES) ?? []).forEach((text, i) => {
    const block = parseCidr(text);
    const fits =
      block?.family === 6 &&
      block.prefix === PREFIX_LENGTH &&
      subnets[i]?.cidrs.some((of) => of.family === 6 && cidrContains(of, cidrFirst(block)));
    if (text !== 'auto_assigned' && fits !== true)
      annotations.refuse(PREFIXES, {
        expected: `expected auto_assigned or a /${PREFIX_LENGTH} of subnet ${subnets[i]?.id}, not "${text}"`,
      });
  });
}
