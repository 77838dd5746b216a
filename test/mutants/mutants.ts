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
const tables = at('netfilter/load-tables.ts');
const long = at('netfilter/compile-chain.ts');
const index = at('netfilter/index-rules.ts');
const head = at('netfilter/rule-head.ts');
const nft = at('netfilter/nft/compile-nft.ts');
const fibType = at('fib/flow-type.ts');
const sets = at('netfilter/nft/compile-lookup.ts');
const elements = at('netfilter/nft/element-index.ts');
const named = at('netfilter/nft/named-set.ts');
const keys = at('netfilter/nft/read-key.ts');
const nftChain = at('netfilter/nft/run-nft-chain.ts');
const verdicts = at('netfilter/targets/verdicts.ts');
const marks = at('netfilter/targets/marks.ts');
const natTargets = at('netfilter/targets/nat.ts');
const packetTargets = at('netfilter/targets/packet.ts');
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
const buckets = at('port-buckets.ts');
const fib = at('fib/create-fib.ts');
const cache = at('fib/route-cache.ts');
const ruleIndex = at('fib/rule-index.ts');
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
const sockets = at('host/open-socket.ts');
const demux = at('host/early-demux.ts');
const errors = at('host/icmp-error.ts');
const reject = at('host/reject.ts');
const output = at('host/output-route.ts');
const record = at('host/record.ts');

