/** A small fault in the model: what the code says, and what a tired engineer could have written instead. */
export interface Mutant {
  /** Below src/sim. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly from: string;
  readonly to: string;
  /** Why no test can tell it from the right code; a survivor without a reason is a hole in the suite. */
  readonly survives?: string;
}

const at =
  (file: string) =>
  (from: string, to: string, survives?: string): Mutant => ({
    file,
    from,
    to,
    ...(survives === undefined ? {} : { survives }),
  });

const plan = at('netfilter/plan-hook.ts');
const hook = at('netfilter/run-hook.ts');
const chain = at('netfilter/run-chain.ts');
const index = at('netfilter/compile-chain.ts');
const verdicts = at('netfilter/targets/verdicts.ts');
const marks = at('netfilter/targets/marks.ts');
const markMatch = at('netfilter/matches/marks.ts');
const ports = at('netfilter/matches/ports.ts');
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
const track = at('conntrack/track.ts');
const tcp = at('conntrack/tcp.ts');
const table = at('conntrack/create-conntrack.ts');
const uses = at('conntrack/uses-conntrack.ts');
const lookup = at('fib/lookup-route.ts');
const rules = at('fib/match-rule.ts');
const source = at('fib/select-source-address.ts');
const validate = at('fib/validate-source.ts');
const conf = at('fib/dev-conf.ts');
const type = at('fib/address-type.ts');
const receive = at('host/receive.ts');
const forward = at('host/forward.ts');
const send = at('host/send.ts');
const deliver = at('host/deliver.ts');
const errors = at('host/icmp-error.ts');
const reject = at('host/reject.ts');
const record = at('host/record.ts');

