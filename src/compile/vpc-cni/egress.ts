import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { SourceRef } from '../../base/index.ts';
import type { Cluster } from '../../cluster/index.ts';
import {
  type Address,
  ipt,
  type Link,
  MAIN_TABLE,
  type Origin,
  type Route,
  type Rule,
  type Unmodelled,
} from '../../linux/index.ts';
import { cidr, cidrLast, cidrNth, cidrOf, defaultRoute, type Family, familyOf, type Ip } from '../../net/index.ts';
import { vethLink } from '../node/devices.ts';
import type { Egress, NodePlan, PodPlan } from '../node/plan-types.ts';
import type { Fragment } from '../types.ts';
import { told } from '../unmodelled/say.ts';
import { becauseOf, type PathSettings } from './settings.ts';

/**
 * A pod's way out by the family its cluster is not of (cmd/egress-cni-plugin): a second pair with an address of a
 * node-local block, translated on the node. Of IPv4 in an IPv6 cluster all of it is made:
 *
 *     pod                                       node
 *     v4if0 169.254.172.2/22 ────────────────── veth... 169.254.172.1/32 scope link
 *     default via 169.254.172.1                 169.254.172.2 dev veth... scope link
 *                                               nat POSTROUTING -s 169.254.172.2/32 -j CNI-E4-...
 *
 * Of IPv6 in an IPv4 cluster the pair and the pod's address are, and a packet that comes out of the pair ends there.
 */
export interface EgressKind {
  readonly family: Family;
  readonly dev: string;
  readonly block: ReturnType<typeof cidr>;
  readonly variable: string;
}

const V4: EgressKind = { family: 4, dev: 'v4if0', block: cidr('169.254.172.0/22'), variable: 'ENABLE_V4_EGRESS' };
const V6: EgressKind = { family: 6, dev: 'v6if0', block: cidr('fd00::ac:0/118'), variable: 'ENABLE_V6_EGRESS' };

export function egressKind(ipFamily: Cluster['ipFamily'], settings: PathSettings): EgressKind | undefined {
  if (ipFamily === 'IPv6') return settings.v4Egress ? V4 : undefined;
  return settings.v6Egress ? V6 : undefined;
}

/** host-local gives out a block in order; its first address is the node's. */
export const egressAddress = ({ block }: EgressKind, nth: number): Ip => cidrNth(block, 2 + nth);

/** Both namespaces' parts of one pair. */
export interface EgressParts {
  readonly inside: { readonly link: Link; readonly address: Address; readonly routes: readonly Route[] };
  readonly outside: { readonly link: Link; readonly addresses: readonly Address[]; readonly routes: readonly Route[] };
}

export function egressParts(egress: Egress, mtu: number, netnsid: number, origin: Origin): EgressParts {
  const { dev, veth, ifindex, vethIfindex } = egress;
  const pair = { mtu, origin };
  const inside = vethLink({ ...pair, ifindex, ifname: dev, mac: egress.mac, peer: vethIfindex, netnsid: 0 });
  const outside = vethLink({
    ...pair,
    ifindex: vethIfindex,
    ifname: veth,
    mac: egress.vethMac,
    peer: ifindex,
    netnsid,
  });
  return egress.family === 4
    ? {
        inside: { link: inside, address: insideAddress4(egress, origin), routes: insideRoutes4(egress, origin) },
        outside: { link: outside, ...outside4(egress, origin) },
      }
    : {
        inside: { link: inside, address: insideAddress6(egress, origin), routes: insideRoutes6(egress, origin) },
        outside: { link: outside, addresses: [], routes: [] },
      };
}

/** host-local's gateway: the first address of the block, the same on every pair. */
const gatewayOf = ({ block }: EgressKind): Ip => cidrNth(block, 1);

const insideAddress4 = ({ dev, address }: Egress, origin: Origin): Address => ({
  dev,
  family: 4,
  local: address,
  prefixlen: V4.block.prefix,
  scope: 'global',
  broadcast: cidrLast(V4.block),
  label: dev,
  origin,
});

const base = (dev: string, family: Family, origin: Origin) =>
  ({ type: 'unicast', family, table: MAIN_TABLE, dev, protocol: 'boot', flags: [], origin }) as const;

