import { Lines } from '../lines.ts';
import type { NetfilterText, NetnsPlan } from '../netns-plan.ts';
import type { PlanGap } from '../types.ts';

/**
 * Settings of a namespace that stands for a part of the fabric: it forwards and keeps quiet. ICMP errors come from the
 * address of the device the packet came in by, which is the subnet's router (Documentation/networking/ip-sysctl.rst); such
 * an error may come by again on its way, hence `accept_local`.
 */
const TRANSIT: readonly (readonly [string, string])[] = [
  ['net.ipv4.ip_forward', '1'],
  ...['all', 'default'].flatMap((dev) =>
    (
      [
        ['rp_filter', '0'],
        ['send_redirects', '0'],
        ['accept_redirects', '0'],
        ['accept_local', '1'],
        ['route_localnet', '0'],
        ['proxy_arp', '0'],
        ['log_martians', '0'],
        ['arp_ignore', '8'],
      ] as const
    ).map(([name, value]) => [`net.ipv4.conf.${dev}.${name}`, value] as const),
  ),
  ['net.ipv4.ip_default_ttl', '64'],
  ['net.ipv4.icmp_errors_use_inbound_ifaddr', '1'],
  ['net.ipv4.icmp_ratemask', '0'],
  ['net.ipv4.icmp_ratelimit', '0'],
  ['net.ipv4.icmp_msgs_per_sec', '1000000'],
  ['net.ipv4.icmp_msgs_burst', '1000000'],
];

const TRANSIT6: readonly (readonly [string, string])[] = [
  ['net.ipv6.conf.all.forwarding', '1'],
  ['net.ipv6.conf.default.accept_dad', '0'],
  ['net.ipv6.conf.default.dad_transmits', '0'],
  ['net.ipv6.conf.default.accept_ra', '0'],
  ['net.ipv6.conf.default.router_solicitations', '0'],
  ['net.ipv6.icmp.ratelimit', '0'],
];

const WITHOUT_IPV6: readonly (readonly [string, string])[] = [
  ['net.ipv6.conf.default.disable_ipv6', '1'],
  ['net.ipv6.conf.lo.disable_ipv6', '1'],
];

/**
 * The fabric's routers are no hops (VPC guide; a traceroute never shows one), Linux is: what forwarding takes is given
 * before it, so that no packet dies of it. 255 cannot be raised, so it is remembered and put back (net/netfilter/xt_HL.c).
 */
const keepHops = (family: 4 | 6): string => {
  const [module, option, target] = family === 4 ? ['ttl', '--ttl', 'TTL'] : ['hl', '--hl', 'HL'];
  return [
    '*mangle',
    ':PREROUTING ACCEPT [0:0]',
    ':INPUT ACCEPT [0:0]',
    ':FORWARD ACCEPT [0:0]',
    ':OUTPUT ACCEPT [0:0]',
    ':POSTROUTING ACCEPT [0:0]',
    `-A PREROUTING -m ${module} ${option}-eq 255 -j MARK --set-xmark 0x1/0x1`,
    `-A PREROUTING -j ${target} ${option}-inc 1`,
    `-A POSTROUTING -m mark --mark 0x1/0x1 -j ${target} ${option}-set 255`,
    'COMMIT',
    '',
  ].join('\n');
};

/** What a part of the fabric is lowered with. */
export interface FabricNetnsOptions {
  /** Whether its forwarding is a hop that packets count. */
  readonly hops: 'kept' | 'counted';
  /** Without any IPv6 in the World the fabric does not speak it: nothing multicasts on the wires. */
  readonly families: readonly (4 | 6)[];
  readonly gaps: PlanGap[];
}

/** A part of the fabric while it is being lowered to a namespace. */
export class FabricNetns {
  readonly name: string;
  readonly label: string;
  readonly ip4: Lines;
  readonly ip6: Lines;
  /** Text of its nft tables. */
  readonly nft: string[] = [];
  private readonly settings: (readonly [string, string])[] = [];
  private readonly later: (readonly [string, string])[] = [];
  private readonly options: FabricNetnsOptions;

  constructor(name: string, label: string, options: FabricNetnsOptions) {
    this.name = name;
    this.label = label;
    this.options = options;
    this.ip4 = new Lines(label, options.gaps);
    this.ip6 = new Lines(label, options.gaps);
    this.ip4.add('link', 'set', 'dev', 'lo', 'up');
  }

  get speaks6(): boolean {
    return this.options.families.includes(6);
  }

  of(family: 4 | 6): Lines {
    return family === 4 ? this.ip4 : this.ip6;
  }

  set(name: string, value: string): void {
    this.settings.push([name, value]);
  }

  /** A setting of a device, once it is there. */
  setDevice(name: string, value: string): void {
    this.later.push([name, value]);
  }

  gap(what: string, because: string): void {
    this.options.gaps.push({ where: this.label, what, because });
  }

  plan(raise: readonly string[]): NetnsPlan {
    const { hops, families } = this.options;
    const { speaks6 } = this;
    const netfilter: NetfilterText[] = [];
    if (hops === 'kept')
      for (const family of families)
        netfilter.push({ kind: 'iptables', family, flavour: 'nft', text: keepHops(family) });
    if (this.nft.length > 0) netfilter.push({ kind: 'nft', text: this.nft.join(''), observes: true });
    return {
      name: this.name,
      id: undefined,
      label: this.label,
      before: [...TRANSIT, ...(speaks6 ? TRANSIT6 : WITHOUT_IPV6), ...this.settings],
      numbers: [],
      raise: raise.map((dev) => `link set dev ${dev} up`),
      ip4: this.ip4.lines,
      ip6: speaks6 ? this.ip6.lines : [],
      after: this.later,
      sets: '',
      netfilter,
      connections: [],
      etc: [],
      hostPods: [],
    };
  }
}
