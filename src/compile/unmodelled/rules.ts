import type { Cluster } from '../../cluster/index.ts';
import { ipt, type Rule, type Target } from '../../linux/index.ts';
import { type Family, familyOf, parseIp } from '../../net/index.ts';
import type { ClusterPlan, NodePlan } from '../node/plan-types.ts';
import type { Fragment } from '../types.ts';

// Rules some other component keeps, whose chains nobody can know: a packet for such an address or port meets a rule this
// model cannot decide, and its walk says so; everything else passes by.

export const unknowable = (chain: string): Target => ({ kind: 'unsupported', name: chain, text: `-j ${chain}` });

/** hostPort is the portmap plugin's work: its chains are named after container ids. */
export function hostPorts(node: NodePlan): readonly Fragment[] {
  const rules: Rule[] = [];
  for (const { pod } of node.pods) {
    for (const container of pod.spec.containers) {
      for (const { hostPort, protocol } of container.ports) {
        if (hostPort === undefined || hostPort === 0) continue;
        const of = transportOf(protocol);
        const because = `hostPort ${hostPort} of pod ${pod.metadata.namespace}/${pod.metadata.name}`;
        const matches = [ipt.protocol(of), ipt.addrtype({ dst: ['LOCAL'] }), ipt.dport(of, hostPort)];
        rules.push(ipt.rule(matches, unknowable('CNI-HOSTPORT-DNAT'), { by: 'portmap', because, at: pod.source }));
      }
    }
  }
  return tailOf(rules);
}

/** Services that name their proxy (service.kubernetes.io/service-proxy-name): kube-proxy leaves them alone. */
export function otherProxyRules(cluster: Cluster, family: Family): readonly Fragment[] {
  const rules: Rule[] = [];
  for (const { metadata, spec, source } of cluster.services) {
    const proxy = metadata.labels['service.kubernetes.io/service-proxy-name'];
    if (proxy === undefined) continue;
    const because = `Service ${metadata.namespace}/${metadata.name}, service-proxy-name ${proxy}`;
    for (const text of spec.clusterIPs) {
      const address = parseIp(text);
      if (address === undefined || familyOf(address) !== family) continue;
      for (const { protocol, port } of spec.ports) {
        const of = transportOf(protocol);
        const matches = [ipt.destination(address), ipt.protocol(of), ipt.dport(of, port)];
        rules.push(ipt.rule(matches, unknowable('OTHER-SERVICE-PROXY'), { by: proxy, because, at: source }));
      }
    }
  }
  return tailOf(rules);
}

/**
 * What is sent to a pod of another CNI's overlay goes by routes, tunnels and rules of that CNI: the last thing a packet meets
 * on a node, whatever Service it was sent to.
 */
export function overlayRules({ outsidePods }: ClusterPlan, family: Family): readonly Fragment[] {
  const rules = outsidePods.flatMap(({ pod, overlay: address }): readonly Rule[] => {
    if (address === undefined || familyOf(address) !== family) return [];
    const because = `pod ${pod.metadata.namespace}/${pod.metadata.name} on an overlay`;
    return [
      ipt.rule([ipt.destination(address)], unknowable('OTHER-CNI'), { by: 'another CNI', because, at: pod.source }),
    ];
  });
  return rules.length === 0
    ? []
    : [{ chains: new Map(), head: [], tail: [{ table: 'mangle', chain: 'POSTROUTING', rules }] }];
}

const transportOf = (protocol: 'TCP' | 'UDP' | 'SCTP'): 'tcp' | 'udp' | 'sctp' =>
  protocol === 'TCP' ? 'tcp' : protocol === 'UDP' ? 'udp' : 'sctp';

function tailOf(rules: readonly Rule[]): readonly Fragment[] {
  if (rules.length === 0) return [];
  const tail = (['PREROUTING', 'OUTPUT'] as const).map((chain) => ({ table: 'nat', chain, rules }) as const);
  return [{ chains: new Map(), head: [], tail }];
}
