import type { KubeProxyConfig } from '../../cluster/index.ts';
import { ipt, type Match, type Rule, type TableName } from '../../linux/index.ts';
import { cidrContains, type Family, type Ip } from '../../net/index.ts';
import type { ProxyEndpoint } from './endpoints.ts';
import { isLocalMatch, isNotLocalMatch } from './local-detector.ts';
import { endpointChain } from './names.ts';
import type { ProxyNode } from './proxy-node.ts';
import type { ServicePortInfo } from './service-port.ts';
import { type ServiceView, viewService } from './service-view.ts';
import type { SharedParts } from './shared-parts.ts';

/** What decides the text of a service port's rules, besides the service port itself. */
export interface RuleContext {
  readonly config: KubeProxyConfig;
  readonly family: Family;
  readonly node: ProxyNode;
  /** More than 1000 endpoints in the cluster: endpoint rules lose their comments (largeClusterEndpointsThreshold). */
  readonly large: boolean;
  readonly shared: SharedParts;
}

/** Rules of one service port by table and chain. Shared chains (KUBE-SERVICES...) get runs, the others are whole. */
export type RuleSink = (table: TableName, chain: string, rule: Rule) => void;

const TO_MARK_MASQ = ipt.jump('KUBE-MARK-MASQ');
const LOOPBACK_NODEPORT_COUNTER = 'localhost_nps_accepted_pkts';

/** Writes the rules of one service port in the order of pkg/proxy/iptables/proxier.go, syncProxyRules. */
export function writeServicePort(service: ServicePortInfo, context: RuleContext, sink: RuleSink): void {
  const writer = new ServicePortWriter(service, context, viewService(service, context.node), sink);
  writer.writeEntries();
  writer.writeChains();
}

class ServicePortWriter {
  private readonly service: ServicePortInfo;
  private readonly context: RuleContext;
  private readonly view: ServiceView;
  private readonly sink: RuleSink;
  private readonly endpointChains = new Map<string, string>();
  private readonly clusterChain: string;
  private readonly localChain: string;
  private readonly externalChain: string;
  private readonly firewallChain: string;

  constructor(service: ServicePortInfo, context: RuleContext, view: ServiceView, sink: RuleSink) {
    this.service = service;
    this.context = context;
    this.view = view;
    this.sink = sink;
    this.clusterChain = `KUBE-SVC-${service.hash}`;
    this.localChain = `KUBE-SVL-${service.hash}`;
    this.externalChain = `KUBE-EXT-${service.hash}`;
    this.firewallChain = `KUBE-FW-${service.hash}`;
  }

  /** The rules in chains all Services share. */
  writeEntries(): void {
    const { service } = this;
    if (this.view.hasInternal) {
      const chain = service.internalLocal ? this.localChain : this.clusterChain;
      this.nat('KUBE-SERVICES', this.to(service.clusterIP, `${service.name} cluster IP`), ipt.jump(chain));
    } else {
      this.refuse('KUBE-SERVICES', service.internalLocal, service.clusterIP);
    }
    for (const address of service.externalIPs) {
      if (this.view.any) {
        this.nat('KUBE-SERVICES', this.to(address, `${service.name} external IP`), ipt.jump(this.externalChain));
      }
      if (!this.view.hasExternal) this.refuse('KUBE-EXTERNAL-SERVICES', service.externalLocal, address);
    }
    this.writeLoadBalancerEntries();
    this.writeNodePortEntries();
    if (service.healthCheckNodePort !== 0) {
      const matches = [
        ipt.protocol('tcp'),
        ipt.comment(`${service.name} health check node port`),
        ipt.dport('tcp', service.healthCheckNodePort),
      ];
      this.put('filter', 'KUBE-NODEPORTS', ipt.rule(matches, ipt.accept, service.origin));
    }
  }

  private writeLoadBalancerEntries(): void {
    const { service } = this;
    const guarded = service.sourceRanges.length > 0;
    for (const address of service.loadBalancerVIPs) {
      if (!this.view.any) continue;
      const entry = guarded ? this.firewallChain : this.externalChain;
      this.nat('KUBE-SERVICES', this.to(address, `${service.name} loadbalancer IP`), ipt.jump(entry));
      if (guarded) {
        const matches = this.to(address, `${service.name} traffic not accepted by ${this.firewallChain}`);
        this.put('filter', 'KUBE-PROXY-FIREWALL', ipt.rule(matches, ipt.drop, service.origin));
      }
    }
    if (this.view.hasExternal) return;
    for (const address of service.loadBalancerVIPs) {
      this.refuse('KUBE-EXTERNAL-SERVICES', service.externalLocal, address);
    }
  }

