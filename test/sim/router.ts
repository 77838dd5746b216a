import type { Hook } from '../../src/linux/index.ts';
import { parseConntrack, parseIptablesSave, parseNftRuleset } from '../../src/linux/index.ts';
import { ip } from '../../src/net/index.ts';
import { firstDice } from '../../src/sim/dice.ts';
import { createHost } from '../../src/sim/host/index.ts';
import { runHook } from '../../src/sim/netfilter/run-hook.ts';
import type { L4, Packet, Skb } from '../../src/sim/packet.ts';
import type { HookResult, Host, Walk } from '../../src/sim/types.ts';
import type { Step, TcpFlag } from '../../src/trace/index.ts';
import { netnsFrom } from './netns-from.ts';

// A router: `in0` 10.1.0.1/24 fd01::1/64 towards clients, `out0` 10.2.0.1/24 towards servers.

interface RouterText {
  /** Rules of one table (`-A INPUT ...`, chains as `:NAME`), by table. */
  readonly raw?: string;
  readonly mangle?: string;
  readonly nat?: string;
  readonly filter?: string;
  readonly nft?: string;
  readonly conntrack?: string;
  readonly sysctls?: Readonly<Record<string, string>>;
  readonly family?: 4 | 6;
  readonly rules?: string;
}

const BUILTIN = {
  raw: 'PREROUTING OUTPUT',
  mangle: 'PREROUTING INPUT FORWARD OUTPUT POSTROUTING',
  nat: 'PREROUTING INPUT OUTPUT POSTROUTING',
  filter: 'INPUT FORWARD OUTPUT',
} as const;

export function routerWith(of: RouterText): Host {
  let text = '';
  for (const table of ['raw', 'mangle', 'nat', 'filter'] as const) {
    const rules = of[table];
    if (rules === undefined) continue;
    const lines = rules.trim().split('\n');
    const named = lines.filter((line) => line.startsWith(':'));
    const said = new Set(named.map((line) => line.slice(1).split(' ')[0]));
    const heads = BUILTIN[table].split(' ').filter((chain) => !said.has(chain));
    const chains = [
      ...heads.map((chain) => `:${chain} ACCEPT`),
      ...named.map((line) => (line.includes(' ') ? line : `${line} -`)),
    ];
    const body = lines.filter((line) => line.startsWith('-A'));
    text += `*${table}\n${chains.map((line) => `${line} [0:0]`).join('\n')}\n${body.join('\n')}\nCOMMIT\n`;
  }
  const family = of.family ?? 4;
  const base = netnsFrom('node/r', {
    addresses: 'in0 10.1.0.1/24\nin0 fd01::1/64\nout0 10.2.0.1/24\nout0 10.3.0.1/24',
    sysctls: of.sysctls ?? {},
    ...(of.rules === undefined ? {} : { rules: of.rules }),
  });
  const ruleset = parseIptablesSave(text, 'iptables-save', family);
  const nft = parseNftRuleset(of.nft ?? '', 'nft', () => false);
  const conntrack = parseConntrack(of.conntrack ?? '', 'conntrack');
  const issues = [...ruleset.issues, ...nft.issues, ...conntrack.issues].filter(({ severity }) => severity === 'error');
  if (issues.length > 0) throw new Error(issues.map((issue) => issue.message).join('; '));
  const empty = new Map();
  const iptables = {
    variant: 'nft' as const,
    ip: family === 4 ? ruleset.value : empty,
    ip6: family === 6 ? ruleset.value : empty,
  };
  return createHost({ ...base, iptables, nft: nft.value, conntrack: conntrack.value }, 'nodes/r');
}

const base = (src: string, dst: string) => ({
  family: src.includes(':') ? (6 as const) : (4 as const),
  src: ip(src),
  dst: ip(dst),
  ttl: 64,
  tos: 0,
  length: 60,
  df: true,
});

