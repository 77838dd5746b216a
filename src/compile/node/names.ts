import { sha1 } from '@noble/hashes/legacy.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { NetnsId } from '../../linux/index.ts';
import { type Mac, macFromBytes } from '../../net/index.ts';
import { textHash } from '../text-hash.ts';

const sha1Of = textHash(sha1);

/** Characters of the hash a host veth's name keeps (`networkutils.GeneratePodHostVethNameSuffix`). */
const VETH_HASH_LENGTH = 11;

export const nodeNetns = (name: string): NetnsId => `node/${name}` as NetnsId;
export const podNetns = (namespace: string, name: string): NetnsId => `pod/${namespace}/${name}` as NetnsId;
/** How a plan names a pod that has no namespace of its own. */
export const podKey = ({ namespace, name }: { readonly namespace: string; readonly name: string }): string =>
  `${namespace}/${name}`;
export const hostNetns = (name: string): NetnsId => `host/${name}` as NetnsId;
export const internetNetns = (name: string): NetnsId => `internet/${name}` as NetnsId;

export interface PodLinkNames {
  readonly veth: string;
  readonly vethMac: Mac;
  readonly podMac: Mac;
}

/**
 * The host veth's name is the prefix and 11 hex digits of SHA-1 over `NAMESPACE.POD`. The plugin draws MAC addresses at
 * random (`cmd/routed-eni-cni-plugin/driver`); ours come from the same hash, so a cluster compiles to the same bytes.
 */
export function podLinkNames(prefix: string, namespace: string, pod: string): PodLinkNames {
  const hash = sha1Of(`${namespace}.${pod}`);
  return {
    veth: prefix + bytesToHex(hash.subarray(0, 6)).slice(0, VETH_HASH_LENGTH),
    vethMac: macFromBytes(hash.subarray(8, 14)),
    podMac: macFromBytes(hash.subarray(14, 20)),
  };
}

/** A MAC address for something whose real one nobody gave: the same one every time. */
export const macFor = (what: string): Mac => macFromBytes(sha1Of(what));

/** An id in AWS's shape (`eni-` and 17 hex digits) for an interface AWS would have named. */
export const eniIdFor = (owner: string): string => `eni-${bytesToHex(sha1Of(owner)).slice(0, 17)}`;
