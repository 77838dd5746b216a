import { ipt, type Origin, type Rule, type TableName } from '../../linux/index.ts';
import type { Family } from '../../net/index.ts';
import type { Fragment } from '../types.ts';

const origin: Origin = { by: 'kubelet' };

/**
 * What kubelet keeps in iptables since v1.27 (pkg/kubelet/kubelet_network_linux.go, syncIPTablesRules): a hint which
 * variant the node uses, the rule against packets for 127.0.0.0/8 from outside (IPv4 only), and a canary a table. It
 * starts before kube-proxy, so its two jumps end up behind kube-proxy's.
 */
export function compileKubelet(family: Family): Fragment {
  return family === 4 ? IPV4 : IPV6;
}

const firewall: readonly Rule[] = [
  ipt.rule(
    [
      ipt.source('127.0.0.0/8', true),
      ipt.destination('127.0.0.0/8'),
      ipt.comment('block incoming localnet connections'),
      ipt.ctstate(['RELATED', 'ESTABLISHED', 'DNAT'], true),
    ],
    ipt.drop,
    origin,
  ),
];
const jump: readonly Rule[] = [ipt.rule([], ipt.jump('KUBE-FIREWALL'), origin)];

function chains(family: Family): ReadonlyMap<TableName, ReadonlyMap<string, readonly Rule[]>> {
  const canary: readonly [string, readonly Rule[]] = ['KUBE-KUBELET-CANARY', []];
  return new Map([
    ['mangle', new Map<string, readonly Rule[]>([['KUBE-IPTABLES-HINT', []], canary])],
    ['nat', new Map([canary])],
    ['filter', family === 4 ? new Map([['KUBE-FIREWALL', firewall], canary]) : new Map([canary])],
  ]);
}

const IPV4: Fragment = {
  chains: chains(4),
  head: [
    { table: 'filter', chain: 'INPUT', rules: jump },
    { table: 'filter', chain: 'OUTPUT', rules: jump },
  ],
  tail: [],
};
const IPV6: Fragment = { chains: chains(6), head: [], tail: [] };
