import type { Rng } from '../../../src/base/index.ts';
import { type Cidr, cidrContains, cidrOf, ip } from '../../../src/net/index.ts';
import { anyBlock, chance, inFamily, type Pools, WIDTH, weighted } from './pools.ts';

/** Random routes of main and of tables 100 and 101, as `ip route` lines. */
export function randomRoutes(rng: Rng, pools: Pools): string {
  const lines = new Map<string, string>();
  const put = (dst: string, table: number, text: string): void => {
    const key = `${dst} ${table}`;
    if (!lines.has(key)) lines.set(key, `${text}${table === 254 ? '' : ` table ${table}`}`);
  };
  const via = (): string => {
    const device = rng.pick(pools.devices);
    if (device.address === undefined) return `dev ${device.name} scope link`;
    return chance(rng, 0.8) ? `via ${rng.pick(device.hosts)} dev ${device.name}` : `dev ${device.name} scope link`;
  };
  const byTos = (dst: string, table: number): void => {
    const tos = rng.pick(['0x10', '0x08', '0x18']);
    if (pools.family === 4) put(`${dst} tos ${tos}`, table, `${dst} tos ${tos} ${via()}`);
  };
  const route = (dst: string, table: number): void => {
    const text = weighted(rng, [
      [8, () => `${dst} ${via()}`],
      [1, () => `${dst} ${via()} hoplimit ${rng.pick([7, 33, 200])}`],
      [1, () => `${dst} ${via()} src ${rng.pick(pools.own)}`],
      [0.7, () => `blackhole ${dst}`],
      [0.7, () => `unreachable ${dst}`],
      [0.7, () => `prohibit ${dst}`],
      [0.7, () => `throw ${dst}`],
    ]);
    put(dst, table, text);
    if (chance(rng, 0.15)) byTos(dst, table);
  };
  for (const device of pools.devices) {
    if (device.address === undefined)
      for (const host of device.hosts) put(host, 254, `${host} dev ${device.name} scope link`);
  }
  if (chance(rng, 0.85)) put('default', 254, `default ${via()}`);
  for (let i = rng.int(0, 4); i > 0; i--) route(blockOf(rng, pools), 254);
  for (const table of [100, 101]) {
    if (chance(rng, 0.6)) put('default', table, `default ${via()}`);
    for (let i = rng.int(0, 2); i > 0; i--) route(blockOf(rng, pools), table);
  }
  return inOrder([...lines.values()], pools)
    .map((line) => `${line}\n`)
    .join('');
}

/**
 * A gateway of IPv6 has to be on the link when its route is made (net/ipv6/route.c ip6_route_check_nh): routes that would take
 * it elsewhere come later; where each would take the other's, one is left out.
 */
function inOrder(lines: readonly string[], { own, family }: Pools): readonly string[] {
  const subnets = own.map((address) => cidrOf(ip(address), family === 4 ? 24 : 120));
  const blockIn = (line: string): Cidr | undefined => {
    const [address = '', bits = ''] = line.slice(0, line.indexOf(' ')).split('/');
    if (!line.includes(' via ') || address === 'default') return undefined;
    const block = cidrOf(ip(address), bits === '' ? WIDTH[family] : Number(bits));
    return subnets.some((subnet) => cidrContains(subnet, ip(address))) ? block : undefined;
  };
  const kept: string[] = [];
  const blocks: Cidr[] = [];
  for (const line of lines.toSorted((a, b) => rank(a, blockIn(a)) - rank(b, blockIn(b)))) {
    const gateway = / via (\S+)/.exec(line)?.[1];
    if (family === 6 && gateway !== undefined && blocks.some((block) => cidrContains(block, ip(gateway)))) continue;
    kept.push(line);
    blocks.push(...[blockIn(line)].flatMap((block) => block ?? []));
  }
  return kept;
}

/** By a gateway, by one into a device's own subnet, and all others. */
const rank = (line: string, inSubnet: Cidr | undefined): number => (line.includes(' via ') ? (inSubnet ? 1 : 0) : 2);

