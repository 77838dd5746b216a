import type { Issue } from '../../base/index.ts';
import { firstPodEni, POD_ENI, type Pod } from '../../cluster/index.ts';
import { type Ip, type Mac, parseIp, parseMac } from '../../net/index.ts';
import { keyOf, own } from '../labels.ts';

/** The branch interface a live pod says it has. */
export interface PodEni {
  readonly id: string;
  readonly mac: Mac;
  /** The IPv4 address, else the one it has. */
  readonly primaryIp: Ip;
  readonly addresses: readonly Ip[];
  readonly vlanId: number;
}

const MAX_VLAN = 4094;

/**
 * The annotation vpc.amazonaws.com/pod-eni, in whatever case its keys are: the controller writes `vlanId`, the plugin's own type is spelled
 * `vlanID`. Undefined where there is none, or where the plugin would refuse it, which is an Issue.
 */
export function podEniOf(pod: Pod, issues: Issue[]): PodEni | undefined {
  const text = own(pod.metadata.annotations, POD_ENI);
  if (text === undefined) return undefined;
  const read = readFirst(text);
  if (typeof read !== 'string') return read;
  issues.push({
    code: 'pod-eni-annotation',
    severity: 'error',
    at: pod.source,
    message: `Annotation ${POD_ENI} of pod "${keyOf(pod)}" ${read}`,
    expected: '[{"eniId":"eni-…","ifAddress":"MAC","privateIp":"ADDRESS","vlanId":1,"subnetCidr":"CIDR"}]',
  });
  return undefined;
}

/** What it says, or what is wrong with it. */
function readFirst(text: string): PodEni | string {
  const first = firstPodEni(text);
  if (first === undefined) return 'is no JSON list of network interfaces';
  const id = first.get('eniid');
  const mac = parseMac(String(first.get('ifaddress') ?? ''));
  const vlanId = Number(first.get('vlanid'));
  const [primaryIp, ...addresses] = ['privateip', 'ipv6addr'].flatMap(
    (key) => parseIp(String(first.get(key) ?? '')) ?? [],
  );
  if (typeof id !== 'string' || id === '') return 'names no "eniId"';
  if (mac === undefined) return 'has no MAC address in "ifAddress"';
  if (!Number.isInteger(vlanId) || vlanId < 1 || vlanId > MAX_VLAN)
    return `has no VLAN from 1 to ${MAX_VLAN} in "vlanId"`;
  if (primaryIp === undefined) return 'has no address in "privateIp" or "ipv6Addr"';
  return { id, mac, primaryIp, addresses, vlanId };
}
