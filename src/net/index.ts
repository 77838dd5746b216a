export {
  type Cidr,
  cidr,
  cidrContains,
  cidrCovers,
  cidrFirst,
  cidrLast,
  cidrNth,
  cidrOf,
  cidrSize,
  cidrsOverlap,
  defaultRoute,
  isHostCidr,
  parseCidr,
} from './cidr.ts';
export { plainName } from './dns-name.ts';
export {
  compareIp,
  type Family,
  familyOf,
  firstOctet,
  type Ip,
  type IpBits,
  ip,
  ipAdd,
  ipBits,
  ipFromBits,
  parseIp,
  widthOf,
} from './ip.ts';
export { ipv4Mapped } from './ipv4-mapped.ts';
export { isLinkLocal, isUnspecified, LINK_LOCAL, LINK_LOCAL6, linkLocal, macOfLinkLocal } from './link-local.ts';
export { isGroupMac, type Mac, mac, macFromBytes, NO_MAC, parseMac } from './mac.ts';
export { NAT64, nat64Of, withoutNat64 } from './nat64.ts';
export { PrefixTrie } from './prefix-trie.ts';
export { hasPorts, type Protocol, parseProtocol, protocolNames, protocolNumber, protocolOf } from './protocol.ts';
export { isPublicIp, NOT_PUBLIC } from './public-ip.ts';
