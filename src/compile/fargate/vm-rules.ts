import { ipt, type Rule } from '../../linux/index.ts';
import { familyOf } from '../../net/index.ts';
import type { NodePlan } from '../node/plan-types.ts';
import type { BuiltinRules, Fragment } from '../types.ts';
import { fargateOrigin, vmAddress } from './layout.ts';

export const KUBELET = 10250;

/**
 * How a VM and its pod share one address: the kubelet's port is the VM's, everything else the pod's, and what the VM itself
 * sends leaves with it. The pod is kept from the kubelet (aws/containers-roadmap #1798), also by the VM's other address.
 */
export function vmRules(node: NodePlan): Fragment {
  const tail: BuiltinRules[] = [];
  for (const pod of node.pods) {
    const [address] = pod.addresses.filter((each) => familyOf(each) === 4);
    if (address === undefined) continue;
    const own = vmAddress(4, pod);
    const { ifname } = node.primary;
    const origin = (because: string) => fargateOrigin(because, pod.pod.source);
    const tcp = [ipt.protocol('tcp'), ipt.dport('tcp', KUBELET)];
    const into: Rule = ipt.rule(
      [ipt.destination(address), ipt.inInterface(ifname), ...tcp],
      ipt.dnat(own, KUBELET),
      origin("the kubelet's port"),
    );
    const out: Rule = ipt.rule(
      [ipt.source(own), ipt.outInterface(ifname)],
      ipt.snat(address),
      origin('what the VM sends itself'),
    );
    const keep: Rule = ipt.rule([ipt.inInterface(pod.veth), ...tcp], ipt.drop, origin("the pod's own kubelet"));
    tail.push(
      { table: 'nat', chain: 'PREROUTING', rules: [into] },
      { table: 'nat', chain: 'POSTROUTING', rules: [out] },
      { table: 'filter', chain: 'INPUT', rules: [keep] },
    );
  }
  return { chains: new Map(), head: [], tail };
}
