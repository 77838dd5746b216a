import { at, type Mutant } from './mutant.ts';

const fibType = at('fib/flow-type.ts');
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
const query = at('host/flow-query.ts');

/** Connections, routes, and what a host does with a packet. */
export const HOST: readonly Mutant[] = [
  uses("table.family === 'inet' || ", ''),
  fibType("of === 'saddr' ? [packet.src, packet.dst] : [packet.dst, packet.src]", '[packet.dst, packet.src]'),
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
  type('if (dev !== undefined && dev !== route.dev) return otherDevice(host, route);', ''),
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
  deliver('socket.protocol === protocol && takes', 'takes'),
  deliver('&& takes(host, socket, skb) ', ''),
  deliver('[TIMESTAMP, 14],', ''),
  demux("skb.packet.protocol === 'udp' || cameBy === skb.iif", 'cameBy === skb.iif'),
  demux("(skb.packet.protocol === 'udp' || cameBy === skb.iif)", 'true'),
  demux("packet.protocol === 'udp' ? iif !== 'lo' && claimant(host, skb) !== undefined : ", ''),
  output("type === 'unreachable' && by === 'rule' ? 'no-route' : 'refused'", "'refused'"),
  output('local ? routeMtu(lookup.route, out) : lookup.mtu', 'out.mtu'),
  output('if (!devConf(host, dev).routeLocalnet) {', 'if (false) {'),
  errors(
    'const source = named ? packet.dst : errorSource(host, skb, mark);',
    'const source = errorSource(host, skb, mark);',
  ),
  errors(' || (named && !isOwnSource(host, packet.dst))', ''),
  errors(' && packet.dst !== UNSPECIFIED[4]', ''),
  errors(
    'if (packet.family === 6 && isOwn6(host, packet.dst))',
    "if (packet.family === 6 && addressType(host, packet.dst) === 'LOCAL')",
  ),
  errors("found.type === 'anycast' && found.route.protocol === 'kernel'", "found.type === 'anycast'"),
  errors(
    "if (oif !== undefined && errorRoute(host, packet, packet.src, mark, oif).kind === 'no-route') return undefined;",
    '',
  ),
  errors("packet.l4.kind === 'icmp-error' || ", ''),
  errors('isOwnAnswer(skb) || ', ''),
  errors('if (own !== undefined && own > 0) return own;', 'if (own !== undefined) return own;'),
  errors('const asked = errorAsksWithoutSource(host, error, mark) ? undefined : src;', 'const asked = src;'),
  reject("packet.l4.flags.includes('RST')", 'false'),
  reject('if (family === 6) return ownTtl(host, {', 'if (family > 0) return ownTtl(host, {'),
  reject('return icmpError(host, skb, what, local);', 'return icmpError(host, skb, what, false);'),
  reject('result.because, error, resets);', 'result.because, error);'),
  reject('    tos: 0,\n', ''),
  record('settingsOf(host).fwmarkReflect[packet.family]', 'false'),
  deliver('settingsOf(host).tcpFwmarkAccept ? skb.mark : 0', '0'),
  deliver("l4.kind === 'icmp-query' ? asked :", "l4.kind === 'icmp-error' ? asked :"),
  deliver('? asked & ~3 : 0', '? 0 : 0'),
  send('options.resets === true || asked === undefined', 'true'),
  send('if (options.resets === true) closeConnection(host, skb, walk.now);', ''),
  send(
    'routeOutput(host, skb, walk, asked, query(firstQuery))',
    'routeOutput(host, skb, walk, asked, query(outputQuery))',
  ),
  send('strictly(of, options.oif)', 'of'),
  query('dst === LOOPBACK6 || ', ''),
  output('query.dst === NOWHERE && ', ''),
  tcp('conn.closeInit = state !== undefined && CLOSING.has(state);', ''),
  fib('b.entry.table - a.entry.table || ', ''),
  fib('b.tos - a.tos || ', ''),
  lookup('if (route.tos !== 0 && route.tos !== (query.tos & READ_OF_TOS[4])) continue;', ''),
  rules('{ 4: 0x1c, 6: 0xfc }', '{ 4: 0xfc, 6: 0xfc }'),
  rules('{ 4: 0x1c, 6: 0xfc }', '{ 4: 0x1c, 6: 0x1c }'),
  record("const dir = ct.dir === 'original' ? 'reply' : 'original';", 'const { dir } = ct;'),
];