  private writeNodePortEntries(): void {
    const { service, context } = this;
    if (service.nodePort === 0) return;
    const port = ipt.dport(service.protocol, service.nodePort);
    if (this.view.any) {
      const { config } = context;
      if (config.localhostNodePorts && context.family === 4 && config.nfacct) {
        const loopback = ipt.destination('127.0.0.0/8');
        const matches = [loopback, ipt.protocol(service.protocol), ipt.comment(service.name), port];
        this.nat('KUBE-NODEPORTS', [...matches, ipt.nfacct(LOOPBACK_NODEPORT_COUNTER)], ipt.jump(this.externalChain));
      }
      const matches = [ipt.protocol(service.protocol), ipt.comment(service.name), port];
      this.nat('KUBE-NODEPORTS', matches, ipt.jump(this.externalChain));
    }
    if (this.view.hasExternal) return;
    const { comment, target } = this.refusal(service.externalLocal);
    const local = ipt.addrtype({ dst: ['LOCAL'] });
    const matches = [ipt.protocol(service.protocol), comment, local, port];
    this.put('filter', 'KUBE-EXTERNAL-SERVICES', ipt.rule(matches, target, service.origin));
  }

  /** The service port's own chains. */
  writeChains(): void {
    const { service, view, context } = this;
    if (this.view.hasInternal)
      this.writeInternalMasquerade(service.internalLocal ? this.localChain : this.clusterChain);
    if (view.any && service.external) this.writeExternalChain();
    if (view.any && service.sourceRanges.length > 0 && service.loadBalancerVIPs.length > 0) this.writeFirewallChain();
    if (service.usesCluster) this.writeBalancer(this.clusterChain, view.cluster);
    if (service.usesLocal) this.writeBalancer(this.localChain, view.local);
    for (const endpoint of view.reachable) this.writeEndpoint(endpoint, context.large);
  }

  private writeInternalMasquerade(chain: string): void {
    const { service, context } = this;
    const destination = this.to(service.clusterIP, `${service.name} cluster IP`);
    const notLocal = context.config.masqueradeAll ? 'all' : isNotLocalMatch(context.config, context.family);
    if (notLocal === undefined) return;
    const matches = notLocal === 'all' ? destination : withMatch(destination, notLocal);
    this.nat(chain, matches, TO_MARK_MASQ);
  }

  private writeExternalChain(): void {
    const { service, context } = this;
    const name = service.name;
    if (!service.externalLocal) {
      const why = ipt.comment(`masquerade traffic for ${name} external destinations`);
      this.nat(this.externalChain, [why], TO_MARK_MASQ);
    } else {
      const isLocal = isLocalMatch(context.config, context.family);
      if (isLocal !== undefined) {
        const why = ipt.comment(`pod traffic for ${name} external destinations`);
        this.nat(this.externalChain, withMatch([why], isLocal), ipt.jump(this.clusterChain));
      }
      const fromNode = ipt.addrtype({ src: ['LOCAL'] });
      const masquerade = ipt.comment(`masquerade LOCAL traffic for ${name} external destinations`);
      this.nat(this.externalChain, [masquerade, fromNode], TO_MARK_MASQ);
      const route = ipt.comment(`route LOCAL traffic for ${name} external destinations`);
      this.nat(this.externalChain, [route, fromNode], ipt.jump(this.clusterChain));
    }
    if (this.view.hasExternal) {
      this.nat(this.externalChain, [], ipt.jump(service.externalLocal ? this.localChain : this.clusterChain));
    }
  }

