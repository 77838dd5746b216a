import type { Address, Link, Origin } from '../../linux/index.ts';
import { familyOf, type Ip, mac, widthOf } from '../../net/index.ts';
import { macFor } from './names.ts';
import type { NodePlan } from './plan-types.ts';

const NAME = 'kube-ipvs0';
const origin: Origin = { by: 'kube-proxy' };

/**
 * kube-proxy's dummy device in IPVS mode (pkg/proxy/ipvs/netlink_linux.go, EnsureDummyDevice): never brought up, which its
 * addresses do not need to be this host's own. It takes the first index that is free.
 */
export function withDummy(links: readonly Link[], { netns }: NodePlan): readonly Link[] {
  const taken = new Set(links.map(({ ifindex }) => ifindex));
  let ifindex = 2;
  while (taken.has(ifindex)) ifindex++;
  const dummy: Link = {
    ifindex,
    ifname: NAME,
    flags: ['BROADCAST', 'NOARP'],
    mtu: 1500,
    qdisc: 'noop',
    operstate: 'DOWN',
    group: 'default',
    link_type: 'ether',
    address: macFor(`${netns} ${NAME}`),
    broadcast: mac('ff:ff:ff:ff:ff:ff'),
    info_kind: 'dummy',
    txqlen: 1000,
    origin,
  };
  return [...links, dummy].sort((a, b) => a.ifindex - b.ifindex);
}

/** Every address of a Service, as a host's (EnsureAddressBind). */
export const dummyAddresses = (addresses: readonly Ip[]): readonly Address[] =>
  addresses.map((local) => {
    const family = familyOf(local);
    const base = { dev: NAME, family, local, prefixlen: widthOf(family), scope: 'global', origin } as const;
    return family === 4 ? { ...base, label: NAME } : base;
  });
