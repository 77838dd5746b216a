import type { Fabric, RouteTable } from '../../../fabric/index.ts';
import { LOCAL_TABLE } from '../../../linux/index.ts';
import { type Cidr, familyOf, type Ip, isPublicIp, NOT_PUBLIC } from '../../../net/index.ts';
import { type CableEnd, macFor } from '../cables.ts';
import { answerEverything } from './answer-everything.ts';
import type { FabricNetns } from './fabric-netns.ts';
import { join, type Lowering, type Via } from './lowering.ts';

/** Blocks every kernel keeps to itself: a route of ours would only be in its way. */
const OWN: ReadonlySet<string> = new Set(['127.0.0.0/8', 'fe80::/10', 'ff00::/8', '::/127']);

const hostText = (address: Ip): string => `${address}/${familyOf(address) === 4 ? 32 : 128}`;
const MTU = 1500;

/**
 * Everything outside every VPC: one namespace that routes declared hosts to their cable, public addresses to the gateway of
 * their VPC, and every other public address to `anyone`, where one namespace answers for all of them.
 */
export class Internet {
  readonly netns: FabricNetns;
  private readonly on: Lowering;
  private readonly routed = new Set<string>();
  private readonly answering: string[] = [];

  constructor(on: Lowering) {
    this.on = on;
    this.netns = on.netns('internet', 'internet');
    for (const each of NOT_PUBLIC) {
      if (!OWN.has(each.text)) this.netns.of(each.family).add('route', 'add', 'blackhole', each.text);
    }
  }

  /** Public addresses behind a gateway: they win over a host that claims the same. */
  route(addresses: readonly Ip[], way: Via): void {
    for (const address of addresses) if (this.claim(address)) this.add(hostText(address), way[familyOf(address)]);
  }

  routeBlock(of: Cidr, way: Via): void {
    this.add(of.text, way[of.family]);
  }

  host(end: CableEnd, addresses: readonly Ip[]): void {
    const port = this.on.wiring.device({
      netns: this.netns.name,
      wanted: end.netns,
      mac: macFor(`internet to ${end.netns} ${end.dev}`),
      mtu: Math.max(MTU, end.mtu),
    });
    this.on.wiring.connect(end, port);
    this.answering.push(port.dev);
    for (const address of addresses) {
      if (!isPublicIp(address) || !this.claim(address)) continue;
      const lines = this.netns.of(familyOf(address));
      lines.add('neigh', 'replace', address, 'dev', port.dev, 'lladdr', end.mac, 'nud', 'permanent');
      lines.add('route', 'add', hostText(address), 'dev', port.dev);
    }
  }

  /**
   * `anyone`: a host at every public address nobody else has. All addresses are local to what comes in, and to the check of
   * an answer's source, which asks the local table itself (net/ipv4/devinet.c __ip_dev_find; IPv6 asks the devices instead,
   * hence `ip_nonlocal_bind`: net/ipv6/af_inet6.c __inet6_bind); what goes out is routed.
   */
  finish(): void {
    const anyone = this.on.netns('anyone', 'internet/*', 'counted');
    if (anyone.speaks6) anyone.set('net.ipv6.ip_nonlocal_bind', '1');
    const { toA, toB, b } = join(this.on, this.netns, anyone, { a: 'anyone', b: 'eth0', mtu: MTU });
    for (const family of [4, 6] as const) {
      this.add(family === 4 ? '0.0.0.0/0' : '::/0', toB[family], family);
      const lines = anyone.of(family);
      lines.add('route', 'add', 'default', ...toA[family]);
      lines.add('route', 'add', 'local', 'default', 'dev', 'lo', 'table', LOCAL_TABLE);
      lines.add('rule', 'add', 'from', 'all', 'iif', b.dev, 'priority', 1, 'lookup', LOCAL_TABLE);
      lines.add('rule', 'del', 'from', 'all', 'priority', 0, 'lookup', LOCAL_TABLE);
    }
    if (this.answering.length > 0)
      this.netns.nft.push(
        answerEverything(
          'internet',
          this.answering.map((dev) => this.macOf(dev)),
          this.netns.speaks6,
        ),
      );
  }

  private macOf(dev: string): readonly [string, string] {
    const cable = this.on.wiring.cables.find(({ b }) => b.netns === this.netns.name && b.dev === dev);
    return [dev, cable?.b.mac ?? '02:00:00:00:00:00'];
  }

  private claim(address: Ip): boolean {
    if (this.routed.has(address)) return false;
    this.routed.add(address);
    return true;
  }

  private add(to: string, way: readonly string[], family: 4 | 6 = to.includes(':') ? 6 : 4): void {
    this.netns.of(family).add('route', 'add', to, ...way);
  }
}

/** The gateway IPv6 answers come in by: the one its subnet's default route names. */
export function gateway6(fabric: Fabric, routeTable: string): string | undefined {
  const found = fabric.routeTables.find((each: RouteTable) => each.id === routeTable);
  const route = found?.routes.find((each) => each.destination.text === '::/0' && each.state === 'active');
  return route === undefined || !('id' in route.target) ? undefined : route.target.id;
}