export const MUTANTS: readonly Mutant[] = [
  plan('raw: -300,', 'raw: -100,'),
  plan('mangle: -150,', 'mangle: 10,'),
  plan('const CONNTRACK = -200;', 'const CONNTRACK = -310;'),
  plan('const NAT_SRC = 100;', 'const NAT_SRC = -160;'),
  plan("hook === 'PREROUTING' || hook === 'OUTPUT' ? 'dst' : 'src'", "hook === 'PREROUTING' ? 'dst' : 'src'"),
  hook("verdict === 'continue' && chain.policy === 'DROP'", "verdict !== 'stop' && chain.policy === 'DROP'"),
  hook("stage.table === 'mangle' :", "stage.table === 'filter' :"),
  hook('skb.mark !== mark || ', ''),
  hook("return moved ? reroute(frame) : 'continue';", "return 'continue';"),
  chain("verdict === 'return' ? 'continue' : verdict", 'verdict'),
  verdicts("return kind === 'goto' ? 'return' : 'continue';", "return 'continue';"),
  verdicts("if (kind === 'ACCEPT') return () => 'accept';", "if (kind === 'ACCEPT') return () => 'return';"),
  index(
    'if (destination !== undefined) add(byDestination, destination, at);',
    'if (destination !== undefined) add(bySource, destination, at);',
  ),
  marks('skb.mark = ((skb.mark & ~mask) ^ value) >>> 0;', 'skb.mark = value >>> 0;'),
  marks('conn.mark = ((conn.mark & ~op.mask) ^ op.value) >>> 0;', 'conn.mark = op.value >>> 0;'),
  marks('^ (skb.mark & op.nfmask)', '^ skb.mark'),
  marks('^ (conn.mark & op.ctmask)', '^ conn.mark'),
  markMatch(
    "if (kind === 'mark') return ({ skb }) => ((skb.mark & mask) >>> 0 === wanted) !== not;",
    "if (kind === 'mark') return ({ skb }) => (skb.mark === wanted) !== not;",
  ),
  markMatch("ct.kind === 'tracked' && ((ct", "ct.kind !== 'tracked' ? not : ((ct"),
  ports('port >= range.from && port <= range.to', 'port >= range.from && port < range.to'),
  ports('inRange(match.range, port) !== match.not', 'inRange(match.range, port)'),
  ports(': any(ports.sport) || any(ports.dport);', ': any(ports.sport) && any(ports.dport);'),
  addresses('holds(frame.skb.packet.src) !== not', 'holds(frame.skb.packet.src)'),
  addresses('compareIp(each, range.to) <= 0', 'compareIp(each, range.to) < 0'),
  devices("const prefix = name.replace(/[+*]$/, '');", 'const prefix = name;'),
  headers('packet.length <= to) !== not', 'packet.length < to) !== not'),
  headers('(frame) => frame.skb.packet.ttl < value', '(frame) => frame.skb.packet.ttl <= value'),
  ctMatch("(ct.conn.srcNat && states.includes('SNAT')) || ", ''),
  ctMatch("return ct.kind === 'untracked' ? 'UNTRACKED' : 'INVALID';", "return 'INVALID';"),
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
  translate("const quoted = rewrite(l4.quoted, other, manip === 'src' ? 'dst' : 'src');", 'const quoted = l4.quoted;'),
  translate(
    "return withAddress(packet, manip, manip === 'src' ? target.src : target.dst, { ...l4, quoted });",
    'return { ...packet, l4: { ...l4, quoted } };',
  ),
  tuple('return found !== undefined && found.conn !== conn;', 'return false;'),
  tuple('if (reused !== undefined && !taken(reused)) return reused;', ''),
  tuple('(ports.from === ports.to || !taken(tuple))', '!taken(tuple)'),
  pick('persistent ? 0 : swap(dst.at(-1) ?? 0)', '0'),
  ranges("(primary.find((address) => address.scope === 'global') ?? primary[0])?.local", 'primary.at(-1)?.local'),
  ranges('(call.nexthop ?? packet.dst)', 'packet.dst'),
  track(
    "const info = dir === 'reply' || conn.seenReply ? 'established' : 'new';",
    "const info = dir === 'reply' ? 'established' : 'new';",
  ),
  track("if (conn[dir].dst !== packet.dst) return { kind: 'invalid' };", ''),
  track("'icmp 8',", "'icmp 8',\n  'icmp 0',"),
  track("if (tracked === 'forget') host.conntrack.remove(conn);", ''),
  tcp("if (next === 'iv') return 'invalid';", "if (next === 'iv') return 'accept';"),
  tcp('(memory.lastDir === dir && memory.lastIndex === RST)', 'false'),
  tcp("host.sysctl('net.netfilter.nf_conntrack_tcp_loose') !== '0'", 'true'),
  table("byTuple.set(tupleKey(conn.reply), { conn, dir: 'reply' });", ''),
  uses("'CONNMARK',\n", ''),
  lookup("if (type === 'throw') return 'next-rule';", "if (type === 'throw') return 'next-route';"),
  lookup('route.entry.dst.prefix <= suppress', 'route.entry.dst.prefix < suppress'),
  lookup('if (target >= 0) i = target;', ''),
  rules('return selected !== rule.not', 'return selected'),
  rules("rule.iif !== (query.iif ?? 'lo')", 'rule.iif !== query.iif'),
  rules('& (rule.fwmask ?? 0xffffffff)', ''),
  source('if (route.prefsrc !== undefined) return route.prefsrc;', ''),
  source(
    'return selectSourceAddress(host, found.dev, found.gateway, route.scope);',
    'return selectSourceAddress(host, found.dev, undefined, route.scope);',
  ),
  source('address.secondary !== true', 'true'),
  validate(
    'return conf.rpFilter === 1 ? martian(why, RPFILTER) : OK;',
    'return conf.rpFilter > 0 ? martian(why, RPFILTER) : OK;',
  ),
  validate('conf.srcValidMark ? skb.mark : 0', 'skb.mark'),
  validate('if (!conf.acceptLocal) return ownAddress(packet.src);', ''),
  conf("Math.max(all('rp_filter'), own('rp_filter'))", "Math.min(all('rp_filter'), own('rp_filter'))"),
  conf("routeLocalnet: either('route_localnet'),", "routeLocalnet: own('route_localnet') !== 0,"),
  type("if (dev !== undefined && dev !== entry.dev) return 'UNICAST';", ''),
  receive("if (found.type === 'blackhole') return die(host, skb, walk, 'dropped', because, evidence);", ''),
  receive("if (skb.iif === 'lo') return input(host, skb, walk);", ''),
  forward('if (packet.ttl <= 1) {', 'if (packet.ttl < 1) {'),
  forward('skb.packet = { ...packet, ttl: packet.ttl - 1 };', 'skb.packet = packet;'),
  forward('packet.length > mtu', 'packet.length >= mtu'),
  forward(
    'return transmit(host, skb, walk, found.gateway ?? skb.packet.dst);',
    'return transmit(host, skb, walk, skb.packet.dst);',
  ),
  send('changed.oif = out;', ''),
  send('hop = again;', ''),
  deliver("of.includes('ACK') ? ['RST'] : ['RST', 'ACK']", "['RST', 'ACK']"),
  deliver("skb.ct = { kind: 'none' };", ''),
  deliver("matching.find((socket) => socket.local === wildcard || socket.local === '*')", 'matching[0]'),
  errors('const src = local ? packet.dst : errorSource(host, skb);', 'const src = errorSource(host, skb);'),
  errors("packet.l4.kind === 'icmp-error' || ", ''),
  errors('isOwnAnswer(skb) || ', ''),
  reject("packet.l4.flags.includes('RST')", 'false'),
  reject(
    "return icmpError(host, skb, what, addressType(host, skb.packet.dst) === 'LOCAL');",
    'return icmpError(host, skb, what, false);',
  ),
  record("const dir = ct.dir === 'original' ? 'reply' : 'original';", 'const { dir } = ct;'),
];
