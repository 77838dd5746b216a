import type { KubeProxyConfig } from '../../../cluster/index.ts';
import {
  type NftChain,
  type NftRule,
  type NftSet,
  type NftStatement,
  type NftVerdict,
  nftb,
} from '../../../linux/index.ts';
import { cidrContains, cidrOf, type Family, type Ip, ip } from '../../../net/index.ts';
import type { ProxyEndpoint } from '../endpoints.ts';
import { nftEndpointName, nftServiceName } from '../names.ts';
import type { ProxyNode } from '../proxy-node.ts';
import type { ServicePortInfo } from '../service-port.ts';
import { type ServiceView, viewService } from '../service-view.ts';
import { addressElement, affinitySet, type Keyed, type MapName, portElement, serviceElement } from './elements.ts';
import { fromPods } from './local-detector.ts';

/** What one service port adds to the table: elements of the shared sets and maps, and chains and sets of its own. */
export interface ServiceBlock {
  readonly clusterIp: Keyed;
  readonly elements: readonly (readonly [map: MapName, element: Keyed])[];
  readonly sets: readonly NftSet[];
  readonly chains: readonly NftChain[];
}

export interface BlockContext {
  readonly config: KubeProxyConfig;
  readonly family: Family;
  readonly node: ProxyNode;
}

const MARK = nftb.jump('mark-for-masquerade');
const REJECT = nftb.goto('reject-chain');

/** A service port as pkg/proxy/nftables/proxier.go, syncProxyRules writes it. */
export function writeServiceBlock(service: ServicePortInfo, context: BlockContext): ServiceBlock {
  return new BlockWriter(service, context).block();
}

class BlockWriter {
  private readonly service: ServicePortInfo;
  private readonly context: BlockContext;
  private readonly view: ServiceView;
  private readonly base: string;

  constructor(service: ServicePortInfo, context: BlockContext) {
    this.service = service;
    this.context = context;
    this.view = viewService(service, context.node);
    this.base = nftServiceName(service.name, service.protocol);
  }

  block(): ServiceBlock {
    const { service, view } = this;
    const { family } = this.context;
    const { affinity } = service;
    return {
      clusterIp: addressElement(service.clusterIP, service.origin),
      elements: [
        ...this.internalEntry(),
        ...this.externalEntries(),
        ...this.firewallEntries(),
        ...this.nodePortEntries(),
      ],
      sets:
        affinity === undefined
          ? []
          : view.reachable.map((endpoint) => affinitySet(this.named('affinity', endpoint), family, affinity)),
      chains: [
        ...view.reachable.map((endpoint) => this.endpointChain(endpoint)),
        ...(view.cluster.length > 0 && service.usesCluster ? [this.balancer('service', view.cluster)] : []),
        ...(view.local.length > 0 && service.usesLocal ? [this.balancer('local', view.local)] : []),
        ...(this.usesExternal ? [this.externalChain()] : []),
        ...(this.isGuarded ? [this.firewallChain()] : []),
      ],
    };
  }

  // ---- elements of the shared maps -------------------------------------------------------------------------------------

  private internalEntry(): ServiceBlock['elements'] {
    const { service, view } = this;
    if (!view.hasInternal) return [['no-endpoint-services', this.refused(service.clusterIP)]];
    return [['service-ips', this.to(service.clusterIP, this.chain(service.internalLocal ? 'local' : 'service'))]];
  }

  /** External IPs, then what a load balancer of the cluster's own has. */
  private externalEntries(): ServiceBlock['elements'] {
    const { service, view } = this;
    return [...service.externalIPs, ...service.loadBalancerVIPs].flatMap((address): ServiceBlock['elements'] => [
      ...(view.any ? [['service-ips', this.to(address, this.chain('external'))] as const] : []),
      ...(view.hasExternal ? [] : [['no-endpoint-services', this.refused(address)] as const]),
    ]);
  }

  private firewallEntries(): ServiceBlock['elements'] {
    if (!this.isGuarded) return [];
    return this.service.loadBalancerVIPs.map((address) => ['firewall-ips', this.to(address, this.chain('firewall'))]);
  }

  private nodePortEntries(): ServiceBlock['elements'] {
    const { service, view } = this;
    const { protocol, nodePort, origin, name } = service;
    if (nodePort === 0) return [];
    const verdict = nftb.goto(this.chain('external'));
    const refusal = { comment: name, verdict: this.refusal, origin };
    return [
      ...(view.any ? [['service-nodeports', portElement(protocol, nodePort, { verdict, origin })] as const] : []),
      ...(view.hasExternal ? [] : [['no-endpoint-nodeports', portElement(protocol, nodePort, refusal)] as const]),
    ];
  }

  private to(address: Ip, chain: string): Keyed {
    const { protocol, port, origin } = this.service;
    return serviceElement(address, protocol, port, { verdict: nftb.goto(chain), origin });
  }