/** A route's destination has no bits behind its prefix, and is no subnet a device has anyway. */
function blockOf(rng: Rng, pools: Pools): string {
  const block = anyBlock(rng, pools);
  if (/\/(?:32|128)$/.test(block) && !block.includes('::/')) return block.slice(0, block.indexOf('/'));
  const at = (text: string): string => inFamily(pools.family, text);
  return block === at('10.1.0.0/24') || block === at('10.2.0.0/24') ? at('10.97.0.0/24') : block;
}

/** Random policy rules, as `ip rule` lines. */
export function randomPolicy(rng: Rng, pools: Pools): string {
  if (chance(rng, 0.35)) return '';
  const lines: string[] = [];
  for (let i = rng.int(1, 5); i > 0; i--) {
    const selector = weighted(rng, [
      [5, () => `from ${anyBlock(rng, pools)}`],
      [4, () => `from all to ${anyBlock(rng, pools)}`],
      [4, () => `from all fwmark ${rng.pick(['0x80/0x80', '0x4000/0x4000', '0x1'])}`],
      [2, () => `from all iif ${rng.pick(['lo', ...pools.devices.map(({ name }) => name)])}`],
      [1, () => `from all ipproto ${rng.pick(['tcp', 'udp', pools.icmp.name])}`],
      [1, () => `from all tos ${rng.pick(['0x10', '0x08', '0x18'])}`],
      [1, () => `from all ipproto udp dport ${rng.pick(pools.ports)}`],
      [1, () => `from all ipproto tcp sport ${rng.pick(pools.ports)}`],
    ]);
    const action = weighted(rng, [
      [10, () => `lookup ${rng.pick(['100', '101', 'main'])}`],
      [1, () => 'lookup main suppress_prefixlength 0'],
      [0.5, () => rng.pick(['unreachable', 'blackhole', 'prohibit'])],
      [0.3, () => 'goto 32766'],
    ]);
    lines.push(`${rng.pick([512, 600, 1024, 1536, 32765])}: ${chance(rng, 0.08) ? 'not ' : ''}${selector} ${action}\n`);
  }
  return [...new Set(lines)].sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10)).join('');
}

/** Random settings a walk depends on. */
export function randomSysctls(rng: Rng, pools: Pools): string {
  const lines: string[] = [];
  if (chance(rng, 0.2)) lines.push(`net.netfilter.nf_conntrack_tcp_loose = 0\n`);
  if (chance(rng, 0.1)) lines.push(`net.ipv${pools.family}.fwmark_reflect = 1\n`);
  if (chance(rng, 0.1)) lines.push('net.ipv4.tcp_fwmark_accept = 1\n');
  if (pools.family === 6) {
    if (chance(rng, 0.05)) lines.push('net.ipv6.conf.all.forwarding = 0\n');
    return lines.join('');
  }
  const names = ['all', ...pools.devices.map(({ name }) => name)];
  const per = (key: string, p: number, values: readonly number[]): void => {
    for (const name of names) {
      const scale = name === 'all' ? 0.3 : 1;
      if (chance(rng, p * scale)) lines.push(`net.ipv4.conf.${name}.${key} = ${rng.pick(values)}\n`);
    }
  };
  if (chance(rng, 0.5)) per('rp_filter', 0.5, [0, 1, 2]);
  per('accept_local', 0.05, [1]);
  per('route_localnet', 0.08, [1]);
  per('src_valid_mark', 0.1, [1]);
  if (chance(rng, 0.05)) lines.push(`net.ipv4.conf.${rng.pick(pools.devices).name}.forwarding = 0\n`);
  if (chance(rng, 0.1)) lines.push('net.ipv4.icmp_errors_use_inbound_ifaddr = 1\n');
  if (chance(rng, 0.2)) lines.push('net.ipv4.ip_default_ttl = 127\n');
  return lines.join('');
}
