import type { Rng } from '../../../src/base/index.ts';
import { iptablesOf } from '../../planes/rules.ts';
import { anyBlock, chance, ended, hostsOf, inFamily, type Pools, weighted } from './pools.ts';

type TableName = 'raw' | 'mangle' | 'nat' | 'filter';

const HOOKS: Readonly<Record<TableName, readonly string[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
};

/** A random rule set as text, over every match and target the model knows, in forms the kernel loads. */
export function randomIptables(rng: Rng, pools: Pools): string {
  const tables: Partial<Record<TableName, string>> = {};
  for (const [name, p] of [
    ['raw', 0.4],
    ['mangle', 0.6],
    ['nat', 0.85],
    ['filter', 0.7],
  ] as const) {
    if (chance(rng, p)) tables[name] = new Rules(rng, pools, name).text();
  }
  return iptablesOf(tables);
}

const MASK = { 4: '255.255.255.255', 6: 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff' } as const;

/** Which side a nat chain translates: its targets load in the hooks of that side only. */
type Side = 'dst' | 'src' | 'any';

const STATES = [
  'NEW',
  'ESTABLISHED',
  'RELATED',
  'INVALID',
  'RELATED,ESTABLISHED',
  'NEW,INVALID',
  'UNTRACKED',
  'DNAT',
  'SNAT',
];

/** What a rule with TCPMSS has to ask (net/netfilter/xt_TCPMSS.c, find_syn_match). */
const SYN = '-p tcp -m tcp --tcp-flags SYN,RST SYN';

class Rules {
  readonly #rng: Rng;
  readonly #pools: Pools;
  readonly #table: TableName;
  readonly #lines: string[] = [];
  #chains = 0;

  constructor(rng: Rng, pools: Pools, table: TableName) {
    this.#rng = rng;
    this.#pools = pools;
    this.#table = table;
  }

  text(): string {
    const rng = this.#rng;
    for (const hook of HOOKS[this.#table]) {
      if (this.#table === 'filter' && chance(rng, 0.04)) this.#lines.push(`:${hook} DROP`);
      const side = this.#table !== 'nat' ? 'any' : hook === 'PREROUTING' || hook === 'OUTPUT' ? 'dst' : 'src';
      // Now and then enough for the model to index the chain.
      for (let i = chance(rng, 0.08) ? rng.int(8, 16) : rng.int(0, 4); i > 0; i--) this.#rule(hook, hook, side, 0);
    }
    return this.#lines.join('\n');
  }

  #rule(chain: string, hook: string, side: Side, depth: number): void {
    const rng = this.#rng;
    if (this.#table === 'mangle' && chance(rng, 0.05))
      return void this.#lines.push(['-A', chain, ...this.#base(hook), SYN, this.#mss(hook)].join(' '));
    const { text, ports } = this.#protocol();
    const matches = [...this.#base(hook), text, ...this.#modules(hook, ports)].filter((word) => word !== '');
    const draws = chance(rng, 0.06);
    if (draws) {
      const p = rng.pick(['0.50000000000', '0.33333333349', '0.10000000009']);
      matches.push(`-m statistic --mode random --probability ${p}`);
    }
    // Where a draw decides, the target's name tells which way it went: a chain of its own.
    const target = draws ? this.#jump(hook, side, depth, '-j') : this.#target(hook, side, ports, depth);
    this.#lines.push(`-A ${[chain, ...matches, target].join(' ').trim()}`);
  }

  #jump(hook: string, side: Side, depth: number, how: '-j' | '-g'): string {
    const rng = this.#rng;
    const name = `${this.#table.toUpperCase()}${++this.#chains}${side === 'any' ? '' : side.toUpperCase()}`;
    const rules = depth >= 3 ? rng.int(0, 1) : rng.int(0, 3);
    for (let i = rules; i > 0; i--) this.#rule(name, hook, side, depth + 1);
    // A chain without a rule exists by its head line.
    this.#lines.unshift(`:${name} -`);
    return `${how} ${name}`;
  }

  #base(hook: string): string[] {
    const rng = this.#rng;
    const found: string[] = [];
    if (chance(rng, 0.3)) found.push(`${this.#not()}-s ${anyBlock(rng, this.#pools)}`);
    if (chance(rng, 0.4)) found.push(`${this.#not()}-d ${anyBlock(rng, this.#pools)}`);
    const device = (): string =>
      chance(rng, 0.2) ? rng.pick(['in+', 'o+', 'pod+']) : rng.pick(this.#pools.devices).name;
    const hasIn = hook !== 'OUTPUT' && hook !== 'POSTROUTING';
    const hasOut = hook !== 'PREROUTING' && hook !== 'INPUT';
    if (hasIn && chance(rng, 0.15)) found.push(`${this.#not()}-i ${device()}`);
    if (hasOut && chance(rng, 0.15)) found.push(`${this.#not()}-o ${device()}`);
    return found;
  }

  #not(p = 0.12): string {
    return chance(this.#rng, p) ? '! ' : '';
  }

  #protocol(): { readonly text: string; readonly ports: boolean } {
    const rng = this.#rng;
    const { icmp } = this.#pools;
    const port = (): string => {
      const one = rng.pick(this.#pools.ports);
      return chance(rng, 0.15) ? `${one}:${one + rng.int(1, 9000)}` : `${one}`;
    };
    const ported = (name: string): string => {
      const words = [`-p ${name}`];
      if (chance(rng, 0.7)) words.push(`-m ${name}`);
      if (words.length === 2) words.push(`${this.#not()}--${rng.pick(['dport', 'dport', 'dport', 'sport'])} ${port()}`);
      if (words.length === 3 && name === 'tcp' && chance(rng, 0.1))
        words.push(`${this.#not()}--tcp-flags FIN,SYN,RST,ACK SYN`);
      return words.join(' ');
    };
    const list = (): string => [...new Set([port(), port(), port()])].join(',');
    return weighted<{ readonly text: string; readonly ports: boolean }>(rng, [
      [10, () => ({ text: '', ports: false })],
      [6, () => ({ text: ported('tcp'), ports: true })],
      [5, () => ({ text: ported('udp'), ports: true })],
      [
        1,
        () => ({
          text: `-p ${rng.pick(['tcp', 'udp'])} -m multiport ${this.#not()}--${rng.pick(['sports', 'dports', 'ports'])} ${list()}`,
          ports: true,
        }),
      ],
      [
        1,
        () => ({
          text: `-p ${icmp.name} -m ${icmp.match[0]} ${this.#not()}--${icmp.match[1]} ${rng.pick(icmp.types)}`,
          ports: false,
        }),
      ],
      [1, () => ({ text: `! -p ${rng.pick(['tcp', 'udp', icmp.name])}`, ports: false })],
    ]);
  }

  #modules(hook: string, ports: boolean): string[] {
    const rng = this.#rng;
    const pools = this.#pools;
    const range = (): string => {
      const [a, b] = [rng.pick(hostsOf(pools)), rng.pick(hostsOf(pools))].sort();
      return `${a}-${b}`;
    };
    const hops = pools.family === 4 ? 'ttl' : 'hl';
    const makers: [number, () => string][] = [
      [16, () => ''],
      [5, () => `-m mark ${this.#not()}--mark ${rng.pick(pools.marks)}`],
      [3, () => `-m connmark ${this.#not()}--mark ${rng.pick(pools.marks)}`],
      [5, () => `-m conntrack ${this.#not()}--ctstate ${rng.pick(STATES)}`],
      [1, () => `-m state ${this.#not()}--state ${rng.pick(['NEW', 'ESTABLISHED', 'INVALID,UNTRACKED', 'RELATED'])}`],
      [1, () => `-m conntrack --ctdir ${rng.pick(['ORIGINAL', 'REPLY'])}`],
      [
        1,
        () =>
          `-m conntrack ${this.#not()}--${rng.pick(['ctorigsrc', 'ctorigdst', 'ctreplsrc', 'ctrepldst'])} ${anyBlock(rng, pools)}`,
      ],
      [
        1,
        () =>
          `-m conntrack ${this.#not()}--ctstatus ${rng.pick(['SEEN_REPLY', 'ASSURED', 'CONFIRMED', 'SEEN_REPLY,ASSURED'])}`,
      ],
      [
        3,
        () =>
          `-m addrtype ${this.#not()}--${rng.pick(['dst-type', 'dst-type', 'src-type'])} ${rng.pick(['LOCAL', 'LOCAL', 'UNICAST', pools.family === 4 ? 'BROADCAST' : 'UNREACHABLE', 'MULTICAST'])}`,
      ],
      [1, () => `-m iprange ${this.#not()}--${rng.pick(['src', 'dst'])}-range ${range()}`],
      [1, () => `-m length ${this.#not()}--length ${rng.pick(['0:60', '44', '56', '64', '100:65535'])}`],
      [1, () => `-m ${hops} ${this.#not()}--${hops}-eq ${rng.pick([63, 64, 10, 2])}`],
      [1, () => `-m ${hops} --${hops}-${rng.pick(['lt', 'gt'])} ${rng.pick([63, 64, 10, 2])}`],
      // An IPv6 host's own discovery would count, too.
      [
        pools.family === 4 ? 1 : 0,
        () => `-m statistic --mode nth ${this.#not()}--every ${rng.int(2, 4)} --packet ${rng.int(0, 1)}`,
      ],
      [2, () => this.#recent()],
      [1, () => `-m comment --comment "a comment"`],
    ];
    if (ports) {
      const of = rng.pick(['ctorigdstport', 'ctorigsrcport', 'ctreplsrcport', 'ctrepldstport']);
      makers.push([1, () => `-m conntrack ${this.#not()}--${of} ${rng.pick(pools.ports)}`]);
    }
    if (hook === 'PREROUTING' && (this.#table === 'raw' || this.#table === 'mangle')) {
      makers.push([
        2,
        () =>
          `-m rpfilter ${rng.pick(['', '--loose ', '--validmark ', '--accept-local '])}${chance(rng, 0.5) ? '--invert' : ''}`,
      ]);
    }
    const found = [weighted(rng, makers)];
    if (chance(rng, 0.25)) found.push(weighted(rng, makers));
    // The kernel takes one of each kind.
    return found.filter((text, at) => found.findIndex((other) => other.slice(0, 12) === text.slice(0, 12)) === at);
  }

  #recent(): string {
    const rng = this.#rng;
    const list = rng.pick(['L1', 'L2']);
    const side = rng.pick(['--rsource', '--rsource', '--rdest']);
    const how = rng.pick([
      '--set',
      '--set',
      '--rcheck',
      '--rcheck --seconds 600',
      '--update --seconds 600 --hitcount 3',
      '--remove',
      '--rcheck --hitcount 2',
    ]);
    return `-m recent ${this.#not()}${how} --name ${list} --mask ${MASK[this.#pools.family]} ${side}`;
  }

  #target(hook: string, side: Side, ports: boolean, depth: number): string {
    const rng = this.#rng;
    const mark = (): string => rng.pick(['0x80/0x80', '0x4000/0x4000', '0x1/0xffffffff', '0x0/0x4000', '0x2/0x3']);
    const makers: [number, () => string][] = [
      [3, () => ''],
      [3, () => '-j ACCEPT'],
      [2, () => '-j RETURN'],
      [depth >= 4 ? 0 : 5, () => this.#jump(hook, side, depth, '-j')],
      [depth >= 4 ? 0 : 1, () => this.#jump(hook, side, depth, '-g')],
      [3, () => `-j MARK --set-xmark ${mark()}`],
      [2, () => `-j CONNMARK --set-xmark ${mark()}`],
      [
        2,
        () =>
          `-j CONNMARK --${rng.pick(['save', 'restore'])}-mark --nfmask ${rng.pick(['0x80', '0xffffffff'])} --ctmask ${rng.pick(['0x80', '0xffffffff'])}`,
      ],
    ];
    if (this.#table !== 'nat') makers.push([this.#table === 'filter' ? 2 : 0.5, () => '-j DROP']);
    if (this.#table === 'raw') makers.push([1.5, () => rng.pick(['-j NOTRACK', '-j CT --notrack'])]);
    const hops = this.#pools.family === 4 ? 'TTL --ttl' : 'HL --hl';
    // Not before IPv6 delivers: a checksum the kernel has worked out itself follows neither field (udp6_csum_init).
    const isSpoilt = this.#pools.family === 6 && (hook === 'PREROUTING' || hook === 'INPUT');
    if (this.#table === 'mangle' && !isSpoilt)
      makers.push([1, () => `-j ${hops}-${rng.pick(['set 70', 'dec 1', 'inc 5', 'set 2'])}`]);
    if (this.#table === 'mangle' && !isSpoilt)
      makers.push([
        2,
        () => rng.pick(['-j TOS --set-tos 0x10/0xff', '-j TOS --set-tos 0x08/0x08', '-j DSCP --set-dscp 0x04']),
      ]);
    if (this.#table === 'filter')
      makers.push([2, () => `-j REJECT --reject-with ${rng.pick(this.#pools.icmp.rejects)}`]);
    if (side === 'dst') makers.push([9, () => this.#dnat(ports)]);
    if (side === 'src') makers.push([9, () => this.#snat(hook, ports)]);
    return weighted(rng, makers);
  }

  #mss(hook: string): string {
    const clamps = hook !== 'PREROUTING' && hook !== 'INPUT' && chance(this.#rng, 0.5);
    return `-j TCPMSS ${clamps ? '--clamp-mss-to-pmtu' : `--set-mss ${this.#rng.pick([500, 1360, 9000])}`}`;
  }

  #dnat(ports: boolean): string {
    const rng = this.#rng;
    const to = rng.pick([...hostsOf(this.#pools), ...hostsOf(this.#pools), ...this.#pools.own]);
    const port = ports && chance(rng, 0.8) ? rng.pick(this.#pools.ports) : undefined;
    const [first, last, subnet, few] = this.#blocks(['10.2.0.2', '10.2.0.5', '10.2.0.0/24', '10.1.0.0/29']);
    return weighted(rng, [
      [8, () => `-j DNAT --to-destination ${translated(to, port)}`],
      [
        1,
        () =>
          `-j DNAT --to-destination ${translated(`${first}-${last}`, port)}${chance(rng, 0.3) ? ' --persistent' : ''}`,
      ],
      [1, () => (ports ? `-j REDIRECT --to-ports ${rng.pick(this.#pools.ports)}` : '-j REDIRECT')],
      [0.5, () => `-j NETMAP --to ${rng.pick([subnet, few])}`],
    ]);
  }

  #snat(hook: string, ports: boolean): string {
    const rng = this.#rng;
    const [other, first, last, block] = this.#blocks(['10.2.0.77', '10.2.0.70', '10.2.0.73', '10.2.0.64/28']);
    const from = rng.pick([...this.#pools.own, ...this.#pools.virtual, other ?? '']);
    const range = ports && chance(rng, 0.4) ? rng.pick(['1024-1026', '50000-50999', '40000-40003', '7']) : undefined;
    const random = rng.pick(['', '', '', ' --random-fully', ' --random']);
    return weighted(rng, [
      [hook === 'INPUT' ? 0 : 6, () => `-j MASQUERADE${range === undefined ? '' : ` --to-ports ${range}`}${random}`],
      [4, () => `-j SNAT --to-source ${translated(from, range)}${random}`],
      [0.5, () => `-j SNAT --to-source ${first}-${last}${chance(rng, 0.3) ? ' --persistent' : ''}`],
      [0.5, () => `-j NETMAP --to ${block}`],
    ]);
  }

  #blocks(texts: readonly string[]): readonly string[] {
    return texts.map((text) => inFamily(this.#pools.family, text));
  }
}

const translated = (to: string, port: string | number | undefined): string =>
  port === undefined ? to : ended(to, port);