export const tcp = (
  src: string,
  dst: string,
  dport = 80,
  flags: readonly TcpFlag[] = ['SYN'],
  sport = 40000,
): Packet => ({
  ...base(src, dst),
  protocol: 'tcp',
  l4: { kind: 'tcp', sport, dport, flags },
});
export const udp = (src: string, dst: string, dport = 53, sport = 40000): Packet => ({
  ...base(src, dst),
  protocol: 'udp',
  l4: { kind: 'ports', sport, dport },
});
export const ping = (src: string, dst: string, type = 8, id = 7): Packet => ({
  ...base(src, dst),
  protocol: src.includes(':') ? 'ipv6-icmp' : 'icmp',
  l4: { kind: 'icmp-query', type, code: 0, id, seq: 1 },
});
export const icmpError = (src: string, quoted: Packet, type = 11): Packet => ({
  ...base(src, quoted.src),
  protocol: 'icmp',
  l4: { kind: 'icmp-error', type, code: 0, quoted },
});

/** The answer of whoever got `packet`. */
export function answerTo(packet: Packet, flags: readonly TcpFlag[] = ['SYN', 'ACK']): Packet {
  const { l4, src, dst } = packet;
  return { ...packet, src: dst, dst: src, l4: reversed(l4, flags) };
}

function reversed(l4: L4, flags: readonly TcpFlag[]): L4 {
  if (l4.kind === 'tcp') return { ...l4, sport: l4.dport, dport: l4.sport, flags };
  if (l4.kind === 'ports') return { ...l4, sport: l4.dport, dport: l4.sport };
  return l4.kind === 'icmp-query' ? { ...l4, type: 0 } : l4;
}

export const skbOf = (packet: Packet, of: Partial<Skb> = {}): Skb => ({
  packet,
  mark: 0,
  iif: 'in0',
  oif: undefined,
  ct: { kind: 'none' },
  forcedInvalid: false,
  pkttype: 'unicast',
  ...of,
});

export interface RecordingWalk extends Walk {
  readonly steps: Step[];
}
export function walkAt(now = 0, of: Partial<Walk> = {}): RecordingWalk {
  const steps: Step[] = [];
  return { dice: firstDice(), now, record: (step) => void steps.push(step), assumptions: new Set(), ...of, steps };
}

/** Every hook a forwarded packet meets, as if routing had sent it out of `oif`; stops where a hook does. */
export function forwardThrough(host: Host, skb: Skb, walk: Walk, oif = 'out0'): HookResult {
  return through(host, skb, walk, ['PREROUTING', 'FORWARD', 'POSTROUTING'], oif);
}

export const inputThrough = (host: Host, skb: Skb, walk: Walk): HookResult =>
  through(host, skb, walk, ['PREROUTING', 'INPUT'], undefined);

export function outputThrough(host: Host, skb: Skb, walk: Walk, oif = 'out0'): HookResult {
  skb.iif = undefined;
  return through(host, skb, walk, ['OUTPUT', 'POSTROUTING'], oif);
}

function through(host: Host, skb: Skb, walk: Walk, hooks: readonly Hook[], oif: string | undefined): HookResult {
  for (const hook of hooks) {
    if (hook !== 'PREROUTING') skb.oif = oif;
    const result = runHook(hook, host, skb, walk);
    if (result.kind !== 'accept') return result;
  }
  return { kind: 'accept' };
}

/** `10.1.0.2:40000 > 10.2.0.2:80`, an ICMP error with what it quotes. */
export function flowOf({ src, dst, l4 }: Packet): string {
  switch (l4.kind) {
    case 'tcp':
    case 'ports':
      return `${src}:${l4.sport} > ${dst}:${l4.dport}`;
    case 'icmp-query':
      return `${src} > ${dst} id ${l4.id}`;
    case 'icmp-error':
      return `${src} > ${dst} about ${flowOf(l4.quoted)}`;
    case 'other':
      return `${src} > ${dst}`;
  }
}
