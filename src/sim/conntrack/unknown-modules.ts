import {
  type Netns,
  nftRuleLine,
  printNftRule,
  printRule,
  type Rule,
  ruleLine,
  type TableName,
} from '../../linux/index.ts';
import type { Family } from '../../net/index.ts';
import { folderOf } from '../../world/index.ts';
import type { UnreadChain } from '../unread-chains.ts';
import { coversFamily, tracksFamily } from './uses-conntrack.ts';

/** Of net/netfilter/xt_*.c, net/ipv4/netfilter/ipt_*.c and net/ipv6/netfilter/ip6t_*.c those that ask for no connections. */
const MATCHES = wordsOf(`
  addrtype ah bpf cgroup comment cpu dccp devgroup dscp dst ecn esp eui64 frag hashlimit hbh hl icmp icmp6 icmpv6 ipcomp
  iprange ipv6header ipvs l2tp length limit mac mark mh multiport nfacct osf owner physdev pkttype policy quota rateest
  realm recent rpfilter rt sctp set socket srh statistic string tcp tcpmss time tos ttl u32 udp udplite unclean`);
const TARGETS = wordsOf(`
  ACCEPT AUDIT CHECKSUM CLASSIFY DNPT DROP DSCP ECN HL HMARK IDLETIMER LED LOG MARK NFLOG NFQUEUE NOTRACK QUEUE RATEEST
  REJECT RETURN SECMARK SET SNPT TCPMSS TCPOPTSTRIP TEE TOS TPROXY TRACE TTL ULOG`);

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}

/**
 * The rule by which a namespace may track connections, though none is known to make it: of a match or target nobody knows, which
 * may have been written to (nf_ct_netns_get). Undefined: it tracks them, or does not.
 */
export function mayTrack(netns: Netns, family: Family): UnreadChain | undefined {
  if (tracksFamily(netns, family)) return undefined;
  const ruleset = family === 4 ? netns.iptables.ip : netns.iptables.ip6;
  for (const [name, { chains }] of ruleset)
    for (const [chain, { rules }] of chains) {
      const index = rules.findIndex(isUnknown);
      const rule = rules[index];
      if (rule !== undefined) return tell(netns, family, name, chain, rule, index);
    }
  for (const table of netns.nft) {
    if (!coversFamily(table, family)) continue;
    for (const chain of table.chains) {
      const at = chain.rules.findIndex(({ statements }) =>
        statements.some((each) => each.kind === 'unsupported' && isUnknownXt(each.text)),
      );
      const rule = chain.rules[at];
      if (rule === undefined) continue;
      const line = rule.line ?? nftRuleLine(netns.nft, table, chain.name, at + 1);
      return unread(`${folderOf(netns.id)}/nft-list-ruleset`, line, printNftRule(rule, table.family));
    }
  }
  return undefined;
}

function tell(netns: Netns, family: Family, table: TableName, chain: string, rule: Rule, index: number): UnreadChain {
  const ruleset = family === 4 ? netns.iptables.ip : netns.iptables.ip6;
  const file = `${folderOf(netns.id)}/${family === 4 ? 'iptables-save' : 'ip6tables-save'}`;
  return unread(file, rule.line ?? ruleLine(ruleset, table, chain, index), printRule(chain, rule));
}

const unread = (file: string, line: number, text: string): UnreadChain => ({
  what: `${file}:${line}: whether connections are tracked because of this is not known: ${text}`,
  evidence: { plane: 'sim', artefact: { file, line }, text },
});

const isUnknown = ({ matches, target }: Rule): boolean =>
  (target?.kind === 'unsupported' && !TARGETS.has(target.name)) ||
  matches.some((match) => match.kind === 'unsupported' && namesUnknown(match.text));

const namesUnknown = (text: string): boolean =>
  [...text.matchAll(/(?:^| )(?:-m|--match) (\S+)/g)].some(([, name = '']) => !MATCHES.has(name));

const isUnknownXt = (text: string): boolean =>
  [...text.matchAll(/\bxt (match|target) "(\w+)"/g)].some(
    ([, kind, name = '']) => !(kind === 'match' ? MATCHES : TARGETS).has(name),
  );
