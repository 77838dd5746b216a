import { ipt, type Rule } from '../../linux/index.ts';
import { type Exempt, exemptChains } from './exempt.ts';
import { becauseOf, type PathSettings } from './settings.ts';
import { atLeast } from './version.ts';

/**
 * The iptables form of the mark on connections that leave the VPC (pkg/networkutils/network.go buildIptablesConnmarkRules
 * until v1.22, iptables_connmark.go since v1.23). Until v1.22 the chain stays when the node does not translate.
 */
export function connmarkChains(settings: PathSettings, exempt: readonly Exempt[]): readonly [string, Rule[]][] {
  const { version } = settings.config;
  const since123 = atLeast(version, '1.23.0');
  if (!atLeast(version, '1.8.0') || (since123 && settings.externalSnat)) return [];
  const comment = ({ excluded }: Exempt): string => {
    if (since123) return 'AWS CONNMARK CHAIN';
    return excluded ? 'AWS CONNMARK CHAIN, EXCLUDED CIDR' : 'AWS CONNMARK CHAIN, VPC CIDR';
  };
  const target = ipt.connmarkSetXmark(settings.connmark, settings.connmark);
  const last = ipt.rule([ipt.comment('AWS, CONNMARK')], target, snatOrigin(settings));
  return exemptChains('AWS-CONNMARK-CHAIN', settings, exempt, comment, [last]);
}

/** Being in nat, these see a connection's first packet only; mangle restores the mark for the rest. */
export function connmarkJumps(settings: PathSettings): readonly Rule[] {
  const { version } = settings.config;
  if (!atLeast(version, '1.8.0')) return [];
  const fresh = atLeast(version, '1.12.1') ? [] : [{ kind: 'state', not: false, states: ['NEW'] } as const];
  const matches = [ipt.inInterface(`${settings.vethPrefix}+`), ipt.comment('AWS, outbound connections'), ...fresh];
  const origin = snatOrigin(settings);
  return [
    ipt.rule(matches, ipt.jump('AWS-CONNMARK-CHAIN-0'), origin),
    ipt.rule([ipt.comment('AWS, CONNMARK')], ipt.connmarkRestore(settings.connmark), origin),
  ];
}

const snatOrigin = (settings: PathSettings) => becauseOf(settings, 'AWS_VPC_K8S_CNI_EXTERNALSNAT', 'false');
