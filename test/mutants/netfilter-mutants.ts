import { at, type Mutant } from './mutant.ts';

const plan = at('netfilter/plan-hook.ts');
const hook = at('netfilter/run-hook.ts');
const chain = at('netfilter/run-chain.ts');
const tables = at('netfilter/load-tables.ts');
const long = at('netfilter/compile-chain.ts');
const index = at('netfilter/index-rules.ts');
const head = at('netfilter/rule-head.ts');
const nft = at('netfilter/nft/compile-nft.ts');
const sets = at('netfilter/nft/compile-lookup.ts');
const elements = at('netfilter/nft/element-index.ts');
const named = at('netfilter/nft/named-set.ts');
const keys = at('netfilter/nft/read-key.ts');
const nftChain = at('netfilter/nft/run-nft-chain.ts');
const verdicts = at('netfilter/targets/verdicts.ts');
const marks = at('netfilter/targets/marks.ts');
const natTargets = at('netfilter/targets/nat.ts');
const packetTargets = at('netfilter/targets/packet.ts');
const tcpmss = at('netfilter/targets/tcpmss.ts');
const markMatch = at('netfilter/matches/marks.ts');
const ports = at('netfilter/matches/ports.ts');
const byPort = at('netfilter/matches/by-port.ts');
const addresses = at('netfilter/matches/addresses.ts');
const devices = at('netfilter/matches/interfaces.ts');
const headers = at('netfilter/matches/headers.ts');
const ctMatch = at('netfilter/matches/conntrack.ts');
const recent = at('netfilter/matches/recent.ts');
const statistic = at('netfilter/matches/statistic.ts');
const rpfilter = at('netfilter/matches/rpfilter.ts');
const nat = at('netfilter/nat/run-nat.ts');
const setup = at('netfilter/nat/setup-nat.ts');
const translate = at('netfilter/nat/translate.ts');
const tuple = at('netfilter/nat/unique-tuple.ts');
const pick = at('netfilter/nat/pick-address.ts');
const ranges = at('netfilter/nat/ranges.ts');

