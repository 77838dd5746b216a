import {
  type Address,
  kernelRoutes,
  kernelRules,
  type Link,
  type Netns,
  type NetnsId,
  parseIptablesSave,
  printIptablesSave,
} from '../../src/linux/index.ts';
import { ip, mac } from '../../src/net/index.ts';
import { EMPTY_FABRIC } from '../../src/world/fabric-json.ts';
import type { World } from '../../src/world/index.ts';

export const A = 'node/a' as NetnsId;
export const B = 'node/b' as NetnsId;
export const SAVE = `*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -i ens5 -m comment --comment "AWS, primary ENI" -m addrtype --dst-type LOCAL --limit-iface-in -j CONNMARK --set-xmark 0x80/0x80
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:AWS-SNAT-CHAIN-0 - [0:0]
-A POSTROUTING -m comment --comment "AWS SNAT CHAIN" -j AWS-SNAT-CHAIN-0
-A AWS-SNAT-CHAIN-0 -d 10.0.0.0/16 -j RETURN
COMMIT
`;
const links: readonly Link[] = [
  {
    ifindex: 2,
    ifname: 'ens5',
    flags: ['UP'],
    mtu: 9001,
    qdisc: 'mq',
    operstate: 'UP',
    group: 'default',
    link_type: 'ether',
    address: mac('02:00:00:00:00:01'),
    broadcast: mac('ff:ff:ff:ff:ff:ff'),
  },
];
const addresses: readonly Address[] = [
  { dev: 'ens5', family: 4, local: ip('10.0.0.75'), prefixlen: 24, scope: 'global' },
];
const node = (id: NetnsId): Netns => ({
  id,
  links,
  addresses,
  routes: kernelRoutes(addresses, links),
  rules: [...kernelRules(4), ...kernelRules(6)],
  neighbours: [],
  sysctls: new Map([['net.ipv4.conf.ens5.rp_filter', '2']]),
  iptables: { variant: 'nft', ip: parseIptablesSave(SAVE, 'x', 4).value, ip6: new Map() },
  nft: [],
  sockets: [],
  conntrack: [],
  unmodelled: [],
});

/** Two nodes, compiled when first asked for. */
export function lazyWorld(): { world: World; compiled: NetnsId[] } {
  const compiled: NetnsId[] = [];
  const made = new Map<NetnsId, Netns>();
  const netns = Object.assign(
    new Map<NetnsId, Netns>([
      [A, node(A)],
      [B, node(B)],
    ]),
    {
      get(id: NetnsId): Netns | undefined {
        if (!made.has(id)) {
          compiled.push(id);
          made.set(id, node(id));
        }
        return made.get(id);
      },
    },
  );
  const entry = (name: string, id: NetnsId) => ({ name, netns: id, addresses: [], zone: 'a' });
  const fabric = {
    ...EMPTY_FABRIC,
    wires: [{ a: { netns: A, dev: 'eni1' }, b: { netns: B, dev: 'eth0' } }],
  };
  return {
    world: {
      name: 'w',
      netns,
      fabric,
      directory: {
        nodes: [entry('a', A), entry('b', B)],
        pods: [],
        absent: [],
        services: [],
        hosts: [],
        apiserver: [],
        serviceCidrs: [],
      },
      assumptions: [],
    },
    compiled,
  };
}

export const saved = (netns: Netns | undefined): string =>
  netns === undefined ? '' : printIptablesSave(netns.iptables.ip);
