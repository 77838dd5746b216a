import { sha256 } from '@noble/hashes/sha2.js';
import { textHash } from '../text-hash.ts';

// Chain names (pkg/proxy/iptables/proxier.go: portProtoHash, servicePortEndpointChainName). The hash input has no separator
// between its parts, the protocol is lower case, and SVC, SVL, EXT and FW of one service port share one hash.

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** `servicePort` is `namespace/service` or `namespace/service:portname`. */
export const serviceHash = (servicePort: string, protocol: string): string => hash16(servicePort + protocol);

/** `endpoint` is `IP:PORT`, with brackets around an IPv6 address. */
export const endpointChain = (servicePort: string, protocol: string, endpoint: string): string =>
  `KUBE-SEP-${hash16(servicePort + protocol + endpoint)}`;

const hash16 = (text: string): string => base32Hash(text, 10);

const sha256Of = textHash(sha256);

/** The first `octets` of SHA-256(text) in base32: a multiple of five, so no padding. */
function base32Hash(text: string, octets: number): string {
  const digest = sha256Of(text);
  let bits = 0;
  let width = 0;
  let name = '';
  for (let at = 0; at < octets; at++) {
    bits = ((bits << 8) | (digest[at] ?? 0)) & 0xffff;
    width += 8;
    while (width >= 5) {
      width -= 5;
      name += ALPHABET[(bits >> width) & 31];
    }
  }
  return name;
}

// Names of the nftables mode (pkg/proxy/nftables/proxier.go: servicePortChainNameBase, servicePortEndpointChainNameBase):
// what follows the prefix of every chain and set of a service port, or of one of its endpoints.

const MAX_NAME = 240;

/** `HASH-namespace/service/protocol/portname`; a port without a name leaves a trailing slash. */
export const nftServiceName = (servicePort: string, protocol: string): string => hashed(pathOf(servicePort, protocol));

/** The colons of an IPv6 address become dots, for no name may have them. */
export const nftEndpointName = (servicePort: string, protocol: string, address: string, port: number): string =>
  hashed(`${pathOf(servicePort, protocol)}__${address.replaceAll(':', '.')}/${port}`);

function pathOf(servicePort: string, protocol: string): string {
  const [service = '', port = ''] = servicePort.split(':');
  return `${service}/${protocol}/${port}`;
}

function hashed(path: string): string {
  const name = `${base32Hash(path, 5)}-${path}`;
  return name.length > MAX_NAME ? `${name.slice(0, MAX_NAME - 3)}...` : name;
}