/** Hooks, rules, matches, targets, translation, native tables. */
export const NETFILTER: readonly Mutant[] = [
  plan('raw: -300,', 'raw: -100,'),
  plan('mangle: -150,', 'mangle: 10,'),
  plan('const CONNTRACK = -200;', 'const CONNTRACK = -310;'),
  plan('const NAT_SRC = 100;', 'const NAT_SRC = -160;'),
  plan("hook === 'PREROUTING' || hook === 'OUTPUT' ? 'dst' : 'src'", "hook === 'PREROUTING' ? 'dst' : 'src'"),
  tables("verdict === 'continue' && drops !== undefined", 'drops !== undefined'),
  tables("reroutes: name === 'mangle',", "reroutes: name === 'filter',"),
  tables("reroutes: chain.base?.type === 'route',", 'reroutes: false,'),
  plan('const chains = all.sort((a, b) => a.priority - b.priority).map(', 'const chains = all.map('),
  hook('return family === 6 && packet.ttl !== ttl;', 'return packet.ttl !== ttl;'),
  hook('return family === 6 && packet.ttl !== ttl;', 'return false;'),
  hook('skb.mark !== mark || ', ''),
  hook("return moved ? rerouted(frame) : 'continue';", "return 'continue';"),
  chain("if (verdict !== 'return') return verdict;", 'return verdict;'),
  verdicts("return kind === 'goto' ? 'return' : 'continue';", "return 'continue';"),
  verdicts("if (kind === 'ACCEPT') return () => 'accept';", "if (kind === 'ACCEPT') return () => 'return';"),
  index(
    'if (destination !== undefined) file(byDestination, destination, at);',
    'if (destination !== undefined) file(bySource, destination, at);',
  ),
  index('if (match.kind === kind && !match.not && ', 'if (match.kind === kind && '),
  index('match.dport === undefined || match.dport.not', 'match.dport === undefined'),
  index('if (from === to) return from;', 'return from;'),
  index('destinations: bySource.size === 0 && byPort.size === 0 ?', 'destinations: byPort.size === 0 ?'),
  index('destinations: bySource.size === 0 && byPort.size === 0 ?', 'destinations: bySource.size === 0 ?'),
  index('return merged(found, always);', 'return [...found, ...always];'),
  long('if (!index.destinations.has(packet.dst)) {', 'if (this.known !== undefined) {'),
  long('if (known !== undefined) return known;', 'if (this.known.size > 0) return known ?? [];'),
  long('|| (undecided >= 0 && sideEffect)) continue;', '|| sideEffect) continue;'),
  long('if (sideEffect) matches.push(...last.splice(0), evaluate);', 'if (sideEffect) matches.push(evaluate);'),
  head(
    'addressHolds(head.src, head.srcBlock, skb.packet.src) === inverts(head, INV_SRCIP)',
    '!addressHolds(head.src, head.srcBlock, skb.packet.src)',
  ),
  head('packet.dst) === inverts(head, INV_DSTIP)', 'packet.dst) === inverts(head, INV_SRCIP)'),
  head('inifaceStart, iif) === inverts(head, INV_VIA_IN)', 'inifaceStart, iif) === inverts(head, INV_VIA_OUT)'),
  head('outifaceStart, oif) === inverts(head, INV_VIA_OUT)', 'outifaceStart, iif) === inverts(head, INV_VIA_OUT)'),
  head('(packet.protocol === head.proto) === inverts(head, INV_PROTO)', 'packet.protocol !== head.proto'),
  head('head.asks |= not ? 0 : NEVER;', 'head.asks |= not ? NEVER : 0;'),
  head('(isHostCidr(block) ? cidrFirst(block) : undefined)', 'cidrFirst(block)'),
  head('name === undefined ? dev.startsWith(start) : name === dev', 'name === undefined || name === dev'),
  nftChain("if (verdict !== 'return') return verdict;", 'return verdict;'),
  sets("return (found !== undefined) === not ? 'break' : 'next';", "return found === undefined ? 'break' : 'next';"),
  sets('(value + 1) % mod', 'value + 1'),
  sets('find(frame, [value + offset])', 'find(frame, [value])'),
  elements('element.key.every(({ from, to }) => from === to)', 'element.key.some(({ from, to }) => from === to)'),
  elements('compare(at.range.from, value) <= 0', 'compare(at.range.from, value) < 0'),
  elements('compare(value, to) <= 0', 'compare(value, to) < 0'),
  elements('.sort((a, b) => compare(a.range.from, b.range.from))', ''),
  elements('elements.find((element) => element.key.every((range', 'elements.find((element) => element.key.some((range'),
  named('elementsNow(frame, set).length >= set.size', 'elementsNow(frame, set).length > set.size'),
  named("if (op === 'delete') {", "if (op === 'delete' && set.size !== undefined) {"),
  named('return [...live, ...given];', 'return live;'),
  keys('packet.family === family ? ', 'packet.family !== undefined ? '),
  keys("(field === 'saddr' ? packet.src : packet.dst) : undefined", 'packet.dst : undefined'),
  keys("key.of === 'ip' && packet.family !== 4 ? undefined : ", ''),
  keys('l4.type * 256 + l4.code', 'l4.type'),
  nft('if (packet.family !== family) return false;', ''),
  nft("if (!applies(frame)) return 'break';", ''),
  nft('blocks.some((holds) => holds(address)) !== not', 'blocks.some((holds) => holds(address))'),
  nft('const blocks = cidrs.map(inBlock);', 'const blocks = cidrs.slice(0, 1).map(inBlock);'),
  nft('const test = portTest(ports, not);', 'const test = portTest(ports.slice(0, 1), not);'),
  nft("if (protocol !== 'th' && packet.protocol !== protocol) return 'break';", ''),
  nft(
    'return when(({ skb }) => wanted.has(skb.packet.protocol) !== statement.not);',
    'return when(({ skb }) => wanted.has(skb.packet.protocol));',
  ),
  nft("if (statement.not && new Set(statement.states).size > 1) return () => 'next';", ''),
  nft('flowType(frame.host, frame.skb.packet, of)', "flowType(frame.host, frame.skb.packet, 'daddr')"),
  nft('(((present & and) ^ xor) | or) >>> 0', '((present & and) ^ xor) >>> 0'),
  nft("if (present === undefined) return 'break';", "if (present === undefined) return 'next';"),
  nft("source === 'immediate' ? 0 : readMark(frame, source)", "source === 'immediate' ? 0 : frame.skb.mark"),
  marks('skb.mark = ((skb.mark & ~mask) ^ value) >>> 0;', 'skb.mark = value >>> 0;'),
  marks('conn.mark = ((conn.mark & ~op.mask) ^ op.value) >>> 0;', 'conn.mark = op.value >>> 0;'),
  marks('^ (skb.mark & op.nfmask)', '^ skb.mark'),
  marks('^ (conn.mark & op.ctmask)', '^ conn.mark'),
  markMatch(
    "if (kind === 'mark') return ({ skb }) => ((skb.mark & mask) >>> 0 === wanted) !== not;",
    "if (kind === 'mark') return ({ skb }) => (skb.mark === wanted) !== not;",
  ),
  markMatch("ct.kind === 'tracked' && ((ct", "ct.kind !== 'tracked' ? not : ((ct"),
  byPort('port >= range.from && port <= range.to', 'port >= range.from && port < range.to'),
  byPort('return !not;', 'return true;'),
  ports('portTest([match.range], match.not)', 'portTest([match.range], false)'),
  ports(
    "(side !== 'dports' && testPort(frame, among, ports.sport)) ||",
    "(side !== 'dports' && testPort(frame, among, ports.sport)) &&",
  ),
  addresses('compareIp(each, range.to) <= 0', 'compareIp(each, range.to) < 0'),
  devices("name.replace(/[+*]$/, '')", 'name'),
  headers('packet.length <= to) !== not', 'packet.length < to) !== not'),
  headers('(frame) => frame.skb.packet.ttl < value', '(frame) => frame.skb.packet.ttl <= value'),
  ctMatch('(ct.conn.srcNat ? BIT.SNAT : 0) | ', ''),
  ctMatch("return ct.kind === 'untracked' ? BIT.UNTRACKED : BIT.INVALID;", 'return BIT.INVALID;'),
  ctMatch("if (ct.kind !== 'tracked') return states.length > 0;", "if (ct.kind !== 'tracked') return false;"),
  recent("op === 'update' && matched", "op === 'update'"),
  recent('hits >= Math.max(1, hitcount ?? 1)', 'hits > Math.max(1, hitcount ?? 1)'),
  recent("side === 'rsource' ? packet.src : packet.dst", 'packet.src'),
  statistic('every - 1 - packet', 'every - 1'),
  rpfilter('passes(back, match, iif) !== match.invert', 'passes(back, match, iif)'),
  rpfilter('if (loose) return true;', ''),
  nat(
    "const fresh = info !== 'established' && ",
    'const fresh = ',
    'a connection is in the table only with both sides settled',
  ),
  nat("if (manip === 'src' ? conn.srcNatDone : conn.dstNatDone) return 'continue';", ''),
  nat(
    "if (info === 'related' && packet.l4.kind === 'icmp-error') return runError(frame, conn, dir, manip);",
    "if (info === 'related' && packet.l4.kind === 'icmp-error') return 'continue';",
  ),
  setup('conn.reply = invertTuple(chosen) ?? conn.reply;', 'conn.original = chosen;'),
  translate("const source = (manip === 'src') === (dir === 'original');", "const source = manip === 'src';"),
  translate(
    "const quoted = manip === 'src' ? rewrite(l4.quoted, 'dst', dst, dport) : rewrite(l4.quoted, 'src', src, sport);",
    'const quoted = l4.quoted;',
  ),
  translate(
    "return withAddress(packet, manip, manip === 'src' ? dst : src, { ...l4, quoted });",
    'return { ...packet, l4: { ...l4, quoted } };',
  ),
  tuple('return found !== undefined && found.conn !== conn;', 'return false;'),
  tuple('if (reused !== undefined && !isTaken(frame, conn, reused)) return reused;', ''),
  tuple(
    '(ports.from === ports.to || !isTaken(frame, conn, tuple))',
    '!isTaken(frame, conn, tuple)',
    'of one port the search that follows finds no other, and gives the same one',
  ),
  pick('persistent ? 0 : swap(dst.at(-1) ?? 0)', '0'),
  ranges("(primary.find((address) => address.scope === 'global') ?? primary[0])?.local", 'primary.at(-1)?.local'),
  ranges('(nexthop ?? packet.dst)', 'packet.dst'),
  natTargets('SOURCE_HOOKS.includes(frame.hook)', "frame.hook === 'INPUT'"),
  natTargets('(BigInt(ipBits(address)) & hostMask)', 'BigInt(ipBits(address))'),
  packetTargets('if (!seen) frame', 'frame'),
  packetTargets('Math.max(0, now - value)', '(now - value) & 0xff'),
  packetTargets('(value << 2) | (skb.packet.tos & 3)', 'value'),
  packetTargets('((skb.packet.tos & ~mask) ^ value) & 0xff', 'value'),
  tcpmss('packet.length === BARE[packet.family]', 'packet.length >= BARE[packet.family]'),
  tcpmss('{ 4: 40, 6: 60 }', '{ 4: 40, 6: 40 }'),
  tcpmss('mtu > BARE[family]', 'mtu >= BARE[family]'),
];
