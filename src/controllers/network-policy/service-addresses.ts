import type {
  EndpointInfo,
  EndpointPort,
  IpProtocolName,
  LabelSelector,
  PolicyRulePort,
  Service,
} from '../../cluster/index.ts';
import { cidrOf, parseIp } from '../../net/index.ts';
import { selectorMatches } from '../labels.ts';
import { containerPort } from './policy-ports.ts';
import type { PolicyView } from './policy-view.ts';

/**
 * ClusterIPs an egress rule lets through: a packet is judged before its node translates it. The Service's selector itself
 * must match the rule's podSelector, as if it were a pod's labels, and its own port number is what is let through
 * (pkg/resolvers/endpoints.go getMatchingServiceClusterIPs).
 */
export const serviceAddresses = (
  ports: readonly PolicyRulePort[],
  podSelector: LabelSelector | undefined,
  namespace: string,
  view: PolicyView,
): readonly EndpointInfo[] =>
  view.servicesOf(namespace).flatMap((service) => {
    const address = parseIp(service.spec.clusterIPs[0] ?? '');
    if (address === undefined) return [];
    if (podSelector !== undefined && !selectorMatches(podSelector, service.spec.selector ?? {})) return [];
    const found = ports.flatMap((port) => listenPort(service, port, ports, view) ?? []);
    return ports.length > 0 && found.length === 0 ? [] : [{ cidr: cidrOf(address), except: [], ports: found }];
  });

function listenPort(
  service: Service,
  { port, ...rest }: PolicyRulePort,
  ports: readonly PolicyRulePort[],
  view: PolicyView,
): EndpointPort | undefined {
  if (port === undefined) return rest;
  const found = lookup(service, port, rest.protocol, view);
  if (found === undefined) return undefined;
  if (typeof port === 'number' && leadsElsewhere(service, found, rest.protocol, ports, view)) return undefined;
  return { ...rest, port: found };
}

/** The Service's port with this targetPort as written, else the one that leads to such a container port (getMatchingServicePort). */
function lookup(
  service: Service,
  port: number | string,
  protocol: IpProtocolName,
  view: PolicyView,
): number | undefined {
  const own = service.spec.ports.filter((each) => each.protocol === protocol);
  const direct = own.find(({ targetPort }) => targetPort === port);
  if (direct !== undefined) return direct.port;
  for (const pod of view.podsWith(service.metadata.namespace, service.spec.selector ?? {})) {
    const declared = containerPort(pod, port, protocol);
    if (declared === undefined) continue;
    const found = own.find(({ targetPort }) =>
      typeof targetPort === 'string' ? targetPort === declared.name : targetPort === declared.port,
    );
    if (found !== undefined) return found.port;
  }
  return undefined;
}

/**
 * A named targetPort that is another number in some pod would let through what the rule does not: such a port of the Service
 * is left out (hasTargetPortBypass).
 */
function leadsElsewhere(
  service: Service,
  listens: number,
  protocol: IpProtocolName,
  ports: readonly PolicyRulePort[],
  view: PolicyView,
): boolean {
  const target = service.spec.ports.find(
    (each) => each.port === listens && each.protocol === protocol && typeof each.targetPort === 'string',
  )?.targetPort;
  if (target === undefined || target === '') return false;
  return view.podsWith(service.metadata.namespace, service.spec.selector ?? {}).some((pod) => {
    const declared = containerPort(pod, target, protocol);
    return declared !== undefined && !lets(ports, declared.port, protocol);
  });
}

/** isNumericPortAllowed: a port by name lets nothing through here. */
const lets = (ports: readonly PolicyRulePort[], number: number, protocol: IpProtocolName): boolean =>
  ports.some(({ port, endPort, ...rest }) => {
    if (rest.protocol !== protocol) return false;
    if (port === undefined) return true;
    return typeof port === 'number' && number >= port && number <= (endPort ?? port);
  });
