/** Numbers of the Linux ABI (include/uapi/linux, asm-generic; the same on x86-64 and arm64). */
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const AF_PACKET = 17;

export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;

export const IPPROTO_IP = 0;
export const IPPROTO_ICMP = 1;
export const IPPROTO_TCP = 6;
export const IPPROTO_IPV6 = 41;
export const IPPROTO_ICMPV6 = 58;
/** RFC 3828. */
export const IPPROTO_UDPLITE = 136;

export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_BINDTODEVICE = 25;
export const SO_ERROR = 4;
export const SO_LINGER = 13;
export const SO_RCVBUFFORCE = 33;
export const SO_TIMESTAMPNS = 35;
export const SO_MARK = 36;
export const SO_RCVMARK = 75;

export const IP_TTL = 2;
export const IP_MTU_DISCOVER = 10;
export const IP_MTU = 14;
export const IPV6_UNICAST_HOPS = 16;
export const IPV6_MTU_DISCOVER = 23;
export const IPV6_MTU = 24;
export const IPV6_V6ONLY = 26;
export const IPV6_RECVPKTINFO = 49;
export const IPV6_PKTINFO = 50;
export const IPV6_FREEBIND = 78;
export const PMTUDISC_DONT = 0;
export const PMTUDISC_DO = 2;
export const TCP_INFO = 11;

export const SOL_PACKET = 263;
export const PACKET_STATISTICS = 6;
export const ETH_P_ALL = 0x0003;
export const ETH_P_IP = 0x0800;
export const ETH_P_IPV6 = 0x86dd;

export const SOL_NETLINK = 270;
export const NETLINK_ADD_MEMBERSHIP = 1;
export const NETLINK_LISTEN_ALL_NSID = 8;

export const MSG_DONTWAIT = 0x40;

export const LOCK_EX = 2;
export const LOCK_NB = 4;

export const CLONE_NEWNS = 0x20000;
export const CLONE_NEWNET = 0x40000000;

export const MS_REC = 0x4000;
export const MS_PRIVATE = 1 << 18;

export const PROT_READ = 1;
export const PROT_WRITE = 2;
export const MAP_SHARED = 1;
export const MAP_PRIVATE = 2;
export const MAP_ANONYMOUS = 0x20;

export const EPERM = 1;
export const EAGAIN = 11;
export const ENOBUFS = 105;
export const ETIMEDOUT = 110;
export const EINPROGRESS = 115;
