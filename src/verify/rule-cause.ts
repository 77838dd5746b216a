import type { Cause, Headers, Step } from '../trace/index.ts';
import type { Directory, ServiceEntry } from '../world/index.ts';

type RuleStep = Extract<Step, { kind: 'rule' }>;

const PATCH = 'NodePatch ';

/**
 * What a rule that ended a packet means. kube-proxy keeps one chain of table filter for each thing it refuses, so the chain
 * and the verdict say which (pkg/proxy/iptables/proxier.go, syncProxyRules): REJECT without any endpoint, DROP where a Local
 * policy finds none on the node. The packet says which Service: its address and port, or a node port.
 */
export function ruleCause(step: RuleStep, verdict: 'drop' | 'reject', directory: Directory): Cause {
  const { table, chain, ctstate, evidence, before } = step;
  const writer = evidence.by;
  if (writer?.startsWith(PATCH)) return { kind: 'rule', verdict, table, chain, patch: writer.slice(PATCH.length) };
  if (verdict === 'drop' && ctstate?.includes('INVALID') === true)
    return { kind: 'ct-invalid', protocol: before.protocol };
  const known =
    table === 'filter'
      ? proxyCause(chain, verdict, before, directory)
      : NFT_TABLES.has(table)
        ? nftProxyCause(chain, verdict, before, directory)
        : undefined;
  return known ?? { kind: 'rule', verdict, table, chain };
}

/**
 * The same in nftables mode (pkg/proxy/nftables/proxier.go): one chain rejects for want of any endpoint, the maps of the
 * checks drop where a Local policy finds none, and a chain a Service drops sources that no range admits. What is left is
 * about a cluster IP as such: a port its Service does not list, or an address no Service has.
 */
const NFT_TABLES: ReadonlySet<string> = new Set(['ip kube-proxy', 'ip6 kube-proxy']);

function nftProxyCause(
  chain: string,
  verdict: 'drop' | 'reject',
  packet: Headers,
  directory: Directory,
): Cause | undefined {
  if (chain === 'cluster-ips-check') return { kind: 'cluster-ip', verdict, address: packet.dst };
  const service = serviceOf(directory, packet);
  if (service === undefined) return undefined;
  const name = `${service.namespace}/${service.name}`;
  if (chain === 'reject-chain') return { kind: 'no-endpoints', service: name };
  if (chain.startsWith('firewall-')) return { kind: 'source-ranges', service: name, source: packet.src };
  if (chain !== 'service-endpoints-check' && chain !== 'nodeport-endpoints-check') return undefined;
  const policy = service.clusterIPs.includes(packet.dst) ? 'internalTrafficPolicy' : 'externalTrafficPolicy';
  return service[policy] === 'Local' ? { kind: 'no-local-endpoints', service: name, policy } : undefined;
}

function proxyCause(
  chain: string,
  verdict: 'drop' | 'reject',
  packet: Headers,
  directory: Directory,
): Cause | undefined {
  if (chain === 'KUBE-FIREWALL' && verdict === 'drop') return { kind: 'localnet-guard' };
  // The kernel's trace does not say which states a rule asks for; this chain drops for no other reason.
  if (chain === 'KUBE-FORWARD' && verdict === 'drop') return { kind: 'ct-invalid', protocol: packet.protocol };
  if (chain === 'KUBE-IPVS-FILTER' && verdict === 'reject') return { kind: 'cluster-ip', verdict, address: packet.dst };
  const service = serviceOf(directory, packet);
  if (service === undefined) return undefined;
  const name = `${service.namespace}/${service.name}`;
  if (chain === 'KUBE-SOURCE-RANGES-FIREWALL' && verdict === 'drop')
    return { kind: 'source-ranges', service: name, source: packet.src };
  if (chain === 'KUBE-PROXY-FIREWALL' && verdict === 'drop')
    return { kind: 'source-ranges', service: name, source: packet.src };
  if (chain !== 'KUBE-SERVICES' && chain !== 'KUBE-EXTERNAL-SERVICES') return undefined;
  if (verdict === 'reject') return { kind: 'no-endpoints', service: name };
  const policy = chain === 'KUBE-SERVICES' ? 'internalTrafficPolicy' : 'externalTrafficPolicy';
  return service[policy] === 'Local' ? { kind: 'no-local-endpoints', service: name, policy } : undefined;
}

/** IPVS has nobody to send the packet to: the Service of that address has no endpoint. */
export function withoutServer(directory: Directory, packet: Headers): Cause | undefined {
  const service = serviceOf(directory, packet);
  return service && { kind: 'no-endpoints', service: `${service.namespace}/${service.name}` };
}

/** The Service a packet asks for: by an address of its own, else by a node port. */
function serviceOf({ services }: Directory, { dst, dport, protocol }: Headers): ServiceEntry | undefined {
  const having = (fits: (service: ServiceEntry, port: ServiceEntry['ports'][number]) => boolean) =>
    services.find((service) => service.ports.some((port) => port.protocol === protocol && fits(service, port)));
  return (
    having(
      ({ clusterIPs, externalIPs, loadBalancerIPs }, { port }) =>
        port === dport && [clusterIPs, externalIPs, loadBalancerIPs].some((addresses) => addresses.includes(dst)),
    ) ?? having((_, { nodePort }) => nodePort !== undefined && nodePort === dport)
  );
}
