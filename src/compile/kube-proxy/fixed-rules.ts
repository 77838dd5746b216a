import type { KubeProxyConfig } from '../../cluster/index.ts';
import { type CtState, ipt, type Match, type Origin, type Rule } from '../../linux/index.ts';
import type { Family } from '../../net/index.ts';
import type { BuiltinRules } from '../types.ts';
import { nodePortAddresses } from './node-port-addresses.ts';
import type { ProxyNode } from './proxy-node.ts';

const origin: Origin = { by: 'kube-proxy' };

/** Jumps from the built-in chains in saved order: each was inserted at the head, so the last inserted stands first. */
export function jumpRules(): readonly BuiltinRules[] {
  const jump = (chain: string, comment: string, fresh: boolean): Rule => {
    const guard: Match[] = fresh ? [ipt.ctstate(['NEW'])] : [];
    return ipt.rule([...guard, ipt.comment(comment)], ipt.jump(chain), origin);
  };
  const firewall = jump('KUBE-PROXY-FIREWALL', 'kubernetes load balancer firewall', true);
  const services = jump('KUBE-SERVICES', 'kubernetes service portals', true);
  const external = jump('KUBE-EXTERNAL-SERVICES', 'kubernetes externally-visible service portals', true);
  const healthChecks = jump('KUBE-NODEPORTS', 'kubernetes health check service ports', false);
  const forward = jump('KUBE-FORWARD', 'kubernetes forwarding rules', false);
  const portals = jump('KUBE-SERVICES', 'kubernetes service portals', false);
  return [
    { table: 'filter', chain: 'INPUT', rules: [firewall, healthChecks, external] },
    { table: 'filter', chain: 'FORWARD', rules: [firewall, forward, services, external] },
    { table: 'filter', chain: 'OUTPUT', rules: [firewall, services] },
    { table: 'nat', chain: 'PREROUTING', rules: [portals] },
    { table: 'nat', chain: 'OUTPUT', rules: [portals] },
    { table: 'nat', chain: 'POSTROUTING', rules: [jump('KUBE-POSTROUTING', 'kubernetes postrouting rules', false)] },
  ];
}

/** The mark bit as a mask: `masqueradeBit: 14` is 0x4000. */
export const masqueradeMark = (config: KubeProxyConfig): number => (1 << config.masqueradeBit) >>> 0;

export function postroutingRules(config: KubeProxyConfig): readonly Rule[] {
  const bit = masqueradeMark(config);
  const masquerade = ipt.masquerade({ randomFully: config.randomFully });
  return [
    ipt.rule([ipt.mark(bit, bit, true)], ipt.returnTarget, origin),
    ipt.rule([], ipt.xorMark(bit), origin),
    ipt.rule([ipt.comment('kubernetes service traffic requiring SNAT')], masquerade, origin),
  ];
}

export function markMasqueradeRules(config: KubeProxyConfig): readonly Rule[] {
  return [ipt.rule([], ipt.orMark(masqueradeMark(config)), origin)];
}

/** Without the first rule where packets out of a window are not INVALID as kube-proxy starts (proxier.go, conntrackTCPLiberal). */
export function forwardRules(config: KubeProxyConfig, { liberal }: ProxyNode): readonly Rule[] {
  const bit = masqueradeMark(config);
  const counter = config.nfacct ? [ipt.nfacct('ct_state_invalid_dropped_pkts')] : [];
  const invalid = ipt.rule([ipt.ctstate(['INVALID']), ...counter], ipt.drop, origin);
  const comment = ipt.comment('kubernetes forwarding rules');
  const tracked = ipt.comment('kubernetes forwarding conntrack rule');
  return [
    ...(liberal ? [] : [invalid]),
    ipt.rule([comment, ipt.mark(bit, bit)], ipt.accept, origin),
    ipt.rule([tracked, ipt.ctstate(['RELATED', 'ESTABLISHED'])], ipt.accept, origin),
  ];
}

/** Compensates route_localnet: nobody outside may talk to 127.0.0.0/8 (CVE-2020-8558). */
export function firewallRules(): readonly Rule[] {
  const known: readonly CtState[] = ['RELATED', 'ESTABLISHED', 'DNAT'];
  const matches = [
    ipt.source('127.0.0.0/8', true),
    ipt.destination('127.0.0.0/8'),
    ipt.comment('block incoming localnet connections'),
    ipt.ctstate(known, true),
  ];
  return [ipt.rule(matches, ipt.drop, origin)];
}

const TAIL = 'kubernetes service nodeports; NOTE: this must be the last rule in this chain';

/** The end of nat KUBE-SERVICES: which addresses of the node answer node ports. */
export function nodePortTail(config: KubeProxyConfig, family: Family, node: ProxyNode): readonly Rule[] {
  const allowed = nodePortAddresses(config, family, node, config.localhostNodePorts);
  const target = ipt.jump('KUBE-NODEPORTS');
  if (allowed !== undefined) {
    return allowed.map((address) => ipt.rule([ipt.destination(address), ipt.comment(TAIL)], target, origin));
  }
  const notLoopback =
    family === 6
      ? [ipt.destination('::1/128', true)]
      : config.localhostNodePorts
        ? []
        : [ipt.destination('127.0.0.0/8', true)];
  const local = ipt.addrtype({ dst: ['LOCAL'] });
  return [ipt.rule([...notLoopback, ipt.comment(TAIL), local], target, origin)];
}
