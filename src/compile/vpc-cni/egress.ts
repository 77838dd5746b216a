import type { SourceRef } from '../../base/index.ts';
import type { Cluster } from '../../cluster/index.ts';
import type { Address, Link, Origin, Route, Unmodelled } from '../../linux/index.ts';
import { MAIN_TABLE } from '../../linux/index.ts';
import { cidr, cidrNth, defaultRoute, type Family, type Ip } from '../../net/index.ts';
import { vethLink } from '../node/devices.ts';
import type { Egress } from '../node/plan-types.ts';
import { told } from '../unmodelled/say.ts';
import type { PathSettings } from './settings.ts';

/**
 * A pod's way out by the family its cluster is not of (cmd/egress-cni-plugin): a second pair with an address of a
 * node-local block, translated on the node. The pair, its addresses and the pod's route are made; the node's part is not,
 * so a packet that comes out of the pair ends there.
 */
export interface EgressKind {
  readonly family: Family;
  readonly dev: string;
  readonly block: ReturnType<typeof cidr>;
  readonly variable: string;
}

const V4: EgressKind = { family: 4, dev: 'v4if0', block: cidr('169.254.172.0/22'), variable: 'ENABLE_V4_EGRESS' };
const V6: EgressKind = { family: 6, dev: 'v6if0', block: cidr('fd00::ac:0/118'), variable: 'ENABLE_V6_EGRESS' };

export function egressKind(ipFamily: Cluster['ipFamily'], settings: PathSettings): EgressKind | undefined {
  if (ipFamily === 'IPv6') return settings.v4Egress ? V4 : undefined;
  return settings.v6Egress ? V6 : undefined;
}

/** host-local gives out a block in order; its first address is the node's. */
export const egressAddress = ({ block }: EgressKind, nth: number): Ip => cidrNth(block, 2 + nth);

/** Both namespaces' parts of one pair. */
export function egressParts(
  egress: Egress,
  mtu: number,
  netnsid: number,
  origin: Origin,
): { readonly inside: Link; readonly outside: Link; readonly address: Address; readonly route: Route } {
  const { family, dev, address } = egress;
  const pair = { mtu, origin };
  return {
    inside: vethLink({
      ...pair,
      ifindex: egress.ifindex,
      ifname: dev,
      mac: egress.mac,
      peer: egress.vethIfindex,
      netnsid: 0,
    }),
    outside: vethLink({
      ...pair,
      ifindex: egress.vethIfindex,
      ifname: egress.veth,
      mac: egress.vethMac,
      peer: egress.ifindex,
      netnsid,
    }),
    address: {
      dev,
      family,
      local: address,
      prefixlen: family === 4 ? 22 : 118,
      scope: 'global',
      ...(family === 4 ? { label: dev } : {}),
      origin,
    },
    route: {
      type: 'unicast',
      family,
      dst: defaultRoute(family),
      table: MAIN_TABLE,
      dev,
      protocol: 'boot',
      scope: family === 4 ? 'link' : 'global',
      flags: [],
      origin,
    },
  };
}

/** What ends a packet at either end of the pair. */
export function egressUnmodelled(dev: string, kind: EgressKind, settings: PathSettings): Unmodelled {
  const at: SourceRef | undefined = settings.sources.get(kind.variable);
  const other = kind.family === 4 ? 6 : 4;
  const what = `IPv${kind.family} egress of pods in an IPv${other} cluster (${kind.variable}) is not modelled`;
  return { scope: { kind: 'dev', dev }, what: told(what, at), ...(at === undefined ? {} : { at }) };
}
