import { type Cluster, isTerminal } from '../../cluster/index.ts';
import { type Ip, parseIp } from '../../net/index.ts';
import { podEniOf } from '../branch-enis/pod-eni-annotation.ts';
import { internalIps } from '../nodes.ts';

/** Every VPC address the input gives to somebody: none of them may be handed out again. */
export function heldAddresses(cluster: Cluster): Set<Ip> {
  const held = new Set<Ip>();
  for (const spec of cluster.nodeSpecs) {
    if (spec.primaryIp !== undefined) held.add(spec.primaryIp);
    for (const eni of spec.enis) {
      held.add(eni.primaryIp);
      for (const address of eni.addresses) held.add(address);
    }
    for (const branch of spec.branches ?? [])
      for (const address of [branch.primaryIp, ...branch.addresses]) held.add(address);
  }
  for (const node of cluster.nodes) for (const address of internalIps(node)) held.add(address);
  for (const vpc of cluster.network.vpcs) {
    for (const gateway of vpc.natGateways) if (gateway.privateIp !== undefined) held.add(gateway.privateIp);
  }
  for (const end of cluster.apiserver) held.add(end.ip);
  for (const server of cluster.servers) for (const address of server.addresses) held.add(address);
  for (const placement of cluster.placements) if (placement.ip !== undefined) held.add(placement.ip);
  for (const pod of cluster.pods) {
    if (isTerminal(pod)) continue;
    const eni = podEniOf(pod, []);
    for (const address of eni === undefined ? [] : [eni.primaryIp, ...eni.addresses]) held.add(address);
    for (const address of pod.status.podIPs) held.add(address);
  }
  for (const slice of cluster.endpointSlices) {
    for (const endpoint of slice.endpoints) {
      for (const text of endpoint.addresses) {
        const address = parseIp(text);
        if (address !== undefined) held.add(address);
      }
    }
  }
  return held;
}
