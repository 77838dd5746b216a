import type { Issue } from '../../base/index.ts';
import type { EniConfig, EniSpec, NodeSpec, SubnetSpec } from '../../cluster/index.ts';
import { cidrContains, cidrOf, type Family, familyOf, type Ip } from '../../net/index.ts';
import { eniIdentity } from '../seeded-names.ts';
import { DraftEni } from './draft-eni.ts';
import type { InstanceLimits } from './instance-types.ts';
import { prefixesIn } from './max-pods.ts';
import { carriesPods, type IpamSettings } from './settings.ts';
import type { SubnetPool } from './subnet-pool.ts';

/** What all nodes share while addresses are dealt out. */
export interface IpamContext {
  readonly settings: IpamSettings;
  readonly pools: ReadonlyMap<string, SubnetPool>;
  readonly subnets: readonly SubnetSpec[];
  readonly issues: Issue[];
  /** Subnets that had less than was asked of them. */
  readonly short: Set<string>;
  /** Subnets already reported as not there. */
  readonly unknown: Set<string>;
  /** Pods that got no address. */
  readonly unserved: Set<string>;
}

/** Where a known address sits: on the interface that lists it, on one it was put on here, or on none that may have it. */
type Seated = 'as listed' | 'anew' | 'nowhere';

const isTrunk = ({ interfaceType }: EniSpec): boolean => interfaceType === 'trunk';

/** One node's ENIs, grown the way ipamd grows them: attached ENIs are filled first, then one more at the lowest free device index. */
export class NodeEnis {
  readonly enis: DraftEni[];
  private readonly spec: NodeSpec;
  private readonly limits: InstanceLimits;
  private readonly context: IpamContext;
  private readonly podNetwork: EniConfig['spec'] | undefined;
  /** Slots the warm targets ask for. */
  private target = 0;
  /** Pods keep addresses of prefixes that the CNI would ask for no more. */
  keepsPrefixes = false;

  constructor(
    spec: NodeSpec,
    enis: readonly EniSpec[],
    limits: InstanceLimits,
    context: IpamContext,
    podNetwork: EniConfig['spec'] | undefined,
  ) {
    this.spec = spec;
    this.limits = limits;
    this.context = context;
    this.podNetwork = podNetwork;
    const ordered = enis.toSorted((a, b) => a.deviceIndex - b.deviceIndex);
    this.enis = ordered.map((eni) => new DraftEni(eni, !spec.enis.includes(eni)));
  }

  get family(): Family {
    return this.context.settings.ipv6 ? 6 : 4;
  }

  get podEnis(): readonly DraftEni[] {
    return this.enis.filter(({ base }) => !isTrunk(base) && carriesPods(this.context.settings, base.deviceIndex));
  }

  get slots(): number {
    return this.podEnis.reduce((sum, eni) => sum + eni.slots, 0);
  }

  /** ENIs ipamd may attach for pods. */
  get podEniLimit(): number {
    const { maxEni, customNetworking, ipv6 } = this.context.settings;
    if (ipv6) return 1;
    const trunk = this.limits.trunks || this.enis.some(({ base }) => isTrunk(base)) ? 1 : 0;
    return Math.min(this.limits.enis, maxEni ?? this.limits.enis) - (customNetworking ? 1 : 0) - trunk;
  }

  get slotsPerEni(): number {
    return this.limits.addressesPerEni - 1;
  }

  get usesPrefixes(): boolean {
    return prefixesIn(this.limits, this.context.settings);
  }

  /** Live pods are more than there are single addresses for: delegation was on when they got theirs, and they keep them until they go. */
  hasOldPrefixes(pods: number): boolean {
    return !this.usesPrefixes && this.limits.nitro && pods > this.singles;
  }

  /** Pods there are single addresses for. */
  get singles(): number {
    return this.podEniLimit * this.slotsPerEni;
  }

  get prefixSlots(): number {
    return this.podEnis.reduce((sum, eni) => sum + eni.prefixCount, 0);
  }

