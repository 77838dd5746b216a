import type { Link } from '../../linux/index.ts';
import { egressParts } from '../vpc-cni/egress.ts';
import { sayEni } from '../vpc-cni/interfaces.ts';
import type { PathSettings } from '../vpc-cni/settings.ts';
import { LOOPBACK, physicalLink, vethLink, vlanLink } from './devices.ts';
import type { EniPlan, NodePlan } from './plan-types.ts';

/** lo, the ENIs and the VLANs of their branches, and the pods' host ends, by index as `ip link` lists them. */
export function nodeLinks(node: NodePlan, settings: PathSettings): readonly Link[] {
  const enis = node.enis.map((eni: EniPlan) =>
    physicalLink({
      ifindex: eni.ifindex,
      ifname: eni.ifname,
      mac: eni.mac,
      mtu: settings.eniMtu,
      origin: { by: 'vpc-cni', because: `${eni.spec.id}, device ${eni.spec.deviceIndex}`, at: node.spec.source },
    }),
  );
  const branches = node.branches.flatMap((eni) => {
    const { ifindex, ifname, mac, vlan, spec } = eni;
    if (vlan === undefined) return [];
    const origin = { by: 'vpc-cni', because: sayEni(eni), at: spec.source ?? node.spec.source };
    return [vlanLink({ ifindex, ifname, mac, mtu: settings.eniMtu, id: vlan.id, parent: vlan.trunk.ifindex, origin })];
  });
  const veths = node.pods.flatMap((pod) => [
    vethLink({
      ifindex: pod.vethIfindex,
      ifname: pod.veth,
      mac: pod.vethMac,
      mtu: settings.podMtu,
      peer: pod.ifindex,
      netnsid: pod.netnsid,
      origin: pod.origin,
    }),
    ...(pod.egress === undefined
      ? []
      : [egressParts(pod.egress, settings.podMtu, pod.netnsid, pod.origin).outside.link]),
  ]);
  return [LOOPBACK, ...[...enis, ...branches, ...veths].sort((a, b) => a.ifindex - b.ifindex)];
}
