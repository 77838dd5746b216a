import { LayeredMap } from '../../base/index.ts';
import type { Cluster } from '../../cluster/index.ts';
import type { Rule, TableName } from '../../linux/index.ts';
import type { Family } from '../../net/index.ts';
import type { Fragment } from '../types.ts';
import {
  firewallRules,
  forwardRules,
  jumpRules,
  markMasqueradeRules,
  nodePortTail,
  postroutingRules,
} from './fixed-rules.ts';
import type { ProxyNode } from './proxy-node.ts';
import { type ServicePortInfo, servicePorts } from './service-port.ts';
import { type RuleContext, writeServicePort } from './service-rules.ts';
import { SharedParts } from './shared-parts.ts';

/** Chains every Service writes a run of rules into; the others belong to one service port. */
const SHARED = new Set(['KUBE-SERVICES', 'KUBE-NODEPORTS', 'KUBE-EXTERNAL-SERVICES', 'KUBE-PROXY-FIREWALL']);
const LARGE_CLUSTER_ENDPOINTS = 1000;

type Chains = Map<string, Rule[]>;

interface Run {
  readonly table: TableName;
  readonly chain: string;
  readonly rule: Rule;
}

/** What one service port writes: runs for the shared chains, and whole chains of its own. */
interface Block {
  readonly runs: readonly Run[];
  readonly chains: ReadonlyMap<string, readonly Rule[]>;
}

/**
 * kube-proxy's iptables mode as a full sync leaves it (pkg/proxy/iptables/proxier.go, syncProxyRules): in, a settled
 * cluster and a family; out, a function from node to that node's rules. Most Services look the same from every node, so
 * their rules are made once and shared by reference; only those with a Local policy, topology hints or source ranges are
 * made again for a node, and nodes that see those alike share everything.
 */
export function compileKubeProxy(cluster: Cluster, family: Family): (node: ProxyNode) => Fragment {
  const config = cluster.kubeProxy;
  const services = servicePorts(cluster, family);
  const endpoints = services.reduce((sum, service) => sum + service.endpoints.length, 0);
  const large = endpoints > LARGE_CLUSTER_ENDPOINTS;
  const parts = new SharedParts();
  const block = (service: ServicePortInfo, node: ProxyNode): Block =>
    writeBlock(service, { config, family, node, large, shared: parts });
  const anyNode: ProxyNode = { name: '', zone: '', ips: [], deviceIps: [], liberal: false };
  const shared = new Map<ServicePortInfo, Block>();
  const common = new Map<string, readonly Rule[]>();
  for (const service of services) {
    if (service.perNode) continue;
    const made = block(service, anyNode);
    shared.set(service, made);
    for (const [chain, rules] of made.chains) common.set(chain, rules);
  }
  common.set('KUBE-MARK-MASQ', markMasqueradeRules(config));
  common.set('KUBE-POSTROUTING', postroutingRules(config));
  common.set('KUBE-PROXY-CANARY', []);
  const head = jumpRules();
  const uniform = services.every((service) => !service.perNode) && config.nodePortAddresses.length === 0;
  const alike = new Map<boolean, Fragment>();
  return (node) => {
    const known = alike.get(node.liberal);
    if (known !== undefined) return known;
    const fragment = assemble(node);
    if (uniform) alike.set(node.liberal, fragment);
    return fragment;
  };

  function assemble(node: ProxyNode): Fragment {
    const filter = new Map<string, readonly Rule[]>();
    const runs: Chains = new Map([...SHARED].map((name) => [name, []]));
    const own = new Map<string, readonly Rule[]>();
    const filterRuns: Chains = new Map([...SHARED].map((name) => [name, []]));
    for (const service of services) {
      const made = shared.get(service) ?? block(service, node);
      for (const { table, chain, rule } of made.runs) (table === 'nat' ? runs : filterRuns).get(chain)?.push(rule);
      if (!shared.has(service)) for (const [chain, rules] of made.chains) own.set(chain, rules);
    }
    for (const [chain, rules] of filterRuns) filter.set(chain, rules);
    filter.set('KUBE-FORWARD', forwardRules(config, node));
    filter.set('KUBE-PROXY-CANARY', []);
    if (config.localhostNodePorts && family === 4) filter.set('KUBE-FIREWALL', firewallRules());
    own.set('KUBE-SERVICES', [...(runs.get('KUBE-SERVICES') ?? []), ...nodePortTail(config, family, node)]);
    own.set('KUBE-NODEPORTS', runs.get('KUBE-NODEPORTS') ?? []);
    const nat = new LayeredMap<string, readonly Rule[]>(common, own);
    const mangle = new Map<string, readonly Rule[]>([['KUBE-PROXY-CANARY', []]]);
    const chains = new Map<TableName, ReadonlyMap<string, readonly Rule[]>>([
      ['filter', filter],
      ['nat', nat],
      ['mangle', mangle],
    ]);
    return { chains, head, tail: [] };
  }
}

function writeBlock(service: ServicePortInfo, context: RuleContext): Block {
  const runs: Run[] = [];
  const chains: Chains = new Map();
  writeServicePort(service, context, (table, chain, rule) => {
    if (SHARED.has(chain)) {
      runs.push({ table, chain, rule });
      return;
    }
    const known = chains.get(chain);
    if (known === undefined) chains.set(chain, [rule]);
    else known.push(rule);
  });
  return { runs, chains };
}
