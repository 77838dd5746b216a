import { fewOf } from '../base/index.ts';
import type { Protocol } from '../net/index.ts';
import type { ServiceEntry, World } from '../world/index.ts';
import { behindRules, throughOwn } from './behind-rules.ts';
import type { End, PortName } from './end.ts';
import { nearHint } from './find-pod.ts';
import { found, missing, type Resolved } from './resolved.ts';
import type { Sender, Target } from './target.ts';

/** A Service as its sender calls it: by its ClusterIP inside the cluster, outside by the load balancer that leads to it. */
export function targetService(
  world: World,
  end: End & { readonly kind: 'svc' },
  protocol: Protocol,
  sender: Sender | undefined,
): Resolved<Target> {
  const { directory } = world;
  const service = directory.services.find((each) => each.namespace === end.namespace && each.name === end.name);
  const label = `svc/${end.namespace}/${end.name}`;
  if (service === undefined) {
    return missing(`No Service "${end.namespace}/${end.name}" in the input`, nearHint('svc', directory.services, end));
  }
  if (sender?.ofFabric === true)
    return missing(
      `${sender.name} uses no ClusterIP: no kube-proxy is where it is, and it calls the endpoints of ${label} themselves`,
      'name one of its pods, or a node and its port',
    );
  const dnsName = `${service.name}.${service.namespace}.svc`;
  if (service.type === 'ExternalName') {
    return missing(
      `${label} is of type ExternalName: it has no address and no ports, only a name in the cluster's DNS`,
      `walk to the name: ${dnsName}${end.port === undefined ? ':PORT' : `:${end.port}`}`,
    );
  }
  const port = servicePort(service, end.port, protocol, label);
  const outside = sender === undefined || !isOutside(sender) ? undefined : { world, label, protocol, sender };
  const balancer = outside && balancerOf(world, `${end.namespace}/${end.name}`);
  if (outside !== undefined && balancer === undefined && (port.ok || end.port === undefined)) {
    const asked = end.port !== undefined && port.ok ? port.value : undefined;
    const target = behindRules(outside, { name: `${end.namespace}/${end.name}`, port: asked });
    if (target !== undefined) return target;
    const unbuilt = behindUnbuilt(service, label, protocol, asked);
    if (unbuilt !== undefined) return unbuilt;
  }
  if (!port.ok) return port;
  if (outside !== undefined && balancer !== undefined) return found(throughOwn(outside, balancer, port.value));
  if (outside !== undefined && service.type === 'LoadBalancer') return unmade(service, label, port.value);
  return found({ kind: 'svc', name: label, address: service.clusterIPs[0], dnsName, port: port.value, notes: [] });
}

/** Only Ingresses lead to it whose load balancer is as nobody knows; those carry TCP. */
function behindUnbuilt(
  { unbuiltIngresses, type }: ServiceEntry,
  label: string,
  protocol: Protocol,
  port: number | undefined,
): Resolved<Target> | undefined {
  if (unbuiltIngresses === undefined || type === 'LoadBalancer' || hasOtherPorts(protocol)) return undefined;
  const unknown = `${label} is behind an Ingress whose load balancer is not known: ${fewOf(unbuiltIngresses, MAX_LISTED, '; ')}`;
  return found({ kind: 'svc', name: label, address: undefined, dnsName: undefined, port, notes: [], unknown });
}

const MAX_LISTED = 4;
const hasOtherPorts = (protocol: Protocol): boolean =>
  protocol !== 'tcp' && protocol !== 'icmp' && protocol !== 'ipv6-icmp';

/** Its load balancer is none of the World's: its status may say how it is called, and nothing says where it leads. */
function unmade(service: ServiceEntry, label: string, port: number | undefined): Resolved<Target> {
  const [dnsName] = service.loadBalancerHostnames;
  const [address] = service.loadBalancerIPs;
  const target = { kind: 'svc', name: label, port };
  if (dnsName !== undefined || address !== undefined) {
    const notes = [`seen from outside the cluster, ${label} is ${dnsName ?? address}, as its status says`];
    return found({ ...target, address: dnsName === undefined ? address : undefined, dnsName, notes });
  }
  const why =
    service.withoutBalancer ??
    'its controller is not modelled or cannot make it from this input (a warning, or an assumption, says why)';
  const unknown = `${label} is of type LoadBalancer and no load balancer of it is made here: ${why}`;
  return found({ ...target, address: undefined, dnsName: undefined, notes: [], unknown });
}

/** A client that no kube-proxy serves: ClusterIPs mean nothing where it is. */
const isOutside = ({ kind }: Sender): boolean => kind === 'internet' || kind === 'host';

/** The load balancer a Service of type LoadBalancer has: an Ingress of the same name has one of its own. */
const balancerOf = ({ fabric }: World, service: string) =>
  fabric.loadBalancers.find(({ type, madeFor }) => type !== 'application' && madeFor.includes(service));

const PROBING: ReadonlySet<Protocol> = new Set(['udp', 'udplite']);

function servicePort(
  service: ServiceEntry,
  asked: PortName | undefined,
  protocol: Protocol,
  label: string,
): Resolved<number | undefined> {
  if (protocol === 'icmp' || protocol === 'ipv6-icmp') return found(undefined);
  const own = service.ports.filter((port) => port.protocol === protocol);
  // What traceroute sends by default goes to a Service without ports of it as well: to the number of one of another protocol.
  const ports = own.length === 0 && PROBING.has(protocol) ? service.ports : own;
  const list = service.ports
    .map((port) => `${port.port}/${port.protocol}${port.name ? ` (${port.name})` : ''}`)
    .join(', ');
  const has = `it has ${list === '' ? 'no ports' : list}`;
  if (typeof asked === 'string') {
    const port = ports.find((each) => each.name === asked);
    return port === undefined ? missing(`${label} has no ${protocol} port named "${asked}"`, has) : found(port.port);
  }
  if (asked !== undefined) {
    const port = ports.find((each) => each.port === asked);
    return port === undefined ? missing(`${label} has no ${protocol} port ${asked}`, has) : found(asked);
  }
  const [only] = ports;
  if (only === undefined) return missing(`${label} has no ${protocol} port`, has);
  return ports.length === 1 ? found(only.port) : missing(`${label} has several ports: say which`, has);
}