  private refused(address: Ip): Keyed {
    const { protocol, port, origin, name } = this.service;
    return serviceElement(address, protocol, port, { comment: name, verdict: this.refusal, origin });
  }

  /** Nothing anywhere is rejected. Something elsewhere, and policy Local, is dropped, for a load balancer's next try to find it. */
  private get refusal(): NftVerdict {
    return this.view.any ? nftb.drop : REJECT;
  }

  // ---- chains of its own -----------------------------------------------------------------------------------------------

  private get usesExternal(): boolean {
    return this.view.any && this.service.external;
  }

  private get isGuarded(): boolean {
    return this.service.loadBalancerVIPs.length > 0 && this.service.sourceRanges.length > 0;
  }

  /** Who may be masqueraded, sources seen lately, then a draw: each endpoint is as likely as the others. */
  private balancer(prefix: 'service' | 'local', endpoints: readonly ProxyEndpoint[]): NftChain {
    const { service, view } = this;
    const internal = view.hasInternal && service.internalLocal === (prefix === 'local');
    const rules: NftRule[] = internal ? this.internalMasquerade() : [];
    if (service.affinity !== undefined) {
      const source = nftb.addressKey(this.context.family, 'saddr');
      for (const endpoint of endpoints) {
        const seen = nftb.inSet(source, this.named('affinity', endpoint));
        rules.push(this.rule([seen, nftb.goto(this.named('endpoint', endpoint))]));
      }
    }
    const draw = nftb.oneOf(endpoints.map((endpoint) => nftb.goto(this.named('endpoint', endpoint))));
    return { name: this.chain(prefix), rules: [...rules, this.rule([draw])] };
  }

  private internalMasquerade(): NftRule[] {
    const { config, family } = this.context;
    const destination = nftb.host('daddr', this.service.clusterIP);
    if (config.masqueradeAll) return [this.rule([destination, MARK])];
    const foreign = fromPods(config, family, true);
    return foreign === undefined ? [] : [this.rule([destination, foreign, MARK])];
  }

  private externalChain(): NftChain {
    const { service, view } = this;
    const { config, family } = this.context;
    const rules: NftRule[] = [];
    if (!service.externalLocal) rules.push(this.rule([MARK]));
    else {
      const all = nftb.goto(this.chain('service'));
      const pods = fromPods(config, family, false);
      if (pods !== undefined) rules.push(this.rule([pods, all], 'short-circuit pod traffic'));
      rules.push(this.rule([nftb.isLocal('saddr'), MARK], 'masquerade local traffic'));
      rules.push(this.rule([nftb.isLocal('saddr'), all], 'short-circuit local traffic'));
    }
    if (view.hasExternal) rules.push(this.rule([nftb.goto(this.chain(service.externalLocal ? 'local' : 'service'))]));
    return { name: this.chain('external'), rules };
  }

  /** A node inside a range may come with the balancer's address for its source, where that is an address of the node's. */
  private firewallChain(): NftChain {
    const { sourceRanges, loadBalancerVIPs } = this.service;
    const admitsNode = sourceRanges.some((range) => this.context.node.ips.some((each) => cidrContains(range, each)));
    const admitted = [...sourceRanges, ...(admitsNode ? loadBalancerVIPs.map((each) => cidrOf(each)) : [])];
    return { name: this.chain('firewall'), rules: [this.rule([nftb.addresses('saddr', admitted, true), nftb.drop])] };
  }

  private endpointChain(endpoint: ProxyEndpoint): NftChain {
    const { service } = this;
    const own = ip(endpoint.ip);
    const rules = [this.rule([nftb.host('saddr', own), MARK])];
    if (service.affinity !== undefined) {
      const source = nftb.addressKey(this.context.family, 'saddr');
      rules.push(this.rule([nftb.update(this.named('affinity', endpoint), source)]));
    }
    rules.push(this.rule([nftb.protocol(service.protocol), nftb.dnat(own, portOf(endpoint))]));
    return { name: this.named('endpoint', endpoint), rules };
  }

  private chain(prefix: 'service' | 'local' | 'external' | 'firewall'): string {
    return `${prefix}-${this.base}`;
  }

  private readonly endpointNames = new Map<string, string>();

  private named(prefix: 'endpoint' | 'affinity', endpoint: ProxyEndpoint): string {
    const { name, protocol } = this.service;
    let base = this.endpointNames.get(endpoint.address);
    if (base === undefined) {
      base = nftEndpointName(name, protocol, endpoint.ip, portOf(endpoint));
      this.endpointNames.set(endpoint.address, base);
    }
    return `${prefix}-${base}`;
  }

  private rule(statements: readonly NftStatement[], comment?: string): NftRule {
    return nftb.rule(statements, this.service.origin, comment);
  }
}

const portOf = ({ address }: ProxyEndpoint): number => Number(address.slice(address.lastIndexOf(':') + 1));