  /**
   * Seats an address a pod is known to have: on the ENI that lists it, else the first with room in a subnet that holds it,
   * else a new ENI there, if the subnet is in the instance's zone (EC2 User Guide, "Attach a network interface").
   * `mine`: all addresses of this node's pods, which may share a prefix.
   */
  seat(address: Ip, deviceIndex: number | undefined, mine: ReadonlySet<Ip>): Seated {
    const listed = this.enis.find((eni) => eni.holds(address));
    if (listed !== undefined) {
      listed.assign(address);
      return 'as listed';
    }
    const family = familyOf(address);
    const fits = (subnet: SubnetSpec | undefined): boolean =>
      subnet?.cidrs.some((block) => cidrContains(block, address)) === true;
    const home = this.context.subnets.find(fits);
    const zone = this.context.subnets.find((subnet) => subnet.id === this.spec.subnet)?.zone;
    if (home === undefined || (zone !== undefined && home.zone !== zone)) return 'nowhere';
    const candidates = deviceIndex === undefined ? this.podEnis : this.withDevice(deviceIndex);
    const found =
      candidates.find((eni) => eni.base.subnet === home.id && this.hasRoom(eni)) ??
      (deviceIndex === undefined && family === 4 ? this.attach(0, home.id) : undefined);
    if (found === undefined) return 'nowhere';
    const prefix = this.usesPrefixes || this.keepsPrefixes ? cidrOf(address, family === 4 ? 28 : 80) : undefined;
    if (prefix !== undefined && this.context.pools.get(home.id)?.claimPrefix(prefix, mine) === true)
      found.addPrefix(prefix);
    else found.addAddress(address);
    found.assign(address);
    return 'anew';
  }

  /** Gives a new pod the next free address, lowest device index first; grows where nothing is free. */
  assignNext(deviceIndex: number | undefined): Ip | undefined {
    for (;;) {
      const candidates = deviceIndex === undefined ? this.podEnis : this.withDevice(deviceIndex);
      for (const eni of candidates) {
        const address = eni.assignNext(this.family, this.keepsPrefixes);
        if (address !== undefined) return address;
      }
      if (!this.grow(deviceIndex)) return undefined;
    }
  }

  /** From here on the node wants this many slots. */
  aim(slots: number): void {
    this.target = slots;
  }

  get wantsMore(): boolean {
    return this.slots < this.target;
  }

  /** One step towards what the node wants; false where nothing is missing or no more can be had. */
  growWarm(): boolean {
    return this.wantsMore && this.grow(undefined);
  }

  /** True where the subnet of new ENIs had less than was asked of it. */
  get isShort(): boolean {
    return this.context.short.has(this.podSubnet);
  }

  /** Attaches ENIs until a device index exists (a placement asked for it). */
  withDevice(deviceIndex: number): readonly DraftEni[] {
    for (;;) {
      const found = this.enis.filter((eni) => eni.base.deviceIndex === deviceIndex);
      if (found.length > 0 || this.attach(0) === undefined) return found;
    }
  }

  /**
   * The trunk: the one that is there, else a new one at the highest free device index, in the subnet and with the groups an
   * ENI for pods would have (amazon-vpc-resource-controller-k8s `pkg/provider/branch/trunk/trunk.go` InitTrunk,
   * `pkg/aws/ec2/instance.go` GetHighestUnusedDeviceIndex). Undefined where the type has no place for it.
   */
  trunk(): EniSpec | undefined {
    const there = this.enis.find(({ base }) => isTrunk(base));
    if (there !== undefined) return there.base;
    const { customNetworking, ipv6, maxEni } = this.context.settings;
    const limit = Math.min(this.limits.enis, maxEni ?? this.limits.enis);
    if (!this.limits.trunks || this.enis.length >= limit || (customNetworking && this.podNetwork === undefined))
      return undefined;
    const used = new Set(this.enis.map((eni) => eni.base.deviceIndex));
    let deviceIndex = this.limits.enis - 1;
    while (used.has(deviceIndex)) deviceIndex--;
    const made = this.create(deviceIndex, this.podSubnet, ipv6);
    if (made === undefined) return undefined;
    const trunk = { ...made, interfaceType: 'trunk' as const };
    this.add(trunk);
    return trunk;
  }

  finish(): readonly EniSpec[] {
    return this.enis.map((eni) => eni.finish());
  }

  /** More slots; false where the type's limits or the subnets end. */
  private grow(deviceIndex: number | undefined): boolean {
    const open = deviceIndex === undefined ? this.podEnis : this.withDevice(deviceIndex);
    for (const eni of open) if (this.hasRoom(eni) && this.fill(eni)) return true;
    return deviceIndex === undefined && this.attach(this.batch) !== undefined;
  }

