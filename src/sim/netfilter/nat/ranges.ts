import type { Ip } from '../../../net/index.ts';
import { ip } from '../../../net/index.ts';
import { selectSourceAddress } from '../../fib/index.ts';
import type { Frame, RuleVerdict, WantedNat } from '../types.ts';
import { setupNat } from './setup-nat.ts';

/** What MASQUERADE and REDIRECT leave open but the address. */
export type WantedPorts = Pick<WantedNat, 'ports' | 'random' | 'flag'>;

const toAddress = (address: Ip, { ports, random, flag }: WantedPorts): WantedNat => ({
  from: address,
  to: address,
  ports,
  random,
  flag,
  persistent: false,
});

/** MASQUERADE: the address the egress device would use towards the next hop (nf_nat_masquerade.c). */
export function setupMasquerade(frame: Frame, ports: WantedPorts): RuleVerdict {
  const { skb, host, nexthop } = frame;
  const { oif, packet, ct } = skb;
  if (ct.kind !== 'tracked' || oif === undefined || ct.conn.original.src === '0.0.0.0') return 'accept';
  const towards = packet.family === 6 ? packet.dst : (nexthop ?? packet.dst);
  const address = selectSourceAddress(host, oif, towards, 'global');
  if (address === undefined) return stopDropped(frame, `${oif} has no address to masquerade with`);
  ct.conn.masqueradeDev = oif;
  return setupNat(frame, 'src', toAddress(address, ports));
}

/** REDIRECT: to this host, by the address of the device the packet came in on (nf_nat_redirect.c). */
export function setupRedirect(frame: Frame, ports: WantedPorts): RuleVerdict {
  const address = frame.hook === 'OUTPUT' ? loopbackOf(frame) : ingressAddress(frame);
  if (address === undefined) return stopDropped(frame, `${frame.skb.iif ?? 'no device'} has no address to redirect to`);
  return setupNat(frame, 'dst', toAddress(address, ports));
}

const loopbackOf = ({ family }: Frame): Ip => (family === 4 ? ip('127.0.0.1') : ip('::1'));

function ingressAddress({ host, skb, family }: Frame): Ip | undefined {
  const own = host.netns.addresses.filter((address) => address.dev === skb.iif && address.family === family);
  const primary = family === 4 ? own.filter((address) => address.secondary !== true) : own;
  return (primary.find((address) => address.scope === 'global') ?? primary[0])?.local;
}

function stopDropped(frame: Frame, because: string): RuleVerdict {
  frame.result = { kind: 'drop', disposition: 'dropped', because };
  return 'stop';
}
