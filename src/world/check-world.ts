import { didYouMean, type Issue, type SourceRef } from '../base/index.ts';
import type { RouteTarget } from '../fabric/index.ts';
import type { NetnsId } from '../linux/index.ts';
import type { World } from './types.ts';

/** Ids to be found among, of whatever else is known of them. */
type Names = Pick<ReadonlySet<string>, 'has' | 'keys'>;
type NamedTarget = Exclude<RouteTarget['kind'], 'local' | 'unsupported'>;

/** Where an entry stands: a file of the World folder and a path in it (`.enis[3]`). */
export type Locate = (file: string, path: string) => SourceRef;

/**
 * Reference checks: every name in the fabric and the directory stands for something there is. Only looks names up, so a
 * lazy World stays lazy, unless `devices` asks whether every device exists too.
 */
export function checkWorld(world: World, locate: Locate = (file) => ({ file }), devices = false): readonly Issue[] {
  const checker = new Checker(world, locate, devices);
  checker.fabric();
  checker.paths();
  checker.directory();
  return checker.issues;
}

class Checker {
  readonly issues: Issue[] = [];
  private readonly world: World;
  private readonly locate: Locate;
  private readonly devices: boolean;

  constructor(world: World, locate: Locate, devices: boolean) {
    this.world = world;
    this.locate = locate;
    this.devices = devices;
  }

  fabric(): void {
    const { fabric } = this.world;
    const vpcs = this.ids('vpcs', fabric.vpcs);
    const tables = this.ids('routeTables', fabric.routeTables);
    const subnets = this.ids('subnets', fabric.subnets);
    const networks = this.ids('onPremises', fabric.onPremises);
    const targets = this.routeTargets();
    this.connections({ vpcs, subnets, networks });
    fabric.routeTables.forEach((table, t) => {
      this.known(vpcs, table.vpc, 'VPC', `.routeTables[${t}]`);
      for (const { target } of table.routes) {
        if (target.kind === 'local' || target.kind === 'unsupported') continue;
        const known = targets[target.kind];
        if (known === undefined) continue;
        this.known(known, target.id, target.kind, `.routeTables[${t}]`);
        const vpcs = known.get(target.id);
        if (vpcs === undefined || vpcs.length === 0 || vpcs.includes(table.vpc)) continue;
        const what = `A route of ${table.vpc} has ${target.kind} "${target.id}" of ${vpcs.join(' and ')} for its target`;
        this.report('fabric.json', `.routeTables[${t}]`, what);
      }
    });
    fabric.subnets.forEach((subnet, i) => {
      this.known(vpcs, subnet.vpc, 'VPC', `.subnets[${i}]`);
      this.known(tables, subnet.routeTable, 'route table', `.subnets[${i}]`);
    });
    fabric.enis.forEach((eni, i) => {
      this.known(subnets, eni.subnet, 'subnet', `.enis[${i}]`);
      if (eni.attachment !== null) this.end(eni.attachment, `.enis[${i}]`);
    });
    fabric.internetGateways.forEach((gateway, i) => {
      this.known(vpcs, gateway.vpc, 'VPC', `.internetGateways[${i}]`);
    });
    fabric.natGateways.forEach((gateway, i) => {
      this.known(subnets, gateway.subnet, 'subnet', `.natGateways[${i}]`);
    });
    this.filters(vpcs, subnets);
    fabric.peerings.forEach((peering, i) => {
      for (const side of [peering.requester, peering.accepter]) this.known(vpcs, side, 'VPC', `.peerings[${i}]`);
    });
  }

  /** What a route may point at, by its kind: the VPCs that have it; none where any VPC may. */
  private routeTargets(): Readonly<Record<NamedTarget, ReadonlyMap<string, readonly string[]> | undefined>> {
    const { fabric } = this.world;
    const vpcOf = new Map(fabric.subnets.map(({ id, vpc }) => [id, vpc]));
    const all = <T extends { readonly id: string }>(
      section: string,
      entries: readonly T[],
      vpcs: (entry: T) => readonly (string | undefined)[],
    ): ReadonlyMap<string, readonly string[]> => {
      this.ids(section, entries);
      return new Map(entries.map((entry) => [entry.id, vpcs(entry).filter((vpc) => vpc !== undefined)]));
    };
    return {
      'nat-gateway': all('natGateways', fabric.natGateways, ({ subnet }) => [vpcOf.get(subnet)]),
      'vpc-peering': all('peerings', fabric.peerings, ({ requester, accepter }) => [requester, accepter]),
      'transit-gateway': all('transitGateways', fabric.transitGateways, () => []),
      'vpn-gateway': all('vpnGateways', fabric.vpnGateways, ({ vpc }) => [vpc]),
      'vpc-endpoint': all('vpcEndpoints', fabric.vpcEndpoints, ({ vpc }) => [vpc]),
      'network-interface': all('enis', fabric.enis, ({ subnet }) => [vpcOf.get(subnet)]),
      'internet-gateway': all('internetGateways', fabric.internetGateways, ({ vpc }) => [vpc]),
      'egress-only-internet-gateway': undefined,
    };
  }

