import { type Cidr, cidrContains, type Ip, parseCidr, parseIp } from '../net/index.ts';
import { POD_ENI } from './kinds/pod.ts';
import type { Pod } from './objects.ts';
import { isTerminal } from './pod-phase.ts';

/**
 * The first interface of the annotation vpc.amazonaws.com/pod-eni, which is a list, by its keys in lower case: the plugin takes the first
 * and reads keys as Go does (amazon-vpc-cni-k8s `pkg/ipamd/rpc_handler.go`). Undefined where it is no such list.
 */
export function firstPodEni(text: string): ReadonlyMap<string, unknown> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const [first] = Array.isArray(value) ? value : [];
  if (typeof first !== 'object' || first === null) return undefined;
  return new Map(Object.entries(first).map(([key, field]) => [key.toLowerCase(), field]));
}

/** Where a live pod's branch interface is, as its annotation shows it. */
export interface ShownBranch {
  readonly address: Ip;
  /** Of IPv4; of IPv6 every subnet has 64 bits. */
  readonly subnet: Cidr;
}

/** A VPC's subnets have 16 to 28 bits (VPC user guide, "Subnet sizing"). */
const [LARGEST, SMALLEST] = [16, 28];

/** Undefined where there is none, or where it is not of this subnet. */
export function shownBranch(pod: Pod): ShownBranch | undefined {
  const text = Object.hasOwn(pod.metadata.annotations, POD_ENI) ? pod.metadata.annotations[POD_ENI] : undefined;
  if (text === undefined || isTerminal(pod)) return undefined;
  const first = firstPodEni(text);
  const address = parseIp(String(first?.get('privateip') ?? ''));
  const subnet = parseCidr(String(first?.get('subnetcidr') ?? ''));
  if (address === undefined || subnet?.family !== 4 || subnet.prefix < LARGEST || subnet.prefix > SMALLEST)
    return undefined;
  return cidrContains(subnet, address) ? { address, subnet } : undefined;
}
