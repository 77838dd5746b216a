import { IPV6_ROUTER } from '../../fabric/index.ts';
import { type IpRule, LOCAL_TABLE, MAIN_TABLE } from '../../linux/index.ts';
import { type Cidr, cidrOf, type Family, familyOf } from '../../net/index.ts';
import type { EniPlan, NodePlan, PodPlan } from '../node/plan-types.ts';
import { isStrict, sayEni } from './interfaces.ts';
import { becauseOf, type PathSettings } from './settings.ts';
import { atLeast } from './version.ts';

const FROM_BRANCH = 10;
const MOVED_LOCAL = 20;
const TO_POD = 512;
const MAIN_ENI_MARK = 1024;
const EXTERNAL_SERVICE = 1535;
const FROM_POD = 1536;
const FROM_ENI = 32765;

/**
 * The policy rules the plugin and ipamd keep on a node, in the order `ip rule` lists them (pkg/networkutils/network.go:
 * SetupHostNetwork, UpdateExternalServiceIpRules, setupENINetwork; cmd/routed-eni-cni-plugin/driver: SetupPodNetwork, SetupBranchENIPodNetwork):
 *
 *       10   from all iif vlan.eth.V lookup 100 + V    a branch in strict mode, and the same of its pod's host end
 *      512   from all to POD lookup main               every other pod
 *     1024   from all fwmark 0x80/0x80 lookup main     node-port replies, and what the primary ENI's address will replace
 *     1535   from all to CIDR lookup main              AWS_EXTERNAL_SERVICE_CIDRS
 *     1536   from POD lookup N                         pods of a secondary ENI
 *    32765   from ENI lookup N                         its own address, since v1.20
 */
export function vpcCniRules(node: NodePlan, settings: PathSettings, family: Family): readonly IpRule[] {
  const ordinary = node.pods.filter(({ eni }) => !isStrict(eni, settings));
  const pods = ordinary.flatMap((pod) =>
    pod.addresses.filter((address) => familyOf(address) === family).map((address) => ({ pod, block: cidrOf(address) })),
  );
  return [
    ...node.pods.filter(({ eni }) => isStrict(eni, settings)).flatMap((pod) => branchRules(pod, family)),
    ...pods.map(({ pod, block }) => rule(TO_POD, family, { dst: block }, MAIN_TABLE, pod.origin)),
    ...markRule(settings, family),
    ...settings.externalServiceCidrs
      .filter((block) => block.family === family)
      .map((block) => rule(EXTERNAL_SERVICE, family, { dst: block }, MAIN_TABLE, serviceOrigin(settings))),
    ...pods
      .filter(({ pod }) => pod.eni.table !== MAIN_TABLE)
      .flatMap(({ pod, block }) => fromPod(pod, block, settings)),
    ...eniRules(node, settings, family),
  ];
}

/**
 * The rules a namespace starts with, as the plugin leaves them: for pods with security groups of their own in strict mode
 * the local table is asked only after the rules of their branch interfaces; what the IPv6 gateway asks of the node is not
 * (createIPv6GatewayRule).
 */
export function afterVpcCni(start: readonly IpRule[], settings: PathSettings): readonly IpRule[] {
  if (!settings.podEni || settings.podSecurityGroupEnforcingMode !== 'strict') return start;
  const isSaid = settings.config.env.ENABLE_POD_ENI !== undefined;
  const shown = { by: 'vpc-cni', because: 'pods have branch interfaces' };
  const origin = isSaid ? becauseOf(settings, 'ENABLE_POD_ENI', 'true') : shown;
  const moved = start.map((own) =>
    own.action.kind === 'lookup' && own.action.table === LOCAL_TABLE
      ? rule(MOVED_LOCAL, own.family, {}, LOCAL_TABLE, origin)
      : own,
  );
  const forGateway = { ...rule(0, 6, { src: cidrOf(IPV6_ROUTER) }, LOCAL_TABLE, origin), ipproto: 'ipv6-icmp' };
  return start.some(({ family }) => family === 6) && atLeast(settings.config.version, '1.16.0')
    ? [forGateway, ...moved]
    : moved;
}

function branchRules({ eni, veth, addresses, origin }: PodPlan, family: Family): readonly IpRule[] {
  if (!addresses.some((address) => familyOf(address) === family)) return [];
  return [eni.ifname, veth].map((iif) => rule(FROM_BRANCH, family, { iif }, eni.table, origin));
}

/** Without node ports the rule came with v1.12.1 (#2026): SNATed traffic of secondary ENIs needs it as well. */
function markRule(settings: PathSettings, family: Family): readonly IpRule[] {
  const forSnat = !settings.externalSnat && atLeast(settings.config.version, '1.12.1');
  if (!settings.nodePortSupport && !forSnat) return [];
  const origin = settings.nodePortSupport
    ? becauseOf(settings, 'AWS_VPC_CNI_NODE_PORT_SUPPORT', 'true')
    : becauseOf(settings, 'AWS_VPC_K8S_CNI_EXTERNALSNAT', 'false');
  return [rule(MAIN_ENI_MARK, family, { fwmark: settings.connmark, fwmask: settings.connmark }, MAIN_TABLE, origin)];
}

/** v1.8 (#1475) replaced one rule a VPC CIDR by a single one and steered the rest with marks. */
function fromPod(pod: PodPlan, block: Cidr, settings: PathSettings): readonly IpRule[] {
  const { family } = block;
  if (atLeast(settings.config.version, '1.8.0') || settings.externalSnat || family === 6) {
    return [rule(FROM_POD, family, { src: block }, pod.eni.table, pod.origin)];
  }
  return pod.eni.subnet.vpc.cidrs
    .filter((dst) => dst.family === family)
    .map((dst) => rule(FROM_POD, family, { src: block, dst }, pod.eni.table, pod.origin));
}

function eniRules(node: NodePlan, settings: PathSettings, family: Family): readonly IpRule[] {
  if (!atLeast(settings.config.version, '1.20.0')) return [];
  return node.enis
    .filter((eni) => eni.table !== MAIN_TABLE && eni.spec.interfaceType !== 'trunk')
    .filter((eni) => familyOf(eni.spec.primaryIp) === family)
    .map((eni) => rule(FROM_ENI, family, { src: cidrOf(eni.spec.primaryIp) }, eni.table, eniOrigin(node, eni)));
}

const eniOrigin = (node: NodePlan, eni: EniPlan) => ({
  by: 'vpc-cni',
  because: sayEni(eni),
  at: eni.spec.source ?? node.spec.source,
});

const serviceOrigin = (settings: PathSettings) => becauseOf(settings, 'AWS_EXTERNAL_SERVICE_CIDRS', '');

function rule(
  priority: number,
  family: Family,
  selector: Pick<IpRule, 'src' | 'dst' | 'iif' | 'fwmark' | 'fwmask'>,
  table: number,
  origin: NonNullable<IpRule['origin']>,
): IpRule {
  return Object.assign({ priority, family, not: false, action: { kind: 'lookup', table } as const, origin }, selector);
}
