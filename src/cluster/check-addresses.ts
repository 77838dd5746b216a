import { type Ground, type SourceRef, showSource } from '../base/index.ts';
import { type Ip, ipBits, isLinkLocal, PrefixTrie, parseIp } from '../net/index.ts';
import type { Cluster } from './cluster.ts';
import type { Complain } from './complain.ts';
import { isDerived } from './derive-network.ts';
import { isFargate } from './fargate.ts';
import type { SubnetSpec } from './network.ts';
import type { Pod } from './objects.ts';
import { overlayAddresses } from './overlay-addresses.ts';
import { isTerminal } from './pod-phase.ts';

/** Who has an address. Claims of one `who` are one thing said twice: a Node object, its NodeNetwork and its first ENI. */
interface Claim {
  readonly address: Ip;
  readonly who: string;
  readonly what: string;
  readonly source: SourceRef;
  /** The node it is on; '' for what is on none, undefined where that is not known. */
  readonly node: string | undefined;
}

/**
 * What the cluster's VPC has once: the address of a node, an ENI, a pod, a server, a gateway. With two holders a packet
 * would go to whichever was compiled last.
 */
export function checkAddresses(cluster: Cluster, complain: Complain): void {
  const { network } = cluster;
  const subnets = network.vpcs.find((vpc) => vpc.id === network.clusterVpc)?.subnets ?? [];
  const trie = new PrefixTrie<SubnetSpec>();
  for (const subnet of subnets) for (const block of subnet.cidrs) trie.add(block, subnet);
  // A hybrid node is outside the VPC, and so are its pods' addresses.
  const elsewhere = new Set(
    cluster.nodes
      .filter(({ metadata }) => metadata.labels['eks.amazonaws.com/compute-type'] === 'hybrid')
      .map(({ metadata }) => metadata.name),
  );
  const overlayOf = overlayAddresses(cluster);
  let overlay: ReadonlySet<Ip> | undefined;
  const listed = firstHolders(secondaryAddresses(cluster), complain);
  const claims = claimsOf(cluster, new Set(subnets.map((subnet) => subnet.id)));
  for (const claim of firstHolders(claims, complain).values()) {
    const { address, what, source } = claim;
    const eni = listed.get(address);
    // A pod has what an ENI of its own node lists; in IPv6 a node its own ENI's.
    if (eni !== undefined && claim.node !== undefined && eni.node !== claim.node) sameAddress(eni, claim, complain);
    if (isLinkLocal(address)) {
      complain('address-link-local', source, `${what} has ${address}, a link-local address: no VPC has one`);
      continue;
    }
    const home = trie.longest(address);
    if (home === undefined) {
      // Nodes, ENIs and servers name their subnet: those are checked against it.
      overlay ??= new Set(cluster.pods.flatMap((pod) => overlayOf(pod) ?? []));
      const where = `in no subnet of VPC "${network.clusterVpc}"`;
      if (overlay.has(address))
        complain('address-outside-vpc', source, `${what} has ${address}, which is ${where}`, {
          severity: 'warning',
          expected:
            'an address of the VPC: whatever CNI gave it this one is not modelled, and walks to or from it end unknown',
        });
      else if (claim.who.startsWith('pod/') && !elsewhere.has(claim.node ?? ''))
        complain('address-outside-vpc', source, `${what} has ${address}, which is ${where}`, { rests: ['network'] });
    } else if (!isDerived(network) && isReserved(address, home)) {
      complain('reserved-address', source, `${what} has ${address}, which AWS keeps in subnet "${home.id}"`, {
        expected: 'expected none of the first four addresses of a subnet and not its last',
      });
    }
  }
}

