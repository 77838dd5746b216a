import type { KubeProxyConfig } from '../../../cluster/index.ts';
import { type Hook, type NftChain, type NftRule, type NftStatement, nftb, type Origin } from '../../../linux/index.ts';
import { type Cidr, cidr, type Family } from '../../../net/index.ts';
import { masqueradeMark } from '../fixed-rules.ts';

const origin: Origin = { by: 'kube-proxy' };
const rule = (...statements: NftStatement[]): NftRule => nftb.rule(statements, origin);
const jumpNew = (chain: string): NftRule => rule(nftb.stateNew, nftb.jump(chain));

interface FixedContext {
  readonly config: KubeProxyConfig;
  readonly family: Family;
  /** Of the family; empty where the cluster has no ServiceCIDR objects. */
  readonly serviceCidrs: readonly Cidr[];
  /** All addresses of the node answer node ports, and there is no set of those that do. */
  readonly allNodePorts: boolean;
}

/** The chains that are there without any Service, in the order they are made (pkg/proxy/nftables/proxier.go, setupNFTables). */
export function fixedChains(context: FixedContext): readonly NftChain[] {
  const { config, family } = context;
  const bit = masqueradeMark(config);
  const check = jumpNew('service-endpoints-check');
  return [
    base('filter-prerouting-pre-dnat', 'filter', 'PREROUTING', -110, [jumpNew('firewall-check')]),
    base('filter-output-pre-dnat', 'filter', 'OUTPUT', -110, [jumpNew('firewall-check')]),
    base('filter-input', 'filter', 'INPUT', 0, [jumpNew('nodeport-endpoints-check'), check]),
    base('filter-forward', 'filter', 'FORWARD', 0, [check, jumpNew('cluster-ips-check')]),
    base('filter-output', 'filter', 'OUTPUT', 0, [check, jumpNew('cluster-ips-check')]),
    base('nat-prerouting', 'nat', 'PREROUTING', -100, [rule(nftb.jump('services'))]),
    base('nat-output', 'nat', 'OUTPUT', -100, [rule(nftb.jump('services'))]),
    base('nat-postrouting', 'nat', 'POSTROUTING', 100, [rule(nftb.jump('masquerading'))]),
    {
      name: 'nodeport-endpoints-check',
      rules: [rule(...toNodePort(context), nftb.vmap(PORT, 'no-endpoint-nodeports'))],
    },
    { name: 'service-endpoints-check', rules: [rule(nftb.vmap(service(family), 'no-endpoint-services'))] },
    { name: 'firewall-check', rules: [rule(nftb.vmap(service(family), 'firewall-ips'))] },
    { name: 'services', rules: servicesRules(context) },
    {
      name: 'masquerading',
      rules: [rule(nftb.markIs(bit, 0), nftb.returnVerdict), rule(nftb.setMark({ xor: bit })), rule(nftb.masquerade)],
    },
    { name: 'cluster-ips-check', rules: clusterIpRules(context) },
    { name: 'mark-for-masquerade', rules: [rule(nftb.setMark({ or: bit }))] },
    {
      name: 'reject-chain',
      comment: 'helper for @no-endpoint-services / @no-endpoint-nodeports',
      rules: [rule(nftb.reject(family))],
    },
  ];
}

const base = (
  name: string,
  type: 'filter' | 'nat',
  hook: Hook,
  priority: number,
  rules: readonly NftRule[],
): NftChain => ({ name, base: { type, hook, priority, policy: 'accept' }, rules });

const PORT = [nftb.protocolKey, nftb.portKey];
const service = (family: Family): Parameters<typeof nftb.vmap>[0] => [nftb.addressKey(family, 'daddr'), ...PORT];

const LOOPBACK = { 4: cidr('127.0.0.0/8'), 6: cidr('::1/128') } as const;

/** A node port that is not of localhost, on an address that has node ports. */
function toNodePort({ family, allNodePorts }: FixedContext): readonly NftStatement[] {
  if (allNodePorts) return [nftb.address('daddr', LOOPBACK[family], true)];
  return [nftb.inSet(nftb.addressKey(family, 'daddr'), 'nodeport-ips')];
}

function servicesRules(context: FixedContext): readonly NftRule[] {
  const local = context.allNodePorts ? [nftb.isLocal('daddr')] : [];
  return [
    rule(nftb.vmap(service(context.family), 'service-ips')),
    rule(...local, ...toNodePort(context), nftb.vmap(PORT, 'service-nodeports')),
  ];
}

function clusterIpRules({ family, serviceCidrs }: FixedContext): readonly NftRule[] {
  const listed = nftb.inSet(nftb.addressKey(family, 'daddr'), 'cluster-ips');
  const invalid = nftb.rule([listed, nftb.reject(family)], origin, 'Reject traffic to invalid ports of ClusterIPs');
  if (serviceCidrs.length === 0) return [invalid];
  const unallocated = [nftb.addresses('daddr', serviceCidrs), nftb.drop];
  return [invalid, nftb.rule(unallocated, origin, 'Drop traffic to unallocated ClusterIPs')];
}
