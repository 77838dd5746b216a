import { nearest } from '../base/index.ts';
import type { LoadBalancer } from '../fabric/index.ts';
import type { Protocol } from '../net/index.ts';
import type { World } from '../world/index.ts';
import { askedOfItself } from './behind-rules.ts';
import type { End } from './end.ts';
import type { Resolved } from './resolved.ts';
import type { Sender, Target } from './target.ts';

/** By its name, or by what it was made for; in one of its zones, where one is said. */
export function findLoadBalancer(
  { fabric: { loadBalancers } }: World,
  { name, zone }: Pick<End & { readonly kind: 'lb' }, 'name' | 'zone'>,
): Resolved<LoadBalancer> {
  const found =
    loadBalancers.find(({ id }) => id === name) ?? loadBalancers.find(({ madeFor }) => madeFor.includes(name));
  const problem = (message: string, hint?: string): Resolved<never> => ({
    ok: false,
    problem: { message, ...(hint === undefined ? {} : { hint }) },
  });
  if (found === undefined) {
    const names = loadBalancers.flatMap(({ id, madeFor }) => [id, ...madeFor]);
    return problem(`No load balancer "${name}" in the input`, hintOf('lb/', name, names));
  }
  const zones = found.zones.map((each) => each.zone);
  if (zone !== undefined && !zones.includes(zone))
    return problem(`Load balancer ${found.id} has no zone "${zone}"`, hintOf(`lb/${name}@`, zone, zones));
  return { ok: true, value: found };
}

/** `lb/NAME` is what its DNS name is; `lb/NAME@ZONE` the name of one of its zones. */
export function targetLoadBalancer(
  world: World,
  end: End & { readonly kind: 'lb' },
  protocol: Protocol,
  sender: Sender | undefined,
): Resolved<Target> {
  const { zone, port } = end;
  const found = findLoadBalancer(world, end);
  if (!found.ok) return found;
  const { id, dnsName } = found.value;
  const heard = portOf(found.value, port, protocol);
  if (!heard.ok) return heard;
  const label = `lb/${id}${zone === undefined ? '' : `@${zone}`}`;
  const asked =
    sender === undefined ? { notes: [] } : askedOfItself({ world, label, protocol, sender }, found.value, heard.value);
  return {
    ok: true,
    value: {
      kind: 'lb',
      name: label,
      address: undefined,
      dnsName: zone === undefined ? dnsName : `${zone}.${dnsName}`,
      port: heard.value,
      ...asked,
    },
  };
}

function portOf(
  { id, listeners }: LoadBalancer,
  asked: (End & { readonly kind: 'lb' })['port'],
  protocol: Protocol,
): Resolved<number | undefined> {
  if (protocol === 'icmp' || protocol === 'ipv6-icmp') return { ok: true, value: undefined };
  if (typeof asked === 'number') return { ok: true, value: asked };
  const has = listeners.map((each) => `${each.protocol} ${each.port}`).join(', ');
  const hint = `it listens on ${has === '' ? 'nothing' : has}`;
  const [first, ...more] = listeners;
  const missing = (message: string): Resolved<never> => ({ ok: false, problem: { message, hint } });
  if (typeof asked === 'string')
    return missing(`lb/${id} has no port "${asked}": a listener has a number, and no name`);
  if (first === undefined) return missing(`lb/${id} has no listener: say the port`);
  return more.length === 0 ? { ok: true, value: first.port } : missing(`lb/${id} has several listeners: say which`);
}

function hintOf(prefix: string, name: string, names: readonly string[]): string | undefined {
  const near = nearest(name, names);
  if (near !== undefined) return `did you mean "${prefix}${near}"?`;
  return names.length === 0 ? undefined : `the input has ${names.slice(0, 4).join(', ')}`;
}