  /** One more slot of an ENI: where EC2 has not all that are asked for, ipamd asks for one (tryAssignIPs, tryAssignPrefixes). */
  private fill(eni: DraftEni): boolean {
    const pool = this.context.pools.get(eni.base.subnet);
    if (this.usesPrefixes) {
      const block = pool?.takePrefix(this.family);
      if (block === undefined) return this.ranOut(eni.base.subnet);
      eni.addPrefix(block);
      return true;
    }
    const address = pool?.take(this.family);
    if (address === undefined) return this.ranOut(eni.base.subnet);
    eni.addAddress(address);
    return true;
  }

  /** Slots ipamd asks for together with an ENI (GetENIResourcesToAllocate): all, or with other targets what is missing. */
  private get batch(): number {
    const { warmIpTarget, minimumIpTarget } = this.context.settings;
    const missing = Math.max(1, this.target - this.slots);
    const whole = !this.usesPrefixes && warmIpTarget === undefined && minimumIpTarget === undefined;
    return whole ? this.slotsPerEni : Math.min(this.slotsPerEni, missing);
  }

  private hasRoom(eni: DraftEni): boolean {
    // In IPv6 the one listed address is the ENI's own and the one prefix is all ipamd ever asks for.
    return this.context.settings.ipv6 ? eni.prefixCount === 0 : eni.slots < this.slotsPerEni;
  }

  /**
   * A new ENI at the lowest free device index, in the ENIConfig's subnet or the primary's (or where an address must fit). EC2
   * makes it with all `batch` slots or not at all; of those it gets what the node wants.
   */
  private attach(batch: number, subnet = this.podSubnet): DraftEni | undefined {
    const { customNetworking } = this.context.settings;
    if (this.podEnis.length >= this.podEniLimit || (customNetworking && this.podNetwork === undefined))
      return undefined;
    const pool = this.context.pools.get(subnet);
    const prefixes = this.usesPrefixes;
    if (pool?.has(prefixes ? 1 : 1 + batch, 4) === false || (prefixes && pool?.hasPrefixes(batch, 4) === false)) {
      this.ranOut(subnet);
      return undefined;
    }
    const used = new Set(this.enis.map((eni) => eni.base.deviceIndex));
    let deviceIndex = 0;
    while (used.has(deviceIndex)) deviceIndex++;
    const made = this.create(deviceIndex, subnet, false);
    if (made === undefined) return undefined;
    const wanted = Math.min(batch, Math.max(1, this.target - this.slots));
    const eni = this.add(made);
    for (let slot = 0; slot < wanted; slot++) this.fill(eni);
    return eni;
  }

  private add(eni: EniSpec): DraftEni {
    const draft = new DraftEni(eni, true);
    this.enis.push(draft);
    this.enis.sort((a, b) => a.base.deviceIndex - b.base.deviceIndex);
    return draft;
  }

  /** Where ENIs beside the primary are made. */
  get podSubnet(): string {
    return this.podNetwork?.subnet ?? this.enis[0]?.base.subnet ?? this.spec.subnet;
  }

  /** The groups they get. */
  get podGroups(): readonly string[] {
    const groups = this.podNetwork?.securityGroups ?? [];
    return groups.length > 0 ? groups : (this.enis[0]?.base.securityGroups ?? []);
  }

  private create(deviceIndex: number, subnet: string, ipv6: boolean): EniSpec | undefined {
    const pool = this.context.pools.get(subnet);
    const primaryIp = pool?.take(4);
    const own = ipv6 ? pool?.take(6) : undefined;
    if (primaryIp === undefined || (ipv6 && own === undefined)) {
      this.ranOut(subnet);
      return undefined;
    }
    return {
      ...eniIdentity(`${this.spec.name}/${deviceIndex}`),
      deviceIndex,
      subnet,
      primaryIp,
      addresses: own === undefined ? [] : [own],
      prefixes: [],
      securityGroups: this.podGroups,
    };
  }

  /** Remembers a subnet that has no more; of one that is not there says so, once. */
  private ranOut(subnet: string): false {
    const { short, unknown, issues, pools } = this.context;
    if (pools.has(subnet)) {
      short.add(subnet);
      return false;
    }
    if (unknown.has(subnet)) return false;
    unknown.add(subnet);
    issues.push({
      code: 'subnet-unknown',
      severity: 'error',
      rests: ['network', 'nodes', 'pods'],
      at: this.spec.source,
      message: `Node "${this.spec.name}" wants an ENI in subnet "${subnet}", which is not in the cluster's VPC`,
      expected: 'a subnet of the VPC',
    });
    return false;
  }
}