/** Everything by the gateway, the block itself too: the route its prefix made is taken away (setupContainerVethV4). */
function insideRoutes4({ dev, address }: Egress, origin: Origin): readonly Route[] {
  const gateway = gatewayOf(V4);
  const of = base(dev, 4, origin);
  return [
    { ...of, dst: defaultRoute(4), gateway, scope: 'global' },
    { ...of, dst: V4.block, gateway, scope: 'global', prefsrc: address },
    { ...of, dst: cidrOf(gateway), scope: 'link', prefsrc: address },
  ];
}

/** setupHostVethV4. */
function outside4({ veth, address }: Egress, origin: Origin): Omit<EgressParts['outside'], 'link'> {
  const local = gatewayOf(V4);
  return {
    addresses: [{ dev: veth, family: 4, local, prefixlen: 32, scope: 'link', label: veth, origin }],
    routes: [{ ...base(veth, 4, origin), dst: cidrOf(address), scope: 'link' }],
  };
}

const insideAddress6 = ({ dev, address }: Egress, origin: Origin): Address => ({
  dev,
  family: 6,
  local: address,
  prefixlen: V6.block.prefix,
  scope: 'global',
  origin,
});

const insideRoutes6 = ({ dev }: Egress, origin: Origin): readonly Route[] => [
  { ...base(dev, 6, origin), dst: defaultRoute(6), scope: 'global' },
];

/** Characters of a chain's name the plugins utility keeps (containernetworking/plugins pkg/utils FormatChainName). */
const CHAIN_LENGTH = 28;
const NETWORK = 'aws-cni';
const MULTICAST = cidr('224.0.0.0/4');

/** `CNI-E4-` and hex digits of SHA-512 over the network's name and the container's id. */
export const egressChain = (container: string): string =>
  `CNI-E4-${bytesToHex(sha512(utf8ToBytes(`${NETWORK}${container}`)))}`.slice(0, CHAIN_LENGTH);

/** The sandbox's id, which a runtime draws at random: ours follows from the pod. */
const containerId = ({ pod }: PodPlan): string =>
  bytesToHex(sha256(utf8ToBytes(`${pod.metadata.namespace}.${pod.metadata.name}`)));

/** Each pod's chain and the jump to it: appended, so they stand behind kube-proxy's (cmd/egress-cni-plugin/snat). */
export function egressIptables(node: NodePlan, settings: PathSettings): readonly Fragment[] {
  const to = node.addresses.find((address) => familyOf(address) === 4) ?? node.primary.spec.primaryIp;
  const pods = node.pods.filter((pod) => pod.egress?.family === 4);
  if (pods.length === 0 || familyOf(to) !== 4) return [];
  const because = becauseOf(settings, V4.variable, 'true');
  const chains = new Map<string, readonly Rule[]>();
  const jumps: Rule[] = [];
  for (const pod of pods) {
    const id = containerId(pod);
    const comment = ipt.comment(`name: "${NETWORK}" id: "${id}"`);
    const chain = egressChain(id);
    const target = ipt.snat(to, undefined, {
      random: settings.randomizeSnat === 'hashrandom',
      randomFully: settings.randomizeSnat === 'prng',
    });
    chains.set(chain, [
      ipt.rule([ipt.destination(MULTICAST), comment], ipt.accept, because),
      ipt.rule([comment], target, because),
    ]);
    if (pod.egress !== undefined)
      jumps.push(ipt.rule([ipt.source(cidrOf(pod.egress.address)), comment], ipt.jump(chain), because));
  }
  const tail = [{ table: 'nat', chain: 'POSTROUTING', rules: jumps }] as const;
  return [{ chains: new Map([['nat', chains]]), head: [], tail }];
}

/** What ends a packet at either end of a pair that is not made whole: one for IPv6. */
export function egressUnmodelled(dev: string, kind: EgressKind, settings: PathSettings): readonly Unmodelled[] {
  if (kind.family === 4) return [];
  const at: SourceRef | undefined = settings.sources.get(kind.variable);
  const what = `IPv6 egress of pods in an IPv4 cluster (${kind.variable}) is not modelled`;
  return [{ scope: { kind: 'dev', dev }, what: told(what, at), ...(at === undefined ? {} : { at }) }];
}
