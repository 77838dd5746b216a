import { ipt, type Rule } from '../../linux/index.ts';
import type { NodePlan } from '../node/plan-types.ts';
import type { BuiltinRules, Fragment } from '../types.ts';
import { connmarkChains, connmarkJumps } from './connmark-rules.ts';
import { type Exempt, exemptBlocks, exemptChains } from './exempt.ts';
import { becauseOf, type PathSettings } from './settings.ts';
import { atLeast } from './version.ts';

/** v1.23 sets the mark in a native table where the node's iptables writes nft (pkg/networkutils/nftables_connmark.go). */
export const usesNftConnmark = (node: NodePlan, settings: PathSettings): boolean =>
  node.os.iptables === 'nft' && atLeast(settings.config.version, '1.23.0');

/**
 * The CNI's IPv4 rules (pkg/networkutils/network.go: updateHostIptablesRules). It appends to the built-in chains, so
 * kube-proxy's jumps stand before its own: a masqueraded packet never reaches AWS-SNAT-CHAIN-0.
 */
export function vpcCniIptables(node: NodePlan, settings: PathSettings): Fragment {
  const exempt = exemptBlocks(node, settings);
  const nft = usesNftConnmark(node, settings);
  const nat = new Map<string, readonly Rule[]>(snatChains(node, settings, exempt));
  if (!nft) for (const [name, rules] of connmarkChains(settings, exempt)) nat.set(name, rules);
  const off = becauseOf(settings, 'AWS_VPC_K8S_CNI_EXTERNALSNAT', 'false');
  const postrouting = ipt.rule([ipt.comment('AWS SNAT CHAIN')], ipt.jump('AWS-SNAT-CHAIN-0'), off);
  const tail: BuiltinRules[] = [{ table: 'mangle', chain: 'PREROUTING', rules: mangleRules(node, settings) }];
  if (!settings.externalSnat) {
    if (!nft) tail.push({ table: 'nat', chain: 'PREROUTING', rules: connmarkJumps(settings) });
    tail.push({ table: 'nat', chain: 'POSTROUTING', rules: [postrouting] });
  }
  return { chains: new Map([['nat', nat]]), head: [], tail };
}

function snatChains(node: NodePlan, settings: PathSettings, exempt: readonly Exempt[]): readonly [string, Rule[]][] {
  const snat = settings.externalSnat ? [] : [snatRule(node, settings)];
  const comment = ({ excluded }: Exempt): string => (excluded ? 'AWS SNAT CHAIN EXCLUSION' : 'AWS SNAT CHAIN');
  return exemptChains('AWS-SNAT-CHAIN', settings, exempt, comment, snat);
}

/** `! -o vlan+` spares pods with security groups of their own, since v1.7. */
function snatRule(node: NodePlan, settings: PathSettings): Rule {
  const branch = atLeast(settings.config.version, '1.7.0') ? [ipt.outInterface('vlan+', true)] : [];
  const target = ipt.snat(node.primary.spec.primaryIp, undefined, {
    random: settings.randomizeSnat === 'hashrandom',
    randomFully: settings.randomizeSnat === 'prng',
  });
  return ipt.rule(
    [...branch, ipt.comment('AWS, SNAT'), ipt.addrtype({ dst: ['LOCAL'], notDst: true })],
    target,
    becauseOf(settings, 'AWS_VPC_K8S_CNI_EXTERNALSNAT', 'false'),
  );
}

/** Marks what came in on the primary ENI for the node itself, and puts the mark on the pods' answers. */
function mangleRules(node: NodePlan, settings: PathSettings): readonly Rule[] {
  const { version } = settings.config;
  const mark = settings.connmark;
  const comment = ipt.comment('AWS, primary ENI');
  const restore = ipt.connmarkRestore(mark);
  const nodePort = becauseOf(settings, 'AWS_VPC_CNI_NODE_PORT_SUPPORT', 'true');
  const forSnat = !settings.externalSnat && atLeast(version, '1.12.1');
  const veths = atLeast(version, '1.7.0') ? `${settings.vethPrefix}+` : 'eni+';
  const rules: Rule[] = [];
  if (settings.nodePortSupport) {
    const local = ipt.addrtype({ dst: ['LOCAL'], limitIfaceIn: true });
    const matches = [ipt.inInterface(node.primary.ifname), comment, local];
    rules.push(ipt.rule(matches, ipt.connmarkSetXmark(mark, mark), nodePort));
  }
  if (settings.nodePortSupport || forSnat) {
    const origin = settings.nodePortSupport ? nodePort : becauseOf(settings, 'AWS_VPC_K8S_CNI_EXTERNALSNAT', 'false');
    rules.push(ipt.rule([ipt.inInterface(veths), comment], restore, origin));
  }
  if (settings.nodePortSupport && atLeast(version, '1.7.0')) {
    rules.push(ipt.rule([ipt.inInterface('vlan+'), comment], restore, nodePort));
  }
  return rules;
}
