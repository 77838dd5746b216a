import type { Rng } from '../../../src/base/index.ts';
import { anyBlock, chance, ended, hostsOf, type Pools, weighted } from './pools.ts';

type Hook = 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting';
type ChainType = 'filter' | 'route' | 'nat';

/** Base chains a table may have. No two chains of a hook share a priority with each other or with iptables: such orders are not defined. */
const BASES: readonly (readonly [type: ChainType, hook: Hook, priorities: readonly number[]])[] = [
  ['filter', 'prerouting', [-310, -290, -145, -95, 10]],
  ['filter', 'input', [-145, -5, 10, 60]],
  ['filter', 'forward', [-145, -5, 10, 60]],
  ['filter', 'output', [-310, -145, -5, 10, 60]],
  ['route', 'output', [-160, -140]],
  ['filter', 'postrouting', [-145, 10, 90, 110]],
  ['nat', 'prerouting', [-110, -90]],
  ['nat', 'output', [-110, -90]],
  ['nat', 'input', [90, 110]],
  ['nat', 'postrouting', [90, 110]],
];

/** Random native tables (nft(8)) beside iptables', over every statement the model knows. */
export function randomNft(rng: Rng, pools: Pools): string {
  if (chance(rng, 0.5)) return '';
  const taken = new Set<string>();
  const own = pools.family === 4 ? 'ip' : 'ip6';
  const tables = chance(rng, 0.4) ? [own, 'inet'] : [rng.pick([own, 'inet'])];
  return tables.map((family, at) => new Table(rng, pools, family, `t${at}`, taken).text()).join('');
}

const namesProtocol = (text: string): boolean => /^(?:tcp|udp|meta l4proto)/.test(text);

class Table {
  readonly #rng: Rng;
  readonly #pools: Pools;
  readonly #family: string;
  readonly #name: string;
  readonly #taken: Set<string>;
  readonly #chains: string[] = [];
  readonly #sets: string[] = [];
  /** The set packets wrote to last. */
  #seen: string | undefined;
  #count = 0;

  constructor(rng: Rng, pools: Pools, family: string, name: string, taken: Set<string>) {
    this.#rng = rng;
    this.#pools = pools;
    this.#family = family;
    this.#name = name;
    this.#taken = taken;
  }

  text(): string {
    const rng = this.#rng;
    for (const [type, hook, priorities] of BASES) {
      if (!chance(rng, type === 'nat' ? 0.35 : 0.25)) continue;
      const priority = rng.pick(priorities);
      const key = `${hook} ${priority}`;
      if (this.#taken.has(key)) continue;
      this.#taken.add(key);
      const policy = type === 'filter' && chance(rng, 0.04) ? 'drop' : 'accept';
      const head = `type ${type} hook ${hook} priority ${priority}; policy ${policy};`;
      this.#chain(`c${this.#count++}`, type, hook, 0, rng.int(1, 4), [head]);
    }
    return `table ${this.#family} ${this.#name} {\n${this.#sets.join('')}${this.#chains.join('')}}\n`;
  }

  /** A chain is written before the ones that jump to it. */
  #chain(name: string, type: ChainType, hook: Hook, depth: number, rules: number, head: readonly string[]): void {
    const lines = [...head];
    for (let i = rules; i > 0; i--) lines.push(this.#rule(type, hook, depth));
    this.#chains.push(`\tchain ${name} {\n${lines.map((line) => `\t\t${line}\n`).join('')}\t}\n`);
  }

  #rule(type: ChainType, hook: Hook, depth: number): string {
    const rng = this.#rng;
    const drawn = [this.#match(hook), chance(rng, 0.4) ? this.#match(hook) : ''].filter((text) => text !== '');
    const action = this.#action(type, hook, depth);
    // nft takes a rule to be about one protocol.
    const protocols = action.some(namesProtocol) ? 1 : 0;
    const matches = drawn.filter((text, at) => !namesProtocol(text) || at + protocols === 0);
    return [...new Set(matches), ...action].join(' ');
  }

  #not(): string {
    return chance(this.#rng, 0.12) ? '!= ' : '';
  }

  #match(hook: Hook): string {
    const rng = this.#rng;
    const pools = this.#pools;
    const version = pools.family === 4 ? 'ip' : 'ip6';
    const device = (): string => (chance(rng, 0.2) ? rng.pick(['in*', 'o*', 'pod*']) : rng.pick(pools.devices).name);
    const ports = (): string => {
      const [a, b] = [rng.pick(pools.ports), rng.pick(pools.ports)];
      return chance(rng, 0.6) ? `${a}` : chance(rng, 0.5) || a === b ? `${a}-${a + 900}` : `{ ${a}, ${b} }`;
    };
    const addresses = (): string => {
      const [a, b] = [rng.pick(hostsOf(pools)), rng.pick(pools.virtual)];
      return chance(rng, 0.7) ? anyBlock(rng, pools) : `{ ${a}, ${b} }`;
    };
    return weighted(rng, [
      [6, () => ''],
      [5, () => `${version} ${rng.pick(['saddr', 'daddr', 'daddr'])} ${this.#not()}${addresses()}`],
      [2, () => `iifname ${this.#not()}"${device()}"`],
      [2, () => `oifname ${this.#not()}"${device()}"`],
      [5, () => `${rng.pick(['tcp', 'udp'])} ${rng.pick(['dport', 'dport', 'sport'])} ${this.#not()}${ports()}`],
      [1, () => `meta l4proto { tcp, udp } th dport ${this.#not()}${ports()}`],
      [2, () => `${version} ${rng.pick(['saddr', 'daddr'])} ${this.#not()}@${this.#addressSet()}`],
      [
        2,
        () =>
          `${version} daddr . meta l4proto ${this.#not()}{ ${rng.pick(hostsOf(pools))} . ${rng.pick(['tcp', 'udp'])}, ${rng.pick(pools.virtual)} . ${pools.icmp.nft} }`,
      ],
      // Of ICMP the other one is its checksum, which the model does not have.
      [1, () => `th sport ${this.#not()}${ports()}`],
      [2, () => `meta l4proto ${this.#not()}${rng.pick(['tcp', 'udp', '{ tcp, udp }', pools.icmp.nft])}`],
      [
        3,
        () =>
          `ct state ${this.#not()}${rng.pick(['new', 'established', 'related', 'invalid', 'untracked', 'established,related', 'invalid,new'])}`,
      ],
      [3, () => `meta mark ${rng.pick(['& 0x00000080 == 0x00000080', '0x00000001', '!= 0x00000000'])}`],
      [2, () => `ct mark ${rng.pick(['& 0x00000080 == 0x00000080', '0x00000000', '!= 0x00000001'])}`],
      [
        hook === 'postrouting' ? 0 : 2,
        () => `fib ${rng.pick(['daddr', 'saddr'])} type ${this.#not()}${rng.pick(['local', 'unicast'])}`,
      ],
    ]);
  }