export const MUTANTS: readonly Mutant[] = [
  plan('raw: -300,', 'raw: -100,'),
  plan('mangle: -150,', 'mangle: 10,'),
  plan('const CONNTRACK = -200;', 'const CONNTRACK = -310;'),
  plan('const NAT_SRC = 100;', 'const NAT_SRC = -160;'),
  plan("hook === 'PREROUTING' || hook === 'OUTPUT' ? 'dst' : 'src'", "hook === 'PREROUTING' ? 'dst' : 'src'"),
  tables("verdict === 'continue' && drops !== undefined", 'drops !== undefined'),
  tables("reroutes: name === 'mangle',", "reroutes: name === 'filter',"),
  tables("reroutes: chain.base?.type === 'route',", 'reroutes: false,'),
  plan('const chains = all.sort((a, b) => a.priority - b.priority).map(', 'const chains = all.map('),
  uses("table.family === 'inet' || ", ''),
  hook('skb.mark !== mark || ', ''),
  hook("return moved ? rerouted(frame) : 'continue';", "return 'continue';"),
  chain("verdict === 'return' ? 'continue' : verdict", 'verdict'),
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
  long('if (undecided < 0 || !sideEffect) matches.push(evaluate);', 'if (!sideEffect) matches.push(evaluate);'),
  head(
    'addressHolds(head.src, head.srcBlock, packet.src) === inverts(head, INV_SRCIP)',
    '!addressHolds(head.src, head.srcBlock, packet.src)',
  ),
  head('packet.dst) === inverts(head, INV_DSTIP)', 'packet.dst) === inverts(head, INV_SRCIP)'),
  head('inifaceStart, iif) === inverts(head, INV_VIA_IN)', 'inifaceStart, iif) === inverts(head, INV_VIA_OUT)'),
  head('outifaceStart, oif) === inverts(head, INV_VIA_OUT)', 'outifaceStart, iif) === inverts(head, INV_VIA_OUT)'),
  head('(packet.protocol === head.proto) === inverts(head, INV_PROTO)', 'packet.protocol !== head.proto'),
  head('head.asks |= not ? 0 : NEVER;', 'head.asks |= not ? NEVER : 0;'),
  head('(isHostCidr(block) ? cidrFirst(block) : undefined)', 'cidrFirst(block)'),
  head('name === undefined ? dev.startsWith(start) : name === dev', 'name === undefined || name === dev'),
  nftChain("if (verdict === 'return') return 'continue';", ''),
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
  nft('ports.some((range) => inRange(range, own)) !== not', 'ports.some((range) => inRange(range, own) !== not)'),
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
  fibType("of === 'saddr' ? [packet.src, packet.dst] : [packet.dst, packet.src]", '[packet.dst, packet.src]'),
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
  track(
    "const info = dir === 'reply' || conn.seenReply ? 'established' : 'new';",
    "const info = dir === 'reply' ? 'established' : 'new';",
  ),
  track("if (tupleIn(conn, dir).dst !== packet.dst) return { kind: 'invalid' };", ''),
  track("'icmp 8',", "'icmp 8',\n  'icmp 0',"),
  track("if (tracked === 'forget') host.conntrack.remove(conn);", ''),
  tcp("if (!VALID_FLAGS.has(bitsOf(flags))) return 'invalid';", ''),
  tcp("if (next === INVALID) return 'invalid';", "if (next === INVALID) return 'accept';"),
  tcp('(conn.lastDir === dir && conn.lastIndex === RST)', 'false'),
  tcp('conn.closeInit || ', ''),
  tcp('next === ESTABLISHED && settingsOf(host).tcpLoose', 'next === ESTABLISHED'),
  tcp("const rows = dir === 'original' ? NEXT.original : NEXT.reply;", 'const rows = NEXT.original;'),
  tcp("hasFlag(flags, 'ACK') ? SYNACK : SYN", 'SYN'),
  tcp("'ss ss ig ig ig ig ig ss ss s2',", "'ss ss ig ig ig ig ig ig ss s2',"),
  tcp("'iv s2 iv iv iv iv iv ss iv s2',", "'iv iv iv iv iv iv iv ss iv s2',"),
  tcp("'iv ig sr es cw cw tw tw cl ig',", "'iv iv sr es cw cw tw tw cl ig',"),
  tcp('const resync = index === SYNACK && conn.lastIndex === SYN && conn.lastDir !== dir;', 'const resync = false;'),
  tcp("if (index === RST) return 'forget';", ''),
  tcp('if (next === SYN_SENT2) conn.bothOpen = true;', ''),
  tcp("conn.bothOpen && dir === 'reply' && index === ACK", "dir === 'reply' && index === ACK"),
  tcp('conn.challenged = old === LAST_ACK;', 'conn.challenged = false;'),
  tcp('index === ACK && conn.challenged && conn.lastIndex', 'index === ACK && conn.lastIndex'),
  table("sameTuple(conn.reply, tuple) ? 'reply' : ", ''),
  table(
    "sameTuple(conn.reply, tuple) ? 'reply' : sameTuple(conn.original, tuple) ? 'original' : undefined",
    "sameTuple(conn.original, tuple) ? 'original' : sameTuple(conn.reply, tuple) ? 'reply' : undefined",
  ),
  table('if (!samePorts(original, reply)) this.byPorts.add(reply.sport, reply.dport, conn);', ''),
  table('this.bySource.add(original.sport, 0, conn);', ''),
  table('this.bySource.remove(conn.original.sport, 0, isIt);', ''),
  table('else this.index = new ConnIndex([...this.few, conn]);', 'else this.index = new ConnIndex([conn]);'),
  table('sameSource(conn.original, tuple)).reverse()', 'sameSource(conn.original, tuple))'),
  buckets('this.places?.set(key, this.keys.length);', ''),
  uses("'CONNMARK',\n", ''),
  lookup("if (type === 'throw') return 'next-rule';", "if (type === 'throw') return 'next-route';"),
  lookup('prefix <= suppress', 'prefix < suppress'),
  lookup('if (query.oif === undefined || query.oif === found.dev) return found;', 'return found;'),
  lookup(
    'route.single && route.taker === taker',
    'route.taker === taker',
    'of several next hops the kernel draws one, and the model says that it does not know: no row can',
  ),
  lookup('query.anyDevice && query.oif !== undefined', 'false'),
  fib('familyFib(netns, 4, hasCustomRules(netns))', 'familyFib(netns, 4, true)'),
  fib('needsFullCheck: custom || netns', 'needsFullCheck: netns'),
  fib('metricOf(a.entry) - metricOf(b.entry)', 'metricOf(b.entry) - metricOf(a.entry)'),
  fib('const selects = (rule: IpRule): boolean =>\n  rule.not ||', 'const selects = (rule: IpRule): boolean =>'),
  cache('if (answer.mark !== mark) continue;', ''),
  cache('(!readsSource || answer.src === src) && ', ''),
  cache(' && (!readsIif || answer.iif === iif)', ''),
  cache('!this.usable || ', ''),
  ruleIndex('!not && dst !== undefined && isHostCidr(dst)', 'dst !== undefined && isHostCidr(dst)'),
  ruleIndex('!rule.not && !isToOne(rule) && ', '!isToOne(rule) && '),
  ruleIndex('firstFrom(toHost, from, length), ', ''),
  ruleIndex('if (position >= from) return position;', 'if (position > from) return position;'),
  lookup('if (target >= 0) i = target;', ''),
  rules('return selected !== rule.not', 'return selected'),
  rules("rule.iif !== (query.iif ?? 'lo')", 'rule.iif !== query.iif'),
  rules('& (rule.fwmask ?? 0xffffffff)', ''),
  source('if (route.prefsrc !== undefined) return route.prefsrc;', ''),
  source(
    'return selectSourceAddress(host, found.dev, found.gateway, route.scope);',
    'return selectSourceAddress(host, found.dev, undefined, route.scope);',
  ),
  fib('family === 4 && secondary !== true', 'family === 4', 'the primary address of the same subnet stands before it'),
  validate('if (conf.rpFilter !== 1 && !addressless) return OK;', 'if (conf.rpFilter === 0) return OK;'),
  validate('if (conf.rpFilter !== 1 && !addressless) return OK;', 'if (conf.rpFilter !== 1) return OK;'),
  validate('iif: oif,', 'iif: undefined,'),
  validate('conf.srcValidMark ? skb.mark : 0', 'skb.mark'),
  validate('if (!conf.acceptLocal) return ownAddress(src);', ''),
  conf("Math.max(all('rp_filter'), own('rp_filter'))", "Math.min(all('rp_filter'), own('rp_filter'))"),
  conf("routeLocalnet: either('route_localnet'),", "routeLocalnet: own('route_localnet') !== 0,"),
  type("if (dev !== undefined && dev !== route.dev) return 'UNICAST';", ''),
  receive("if (found.type === 'blackhole') return die(host, skb, walk, 'dropped', cause, because, evidence);", ''),
  receive("iif.name === 'lo' || ", ''),
  receive(' || keepsRoute(host, skb)', ''),
  forward('if (packet.ttl <= 1) {', 'if (packet.ttl < 1) {'),
  forward('skb.packet = withTtl(packet, packet.ttl - 1);', 'skb.packet = packet;'),
  forward('packet.length > mtu', 'packet.length >= mtu'),
  forward('found.out, found.gateway ?? packet.dst', 'found.out, packet.dst'),
  send("if (again.kind === 'hop') changed.oif = routed.dev;", ''),
  send('way() ?? routed', 'routed'),
  deliver("of.includes('ACK') ? ['RST'] : ['RST', 'ACK']", "['RST', 'ACK']"),
  deliver('skb.ct = NO_CT;', ''),
  deliver("accepted === 'half-open' ? ['SYN', 'ACK'] : ['ACK']", "['SYN', 'ACK']"),
  deliver(
    "if (accepted !== undefined && flags.includes('RST')) closeSocket(host, skb.packet, connection);\n  else if",
    'if',
  ),
  sockets("own === src && other === dst && accepted === 'half-open'", 'false'),
  deliver("local === '*' || local === (address.includes(':') ? '::' : '0.0.0.0')", "local === '*'"),
  deliver('socket.protocol === protocol ? scoreOf(socket.local, address) : 0', 'scoreOf(socket.local, address)'),
  deliver('[TIMESTAMP, 14],', ''),
  demux("skb.packet.protocol === 'udp' || cameBy === skb.iif", 'cameBy === skb.iif'),
  demux("(skb.packet.protocol === 'udp' || cameBy === skb.iif)", 'true'),
  demux("packet.protocol === 'udp' ? iif !== 'lo' && claimant(host, skb) !== undefined : ", ''),
  output("type === 'unreachable' && by === 'rule' ? 'no-route' : 'refused'", "'refused'"),
  output('local ? (lookup.route.mtu ?? out.mtu) : lookup.mtu', 'out.mtu'),
  output('if (!devConf(host, dev).routeLocalnet) {', 'if (false) {'),
  errors('const source = local ? packet.dst : errorSource(host, skb);', 'const source = errorSource(host, skb);'),
  errors("packet.l4.kind === 'icmp-error' || ", ''),
  errors('isOwnAnswer(skb) || ', ''),
  errors('if (own !== undefined && own > 0) return own;', 'if (own !== undefined) return own;'),
  errors('const asked = errorAsksWithoutSource(host, error) ? undefined : src;', 'const asked = src;'),
  reject("packet.l4.flags.includes('RST')", 'false'),
  reject('if (family === 6) return ownTtl(host, {', 'if (family > 0) return ownTtl(host, {'),
  reject(
    "return icmpError(host, skb, what, addressType(host, skb.packet.dst) === 'LOCAL');",
    'return icmpError(host, skb, what, false);',
  ),
  record("const dir = ct.dir === 'original' ? 'reply' : 'original';", 'const { dir } = ct;'),
];
