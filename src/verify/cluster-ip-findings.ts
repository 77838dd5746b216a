import { hasPorts, type Ip } from '../net/index.ts';
import { type Finding, isSuccess, type Probe, type RoundTrip } from '../trace/index.ts';
import { type NodePortScope, ownerOf, type ServiceEntry, serviceRange, type World } from '../world/index.ts';

type Asked = Pick<Probe, 'protocol' | 'dport'> & { readonly dst: Ip };

/**
 * A cluster IP is no address of any machine: what no rule translates keeps it and is lost. iptables mode writes rules for
 * listed ports only (pkg/proxy/iptables/proxier.go), so a ping and a port that is not listed are never translated.
 */
export function clusterIpFindings(world: World, asked: Asked, trips: readonly RoundTrip[]): readonly Finding[] {
  if (!trips.some((trip) => !isSuccess(trip.disposition) && isUntouched(trip))) return [];
  const service = world.directory.services.find((each) => each.clusterIPs.includes(asked.dst));
  if (service === undefined) return nobodysClusterIp(world, asked.dst);
  const name = `${service.namespace}/${service.name}`;
  const mode = world.directory.nodePorts?.mode ?? 'iptables';
  const rest = theRest(mode, asked.dst, trips);
  const listed = service.ports.map((port) => `${port.port}/${port.protocol}`).join(', ');
  if (!hasPorts(asked.protocol)) {
    return [
      {
        code: 'cluster-ip-no-ping',
        severity: 'error',
        message: `A cluster IP does not answer ${asked.protocol}: the ${LISTED_BY[mode]} of Service ${name} match ${listed} only, so ${rest}`,
        fix: `try a port of the Service (${listed}), or ping one of its pods`,
      },
    ];
  }
  const port = asked.dport ?? 0;
  if (service.ports.some((each) => each.port === port && each.protocol === asked.protocol)) {
    return trips.some((trip) => leftUntouched(trip, asked.dst))
      ? [service.hiddenBy === undefined ? notProgrammed(trips, name, asked) : hidden(name, service.hiddenBy, asked)]
      : [];
  }
  return [
    {
      code: 'port-not-listed',
      severity: 'error',
      message: `Service ${name} does not list ${port}/${asked.protocol}: its ${LISTED_BY[mode]} match ${listed} only, so ${rest}`,
      fix: `call a port it lists (${listed})${canList(asked) ? ', or add the port to its spec.ports' : `: no Service has ports of ${asked.protocol}`}`,
    },
  ];
}

/** Kubernetes, core/v1 Protocol: TCP, UDP and SCTP. */
const canList = ({ protocol }: Asked): boolean => protocol === 'tcp' || protocol === 'udp' || protocol === 'sctp';

/** What knows a Service's ports, in each mode. */
const LISTED_BY: Readonly<Record<NodePortScope['mode'], string>> = {
  iptables: 'rules',
  nftables: 'rules',
  ipvs: 'virtual servers',
  ebpf: 'entries in the eBPF map',
};

/** What becomes of a packet that is for none of the ports. */
function theRest(mode: NodePortScope['mode'], dst: Ip, trips: readonly RoundTrip[]): string {
  if (mode === 'ipvs')
    return `IPVS forwards nothing else: for the rest ${dst} is an address of the node itself, which lets nothing in by it`;
  const rejects = mode === 'nftables' && trips.some(({ forward }) => forward.disposition === 'refused');
  return rejects ? 'the node rejects the rest' : `nothing translates it, and no machine has ${dst}`;
}

/** In the service range, and no Service's. */
function nobodysClusterIp(world: World, dst: Ip): readonly Finding[] {
  const range = serviceRange(world.directory, dst);
  if (range === undefined || ownerOf(world, dst).kind !== 'unowned') return [];
  return [
    {
      code: 'no-such-cluster-ip',
      severity: 'error',
      message: `${dst} is in the service range ${range.text} and no Service has it: nothing translates it, and no machine has it`,
      fix: "ask for the Service's address again (kubectl get svc -A): it was deleted or made anew, or a client keeps an old answer of DNS",
    },
  ];
}

const isUntouched = ({ forward }: RoundTrip): boolean =>
  !forward.hops.some((hop) => hop.steps.some((step) => step.kind === 'nat' && step.manip === 'dst' && !step.reply));

/** It left its node still addressed to the cluster IP. */
const leftUntouched = ({ forward }: RoundTrip, dst: Ip): boolean =>
  forward.hops.some(({ where, steps }) => where.kind === 'vpc' && steps.some((step) => step.before.dst === dst));

/** kube-proxy's informers leave it out (cmd/kube-proxy/app/server.go). */
const hidden = (name: string, { label, at }: NonNullable<ServiceEntry['hiddenBy']>, asked: Asked): Finding => ({
  code: 'service-not-programmed',
  severity: 'error',
  message: `Service ${name} has the label ${label}${at === undefined ? '' : ` (${at})`}: kube-proxy leaves it alone, so nothing translates ${asked.dst}, and no machine has that address`,
  fix: label.endsWith('/service-proxy-name')
    ? `take the label ${label} off, or let the proxy it names program the Service`
    : `take the label ${label} off, or call the pods of the Service`,
});

/** The Service lists the port, and the node that should translate it holds no rule that does. */
function notProgrammed(trips: readonly RoundTrip[], name: string, asked: Asked): Finding {
  const node = trips[0]?.forward.hops.findLast(({ where }) => where.kind === 'node')?.where.name ?? 'the sender';
  return {
    code: 'service-not-programmed',
    severity: 'error',
    message: `Node ${node} has no rule for Service ${name}, so nothing translates ${asked.dst}, and no machine has that address`,
    fix: "look at kube-proxy on that node: is it running, in the mode you expect, and are its rules younger than the Service's last change?",
  };
}