  private writeFirewallChain(): void {
    const { service, context } = this;
    const why = ipt.comment(`${service.name} loadbalancer IP`);
    for (const range of service.sourceRanges) {
      this.nat(this.firewallChain, [ipt.source(range), why], ipt.jump(this.externalChain));
    }
    const admitsNode = service.sourceRanges.some((range) => context.node.ips.some((each) => cidrContains(range, each)));
    for (const address of admitsNode ? service.loadBalancerVIPs : []) {
      this.nat(this.firewallChain, [ipt.source(address), why], ipt.jump(this.externalChain));
    }
    const rest = ipt.comment(`other traffic to ${service.name} will be dropped by KUBE-PROXY-FIREWALL`);
    this.put('nat', this.firewallChain, ipt.rule([rest], undefined, service.origin));
  }

  /** Affinity first, then a chain of odds: endpoint i of n is taken with 1/(n-i), so each ends at 1/n. */
  private writeBalancer(chain: string, endpoints: readonly ProxyEndpoint[]): void {
    const { service, context } = this;
    const commentFor = (endpoint: ProxyEndpoint): Match[] =>
      context.large ? [] : [ipt.comment(`${service.name} -> ${endpoint.address}`)];
    if (service.affinity !== undefined) {
      for (const endpoint of endpoints) {
        const name = this.chainOf(endpoint);
        const seen = ipt.recent('rcheck', name, { seconds: service.affinity, reap: true, family: context.family });
        this.nat(chain, [...commentFor(endpoint), seen], ipt.jump(name));
      }
    }
    endpoints.forEach((endpoint, i) => {
      const left = endpoints.length - i;
      const odds = left > 1 ? [context.shared.oneOf(left)] : [];
      this.nat(chain, [...commentFor(endpoint), ...odds], ipt.jump(this.chainOf(endpoint)));
    });
  }

  private chainOf({ address }: ProxyEndpoint): string {
    const known = this.endpointChains.get(address);
    if (known !== undefined) return known;
    const chain = endpointChain(this.service.name, this.service.protocol, address);
    this.endpointChains.set(address, chain);
    return chain;
  }

  private writeEndpoint(endpoint: ProxyEndpoint, large: boolean): void {
    const { service, context } = this;
    const chain = this.chainOf(endpoint);
    const name = large ? [] : [ipt.comment(service.name)];
    const { isSource, dnat } = context.shared.endpoint(endpoint);
    this.nat(chain, [isSource, ...name], TO_MARK_MASQ);
    const stamp = service.affinity === undefined ? [] : [ipt.recent('set', chain, { family: context.family })];
    const { isProtocol, transport } = context.shared.protocol(service.protocol);
    this.nat(chain, [isProtocol, ...name, ...stamp, transport], dnat);
  }

  /** `-p P -d ADDRESS --dport PORT` with a comment, in saved order. */
  private to(address: Ip, comment: string): readonly Match[] {
    const { protocol, port } = this.service;
    return [ipt.destination(address), ipt.protocol(protocol), ipt.comment(comment), ipt.dport(protocol, port)];
  }

  private refuse(chain: string, local: boolean, address: Ip): void {
    const { comment, target } = this.refusal(local);
    const { protocol, port } = this.service;
    const matches = [ipt.destination(address), ipt.protocol(protocol), comment, ipt.dport(protocol, port)];
    this.put('filter', chain, ipt.rule(matches, target, this.service.origin));
  }

  /** Nothing anywhere: REJECT. Something elsewhere, and policy Local: DROP, for a load balancer's next try to find it. */
  private refusal(local: boolean): { readonly comment: Match; readonly target: ReturnType<typeof ipt.reject> } {
    const { service, context, view } = this;
    if (local && view.any) return { comment: ipt.comment(`${service.name} has no local endpoints`), target: ipt.drop };
    return { comment: ipt.comment(`${service.name} has no endpoints`), target: ipt.reject(context.family) };
  }

  private nat(chain: string, matches: readonly Match[], target: ReturnType<typeof ipt.jump>): void {
    this.put('nat', chain, ipt.rule(matches, target, this.service.origin));
  }

  private put(table: TableName, chain: string, rule: Rule): void {
    this.sink(table, chain, rule);
  }
}

/** Adds an address or interface match where iptables-save prints it: source before destination, interfaces after both. */
function withMatch(matches: readonly Match[], extra: Match): readonly Match[] {
  if (extra.kind === 'source') return [extra, ...matches];
  const at = matches.findIndex((each) => each.kind !== 'destination' && each.kind !== 'source');
  return at < 0 ? [...matches, extra] : [...matches.slice(0, at), extra, ...matches.slice(at)];
}