  #action(type: ChainType, hook: Hook, depth: number): string[] {
    const rng = this.#rng;
    const makers: [number, () => string[]][] = [
      [3, () => ['counter']],
      [3, () => ['accept']],
      [2, () => ['return']],
      [1, () => ['continue']],
      [depth >= 3 ? 0 : 4, () => [this.#jump(type, hook, depth, 'jump')]],
      [depth >= 3 ? 0 : 1, () => [this.#jump(type, hook, depth, 'goto')]],
      [3, () => [`meta mark set ${this.#mark('meta')}`, ...(chance(rng, 0.2) ? ['accept'] : [])]],
      [3, () => [`ct mark set ${this.#mark('ct')}`]],
      [4, () => [this.#lookedUp(type, hook, depth)]],
      [2, () => [this.#drawn(type, hook, depth)]],
      [2, () => [this.#written()]],
    ];
    if (type !== 'nat') makers.push([1, () => ['drop']]);
    if (type === 'filter' && hook !== 'prerouting' && hook !== 'postrouting') makers.push([1.5, () => this.#reject()]);
    if (type === 'nat') makers.push([8, () => this.#translation(hook)]);
    return weighted(rng, makers);
  }

  /** A set of addresses or, where its text says so, of ranges. */
  #addressSet(): string {
    const [rng, pools] = [this.#rng, this.#pools];
    const name = `s${this.#count++}`;
    const members = [...new Set([rng.pick(hostsOf(pools)), rng.pick(pools.virtual), rng.pick(pools.own)])];
    const ranged = chance(rng, 0.4);
    const type = pools.family === 4 ? 'ipv4_addr' : 'ipv6_addr';
    const elements = ranged ? anyBlock(rng, pools) : members.join(', ');
    this.#sets.push(
      `\tset ${name} {\n\t\ttype ${type}\n${ranged ? '\t\tflags interval\n' : ''}\t\telements = { ${elements} }\n\t}\n`,
    );
    return name;
  }

  /** A verdict for what a packet has of a key, by a map of the table or one in the rule. */
  #lookedUp(type: ChainType, hook: Hook, depth: number): string {
    const [rng, pools] = [this.#rng, this.#pools];
    const version = pools.family === 4 ? 'ip' : 'ip6';
    const verdict = (): string =>
      depth >= 3 || chance(rng, 0.4)
        ? rng.pick(['accept', 'return', 'continue'])
        : this.#jump(type, hook, depth, rng.pick(['jump', 'goto'] as const));
    if (chance(rng, 0.3)) {
      const [low, high] = [rng.pick(pools.ports), rng.pick(pools.ports)].sort((a, b) => a - b);
      const ports =
        low === high ? `${low} : ${verdict()}` : `${low} : ${verdict()}, ${(low ?? 0) + 1}-${high} : ${verdict()}`;
      return `${rng.pick(['tcp', 'udp'])} dport vmap { ${ports} }`;
    }
    const keys = [rng.pick(hostsOf(pools)), rng.pick(pools.virtual)].flatMap((address) =>
      ['tcp', 'udp'].map((protocol) => `${address} . ${protocol} . ${rng.pick(pools.ports)}`),
    );
    const elements = [...new Set(keys)].map((key) => `${key} : ${verdict()}`).join(', ');
    const read = `${version} daddr . meta l4proto . th dport vmap`;
    if (chance(rng, 0.5)) return `${read} { ${elements} }`;
    const name = `m${this.#count++}`;
    const keyType = `${pools.family === 4 ? 'ipv4_addr' : 'ipv6_addr'} . inet_proto . inet_service`;
    this.#sets.push(`\tmap ${name} {\n\t\ttype ${keyType} : verdict\n\t\telements = { ${elements} }\n\t}\n`);
    return `${read} @${name}`;
  }

  /** One of so many chains; sometimes a number leads nowhere. */
  #drawn(type: ChainType, hook: Hook, depth: number): string {
    const rng = this.#rng;
    if (depth >= 3) return 'counter';
    // What a socket of this host sends again counts as well, and when it does is up to the machine.
    const how = hook === 'forward' ? rng.pick(['random', 'inc']) : 'random';
    const count = rng.int(1, 3);
    const elements = Array.from({ length: count }, (_, at) => `${at} : ${this.#jump(type, hook, depth, 'jump')}`);
    return `numgen ${how} mod ${count + (chance(rng, 0.3) ? 1 : 0)} vmap { ${elements.join(', ')} }`;
  }

  /** Writes the source into a set that other rules may ask. */
  #written(): string {
    const rng = this.#rng;
    const [version, type] = this.#pools.family === 4 ? ['ip', 'ipv4_addr'] : ['ip6', 'ipv6_addr'];
    if (this.#seen === undefined || chance(rng, 0.2)) {
      this.#seen = `w${this.#count++}`;
      this.#sets.push(`\tset ${this.#seen} {\n\t\ttype ${type}\n\t\tflags dynamic,timeout\n\t\ttimeout 1h\n\t}\n`);
    }
    const name = this.#seen;
    const write = `${rng.pick(['add', 'update', 'update'])} @${name} { ${version} saddr }`;
    return chance(rng, 0.5) ? `${version} saddr @${name} accept` : write;
  }

  #mark(own: 'meta' | 'ct'): string {
    const other = own === 'meta' ? 'ct' : 'meta';
    return this.#rng.pick([
      '0x00000005',
      `${own} mark | 0x00000080`,
      `${own} mark & 0xffffff7f`,
      `${other} mark & 0x00000080`,
      `${other} mark`,
      `${own} mark & 0xffffff7f ^ 0x00000001`,
    ]);
  }

  #reject(): string[] {
    const rng = this.#rng;
    const own = this.#pools.family === 4 ? 'icmp host-unreachable' : 'icmpv6 admin-prohibited';
    const words = [
      ['reject'],
      ['reject', 'with', this.#family === 'inet' ? 'icmpx admin-prohibited' : own],
      ['meta l4proto tcp', 'reject with tcp reset'],
    ];
    return rng.pick(words);
  }

  #translation(hook: Hook): string[] {
    const rng = this.#rng;
    const pools = this.#pools;
    const of = this.#family === 'inet' ? ` ${pools.family === 4 ? 'ip' : 'ip6'}` : '';
    const ported = chance(rng, 0.4);
    const at = (address: string): string => (ported ? ended(address, rng.pick(pools.ports)) : address);
    const before = ported ? [`meta l4proto ${rng.pick(['tcp', 'udp'])}`] : [];
    if (hook === 'prerouting' || hook === 'output')
      return [...before, `dnat${of} to ${at(rng.pick([...hostsOf(pools), ...pools.own]))}`];
    const flag = rng.pick(['', '', ' random', ' fully-random']);
    if (hook === 'postrouting' && chance(rng, 0.5)) return [`masquerade${flag}`];
    return [...before, `snat${of} to ${at(rng.pick([...pools.own, ...pools.virtual]))}${flag}`];
  }

  #jump(type: ChainType, hook: Hook, depth: number, how: 'jump' | 'goto'): string {
    const name = `u${this.#count++}`;
    this.#chain(name, type, hook, depth + 1, this.#rng.int(0, 3), []);
    return `${how} ${name}`;
  }
}
