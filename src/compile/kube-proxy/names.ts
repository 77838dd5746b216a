import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';

// Chain names (pkg/proxy/iptables/proxier.go: portProtoHash, servicePortEndpointChainName). The hash input has no separator
// between its parts, the protocol is lower case, and SVC, SVL, EXT and FW of one service port share one hash.

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** `servicePort` is `namespace/service` or `namespace/service:portname`. */
export const serviceHash = (servicePort: string, protocol: string): string => hash16(servicePort + protocol);

/** `endpoint` is `IP:PORT`, with brackets around an IPv6 address. */
export const endpointChain = (servicePort: string, protocol: string, endpoint: string): string =>
  `KUBE-SEP-${hash16(servicePort + protocol + endpoint)}`;

/** First 16 characters of base32(SHA-256(text)): ten octets, no padding. */
function hash16(text: string): string {
  const digest = sha256(utf8ToBytes(text));
  let bits = 0;
  let width = 0;
  let name = '';
  for (const octet of digest.subarray(0, 10)) {
    bits = ((bits << 8) | octet) & 0xffff;
    width += 8;
    while (width >= 5) {
      width -= 5;
      name += ALPHABET[(bits >> width) & 31];
    }
  }
  return name;
}