  /** A group that an ENI or a rule names need not be described; what is described hangs together. */
  private filters(vpcs: ReadonlySet<string>, subnets: ReadonlySet<string>): void {
    const { securityGroups, networkAcls, prefixLists } = this.world.fabric;
    this.ids('securityGroups', securityGroups);
    this.ids('networkAcls', networkAcls);
    this.ids('prefixLists', prefixLists);
    securityGroups.forEach((group, i) => {
      this.known(vpcs, group.vpc, 'VPC', `.securityGroups[${i}]`);
    });
    const aclOf = new Map<string, string>();
    networkAcls.forEach((acl, i) => {
      const path = `.networkAcls[${i}]`;
      this.known(vpcs, acl.vpc, 'VPC', path);
      for (const subnet of acl.subnets) {
        this.known(subnets, subnet, 'subnet', path);
        const other = aclOf.get(subnet);
        if (other !== undefined)
          this.report('fabric.json', path, `Subnet "${subnet}" has ${other} for its network ACL`);
        aclOf.set(subnet, acl.id);
      }
    });
  }

  private connections(known: {
    readonly vpcs: ReadonlySet<string>;
    readonly subnets: ReadonlySet<string>;
    readonly networks: ReadonlySet<string>;
  }): void {
    const { fabric } = this.world;
    fabric.transitGateways.forEach(({ attachments, routeTables }, i) => {
      const path = `.transitGateways[${i}]`;
      const tables = new Set(routeTables.map(({ id }) => id));
      const ids = new Set(attachments.map(({ id }) => id));
      for (const { to, routeTable } of attachments) {
        if (routeTable !== null) this.known(tables, routeTable, 'transit gateway route table', path);
        if (to.kind === 'on-premises') this.known(known.networks, to.network, 'on-premises network', path);
        else {
          this.known(known.vpcs, to.vpc, 'VPC', path);
          for (const subnet of to.subnets) this.known(known.subnets, subnet, 'subnet', path);
        }
      }
      for (const { routes } of routeTables)
        for (const { attachment } of routes) if (attachment !== null) this.known(ids, attachment, 'attachment', path);
    });
    fabric.vpnGateways.forEach(({ vpc, connections }, i) => {
      this.known(known.vpcs, vpc, 'VPC', `.vpnGateways[${i}]`);
      for (const { network } of connections)
        this.known(known.networks, network, 'on-premises network', `.vpnGateways[${i}]`);
    });
    fabric.onPremises.forEach(({ hosts }, i) => {
      for (const host of hosts) this.end(host, `.onPremises[${i}]`);
    });
    fabric.vpcEndpoints.forEach(({ vpc }, i) => {
      this.known(known.vpcs, vpc, 'VPC', `.vpcEndpoints[${i}]`);
    });
  }

  paths(): void {
    const { wires, internetHosts } = this.world.fabric;
    const used = new Map<string, number>();
    wires.forEach(({ a, b }, i) => {
      for (const end of [a, b]) {
        this.end(end, `.wires[${i}]`);
        const key = `${end.netns} ${end.dev}`;
        if (used.has(key))
          this.report('fabric.json', `.wires[${i}]`, `${end.dev} of ${end.netns} is an end of two wires`);
        used.set(key, i);
      }
    });
    internetHosts.forEach((host, i) => {
      this.end(host, `.internetHosts[${i}]`);
    });
  }

  directory(): void {
    const { nodes, pods, hosts } = this.world.directory;
    const names = this.unique(
      'directory.json',
      'nodes',
      nodes.map((node) => node.name),
    );
    for (const [section, entries] of [
      ['nodes', nodes],
      ['pods', pods],
      ['hosts', hosts],
    ] as const) {
      entries.forEach((entry, i) => {
        this.place(entry.netns, 'directory.json', `.${section}[${i}]`);
      });
    }
    pods.forEach((pod, i) => {
      if (pod.node !== '') this.known(names, pod.node, 'node', `.pods[${i}]`, 'directory.json');
    });
  }

  private ids(section: string, entries: readonly { readonly id: string }[]): ReadonlySet<string> {
    return this.unique(
      'fabric.json',
      section,
      entries.map((entry) => entry.id),
    );
  }

  private unique(file: string, section: string, names: readonly string[]): ReadonlySet<string> {
    const known = new Set<string>();
    names.forEach((name, i) => {
      if (known.has(name)) this.report(file, `.${section}[${i}]`, `"${name}" stands twice in ${section}`);
      known.add(name);
    });
    return known;
  }

  private known(among: Names, id: string, what: string, path: string, file = 'fabric.json'): void {
    if (!among.has(id)) this.report(file, path, `No ${what} "${id}" in this World`, didYouMean(id, among.keys()).hint);
  }

  private end(end: { readonly netns: string; readonly dev: string }, path: string): void {
    if (!this.place(end.netns, 'fabric.json', path) || !this.devices) return;
    const links = this.world.netns.get(end.netns as NetnsId)?.links ?? []; // only looked up: `place` found it
    if (links.some((link) => link.ifname === end.dev)) return;
    const hint = didYouMean(
      end.dev,
      links.map((link) => link.ifname),
    ).hint;
    this.report('fabric.json', path, `No device "${end.dev}" in ${end.netns}`, hint);
  }

  private place(netns: string, file: string, path: string): boolean {
    if (this.world.netns.has(netns as NetnsId)) return true; // any text may be asked for
    this.report(file, path, `No namespace "${netns}" in this World`);
    return false;
  }

  private report(file: string, path: string, message: string, hint?: string): void {
    this.issues.push({
      code: 'dangling-reference',
      severity: 'error',
      at: this.locate(file, path),
      message,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}