/** The first claim of every address; each other holder of it is reported once. */
function firstHolders(claims: Iterable<Claim>, complain: Complain): ReadonlyMap<Ip, Claim> {
  const holders = new Map<Ip, Claim>();
  const reported = new Set<string>();
  for (const claim of claims) {
    const holder = holders.get(claim.address);
    if (holder === undefined) holders.set(claim.address, claim);
    else if (holder.who !== claim.who && !reported.has(`${claim.address} ${claim.who}`)) {
      reported.add(`${claim.address} ${claim.who}`);
      sameAddress(holder, claim, complain);
    }
  }
  return holders;
}

function sameAddress(first: Claim, second: Claim, complain: Complain): void {
  const message = `${first.what} and ${lower(second.what)} both have ${second.address}`;
  // One node is several claims, by its name: where that could not be read, they look like two nodes.
  const rests: readonly Ground[] = [first, second].some(({ who }) => who.startsWith('node/')) ? ['nodes'] : [];
  complain('duplicate-address', second.source, message, { rests, hint: `the first is at ${showSource(first.source)}` });
}

function* secondaryAddresses({ nodeSpecs }: Cluster): Generator<Claim> {
  for (const { name, enis, source } of nodeSpecs)
    for (const { id, addresses, source: at } of enis)
      for (const address of addresses)
        yield { address, who: `eni/${id}`, what: `ENI "${id}"`, source: at ?? source, node: name };
}

/** Pods come last: whatever else has their address is the surprise, and is named first. */
function* claimsOf(cluster: Cluster, subnets: ReadonlySet<string>): Generator<Claim> {
  for (const { metadata, status, source } of cluster.nodes) {
    // A Fargate node and its one pod are the same network interface.
    if (isFargate({ metadata })) continue;
    const { name } = metadata;
    for (const { type, address: text } of status.addresses) {
      const address = type === 'InternalIP' ? parseIp(text) : undefined;
      if (address !== undefined) yield { address, who: `node/${name}`, what: `Node "${name}"`, source, node: name };
    }
  }
  for (const { name, computeType, primaryIp, enis, source } of cluster.nodeSpecs) {
    if (computeType === 'fargate') continue;
    if (primaryIp !== undefined)
      yield { address: primaryIp, who: `node/${name}`, what: `Node "${name}"`, source, node: name };
    for (const { id, deviceIndex, primaryIp: address, source: at } of enis) {
      const who = deviceIndex === 0 ? `node/${name}` : `eni/${id}`;
      yield { address, who, what: `ENI "${id}"`, source: at ?? source, node: name };
    }
  }
  for (const { name, subnet, addresses, source } of cluster.servers) {
    if (subnet === undefined || !subnets.has(subnet)) continue;
    for (const address of addresses)
      yield { address, who: `server/${name}`, what: `Server "${name}"`, source, node: '' };
  }
  for (const { id, subnet, privateIp, source } of cluster.network.vpcs.flatMap((vpc) => vpc.natGateways)) {
    if (privateIp !== undefined && subnets.has(subnet))
      yield { address: privateIp, who: `nat/${id}`, what: `NAT gateway "${id}"`, source, node: '' };
  }
  for (const pod of cluster.pods) {
    if (!holdsAddress(pod)) continue;
    const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
    for (const address of pod.status.podIPs)
      yield { address, who: `pod/${name}`, what: `Pod "${name}"`, source: pod.source, node: pod.spec.nodeName };
  }
}

/** Terminated pods keep their address in status though another pod may have it by now. */
const holdsAddress = (pod: Pod): boolean => !pod.spec.hostNetwork && !isTerminal(pod);

/** VPC user guide, "Subnet sizing": the first four addresses and the last of every IPv4 block. */
function isReserved(address: Ip, { cidrs }: SubnetSpec): boolean {
  const bits = ipBits(address);
  if (typeof bits === 'bigint') return false;
  return cidrs.some(
    ({ first, last }) =>
      typeof first === 'number' && typeof last === 'number' && ((bits >= first && bits < first + 4) || bits === last),
  );
}

const lower = (what: string): string =>
  /^[A-Z][a-z]/.test(what) ? what.charAt(0).toLowerCase() + what.slice(1) : what;
