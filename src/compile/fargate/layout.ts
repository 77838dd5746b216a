import type { Origin } from '../../linux/index.ts';
import { type Family, type Ip, ip, linkLocal } from '../../net/index.ts';
import type { PodPlan } from '../node/plan-types.ts';

/*
 * The inside of a Fargate micro-VM. AWS publishes no picture of it; this one is inferred, and every answer it has a part in
 * says so. It is the one arrangement of those tried on a kernel that shows all that is known from outside:
 *
 *     pod                                micro-VM, a Node                                          VPC
 *     eth0 10.0.1.23/32 ──────────────── veth0 169.254.175.250/32     eth0 (no address) ────────── ENI 10.0.1.23
 *     default via 169.254.175.250        10.0.1.23 dev veth0          default via 10.0.1.1
 *                                        kube-proxy · kubelet
 *
 *     seen                                                   so
 *     a Node's address is its one pod's                      the interface owns one address, for both
 *     probes come from 169.254.175.250 to that address       the VM has the first, and routes the second to the pod
 *     hop 1 of any traceroute is 169.254.175.250             the pod is a namespace of its own, the VM forwards for it
 *     Services work from the pod                             kube-proxy's rules stand where its packets are forwarded
 *     a pod does not reach its own Node's kubelet            its Node's address is its own: the packet never leaves it
 *     Fargate has no NodePorts                               the address is not LOCAL in the VM, so kube-proxy's last
 *                                                            rule (KUBE-NODEPORTS) does not match it
 *     the API server reaches the kubelet at that address     port 10250 is the VM's: translated as it enters
 *     the kubelet reaches the API server                     what the VM itself sends is given the address as it leaves
 *
 * With the address on the VM's own device the local table takes every packet for it: probes and callers are refused. With a
 * rule for the pod in front of the local table the pod works, and the VM's own connections do not; the address is LOCAL
 * there, and node ports would work. docs/concepts/fargate-nat.md tells it at length.
 */

/** What a probe shows of the VM. Over IPv6 nobody has seen one: the pod's router is taken to be the device's link-local one. */
const VM_ADDRESS: Ip = ip('169.254.175.250');

/** The VM as its pod knows it. */
export const vmAddress = (family: Family, pod: Pick<PodPlan, 'vethMac'>): Ip =>
  family === 4 ? VM_ADDRESS : linkLocal(pod.vethMac);

/** Of the two devices of a VM nobody has seen the names; Amazon Linux 2 calls the first interface so. */
export const VETH = 'veth0';
export const POD_DEVICE = 'eth0';
export const MTU = 9001;

/** Who keeps what is neither the kernel's nor Kubernetes'. */
export const fargateOrigin = (because: string, at: Origin['at']): Origin => ({
  by: 'fargate',
  because,
  ...(at === undefined ? {} : { at }),
});
