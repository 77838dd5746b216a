import { type Ip, parseIp } from '../net/index.ts';
import type { Node, ObjectMeta } from './objects.ts';

/** On every Node of Fargate, as label and as taint; `ec2` on a pod keeps it off (EKS user guide, CoreDNS on Fargate). */
export const COMPUTE_TYPE = 'eks.amazonaws.com/compute-type';

/** On every pod a profile took: its name. In a manifest it says which of several matching profiles is meant. */
export const FARGATE_PROFILE = 'eks.amazonaws.com/fargate-profile';

/** How the cloud controller manager knows a Node of Fargate (cloud-provider-aws `pkg/providers/v1/aws.go`, fargateNodeNamePrefix). */
const PREFIX = 'fargate-';

export const isFargate = ({ metadata }: { readonly metadata: ObjectMeta }): boolean =>
  metadata.labels[COMPUTE_TYPE] === 'fargate';

/** `fargate-ip-10-0-1-23.ec2.internal` */
export const isFargateName = (name: string): boolean =>
  name.startsWith(`${PREFIX}ip-`) || name.startsWith(`${PREFIX}i-`);

/** The Node of the micro-VM whose address this is: the interface's private DNS name behind the prefix. */
export const fargateNodeName = (address: Ip, domain: string): string =>
  `${PREFIX}ip-${address.replaceAll(/[.:]/g, '-')}.${domain}`;

/** A Node's address, where a listing leaves its status out: the name has an IPv4 one in it. */
export function fargateAddress(node: Pick<Node, 'metadata' | 'status'>): Ip | undefined {
  const internal = node.status.addresses.find(({ type }) => type === 'InternalIP');
  return parseIp(internal?.address ?? '') ?? addressInName(node.metadata.name);
}

export function addressInName(name: string): Ip | undefined {
  const [, octets] = /^fargate-ip-(\d+-\d+-\d+-\d+)(?:\.|$)/.exec(name) ?? [];
  return octets === undefined ? undefined : parseIp(octets.replaceAll('-', '.'));
}
