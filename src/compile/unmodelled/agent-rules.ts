import type { Cluster } from '../../cluster/index.ts';
import { ipt, type Match, type Rule, type TableName } from '../../linux/index.ts';
import { type Family, familyOf, ip } from '../../net/index.ts';
import type { BuiltinRules, Fragment } from '../types.ts';
import { type Agent, agentsOf } from './agents.ts';
import { unknowable } from './rules.ts';

/** What NodeLocal DNSCache listens on beside the name server's own address (nodelocaldns.yaml of kubernetes/kubernetes). */
const NODE_LOCAL_DNS = ip('169.254.20.10');
const METADATA = ip('169.254.169.254');

/**
 * Rules of agents beside the CNI and kube-proxy, where their chains stand and for the packets they match:
 * k8s-dns-node-cache (raw, `cmd/node-cache/app/cache_app.go`), kube2iam (`iptables/iptables.go`), ip-masq-agent.
 */
export function agentRules(cluster: Cluster, family: Family): readonly Fragment[] {
  const agents = agentsOf(cluster);
  const tail: BuiltinRules[] = [];
  const dns = agents['answers-dns'];
  if (dns !== undefined) {
    const own = [...cluster.clusterDns, NODE_LOCAL_DNS].filter((address) => familyOf(address) === family);
    const rules = own.flatMap((address) =>
      (['udp', 'tcp'] as const).map((of) =>
        ruleOf(dns, 'NODE-LOCAL-DNS', [ipt.destination(address), ipt.protocol(of), ipt.dport(of, 53)]),
      ),
    );
    tail.push(...inChains('raw', ['PREROUTING', 'OUTPUT'], rules));
  }
  const metadata = agents['takes-metadata'];
  if (metadata !== undefined && family === 4) {
    const matches = [ipt.destination(METADATA), ipt.protocol('tcp'), ipt.dport('tcp', 80)];
    tail.push(...inChains('nat', ['PREROUTING'], [ruleOf(metadata, 'METADATA-PROXY', matches)]));
  }
  const masquerades = agents.masquerades;
  if (masquerades !== undefined && family === 4) {
    const matches = [ipt.addrtype({ dst: ['LOCAL'], notDst: true })];
    tail.push(...inChains('nat', ['POSTROUTING'], [ruleOf(masquerades, 'IP-MASQ-AGENT', matches)]));
  }
  return tail.length === 0 ? [] : [{ chains: new Map(), head: [], tail }];
}

const ruleOf = ({ name, source }: Agent, chain: string, matches: readonly Match[]): Rule =>
  ipt.rule(matches, unknowable(chain), { by: name, because: `DaemonSet ${name}`, at: source });

const inChains = (
  table: TableName,
  chains: readonly BuiltinRules['chain'][],
  rules: readonly Rule[],
): BuiltinRules[] => (rules.length === 0 ? [] : chains.map((chain) => ({ table, chain, rules })));
