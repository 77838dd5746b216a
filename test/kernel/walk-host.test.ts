import { spawnSync } from 'node:child_process';
import { describe, expect } from 'vitest';
import { invariant } from '../../src/base/index.ts';
import {
  type NetnsId,
  parseConntrack,
  parseIpJsonAddr,
  parseIpJsonLink,
  parseIpJsonRoute,
  parseIpJsonRule,
  parseIptablesSave,
  parseSysctl,
} from '../../src/linux/index.ts';
import { ip } from '../../src/net/index.ts';
import { createHost, receive, send } from '../../src/sim/host/index.ts';
import { firstDice } from '../../src/sim/index.ts';
import type { Packet, Skb } from '../../src/sim/packet.ts';
import type { Host, Outcome, Walk } from '../../src/sim/types.ts';
import { inNetns, kernelAvailable, kernelTest } from './kernel.ts';

// client 10.1.0.2 - in0 10.1.0.1 router 10.2.0.1 out0 - server 10.2.0.2. The router is this namespace, and what the kernel
// lists of it is what the model walks: one packet in, and what comes out, or what comes back.

/** Sends one packet of the client and prints what its sender hears: `open`, `refused`, `icmp 3/1 from 10.1.0.1`; `silence` when nothing came in time. */
const PROBE = `
import socket, select, struct, sys
proto, src, dst, port, ttl, wait = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]), float(sys.argv[6])
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
kind = socket.SOCK_STREAM if proto == 'tcp' else socket.SOCK_DGRAM
s = socket.socket(socket.AF_INET, kind)
s.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
s.bind((src, 40000))
s.setblocking(False)
if proto == 'tcp':
    s.connect_ex((dst, port))
else:
    s.sendto(b'x', (dst, port))
r, w, _ = select.select([raw, s] if proto == 'udp' else [raw], [s] if proto == 'tcp' else [], [], wait)
if raw in r:
    data, peer = raw.recvfrom(999)
    print('icmp %d/%d from %s about %s' % (data[20], data[21], peer[0], socket.inet_ntoa(data[44:48])))
elif proto == 'tcp' and s in w:
    e = s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    print('open' if e == 0 else 'refused' if e == 111 else 'errno %d' % e)
elif s in r:
    print('answer from %s' % s.recvfrom(999)[1][0])
else:
    print('silence')
`;

/** TCP 8080 and 8081 take connections; UDP 5353 answers. */
const SERVE = `
import socket, threading
def tcp(port):
    l = socket.socket(); l.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); l.bind(('', port)); l.listen()
    while True: l.accept()
for p in (8080, 8081): threading.Thread(target=tcp, args=(p,), daemon=True).start()
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(('', 5353))
while True:
    d, a = u.recvfrom(99); u.sendto(d, a)
`;

const SET_UP = `
unshare -n sleep 30 >/dev/null 2>&1 & C=$!
unshare -n sleep 30 >/dev/null 2>&1 & S=$!
trap 'kill $C $S $V 2>/dev/null' EXIT
until [ "$(readlink /proc/$C/ns/net)" != "$(readlink /proc/self/ns/net)" ] && [ "$(readlink /proc/$S/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done
c() { nsenter --net=/proc/$C/ns/net "$@"; }
s() { nsenter --net=/proc/$S/ns/net "$@"; }
ip link set lo up; c ip link set lo up; s ip link set lo up
ip link add in0 type veth peer name eth0 netns $C
ip link add out0 type veth peer name eth0 netns $S
ip addr add 10.1.0.1/24 brd + dev in0; ip addr add 10.5.0.1/24 brd + dev in0; ip addr add 10.2.0.1/24 brd + dev out0
ip link set in0 up; ip link set out0 up
c ip addr add 10.1.0.2/24 dev eth0; c ip link set eth0 up; c ip route add default via 10.1.0.1
s ip addr add 10.2.0.2/24 dev eth0; s ip link set eth0 up; s ip route add default via 10.2.0.1
sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.in0.rp_filter=0 net.ipv4.conf.out0.rp_filter=0
`;

const READ_BACK = `
echo @links; ip -j link; echo @addresses; ip -j addr; echo @routes; ip -j -4 route show table all; echo @rules; ip -j -4 rule
echo @iptables; iptables-nft-save 2>/dev/null; echo @sysctls; sysctl -a 2>/dev/null | grep -E '^net.ipv4.(ip_forward|ip_default_ttl|icmp_|conf.(all|default|in0|out0|lo))'
`;

interface Asked {
  readonly proto: 'tcp' | 'udp';
  readonly dst: string;
  readonly port: number;
  readonly src?: string;
  readonly ttl?: number;
}

interface Seen {
  readonly heard: string;
  readonly conntrack: string;
  readonly host: Host;
}

/** Seconds to wait for an answer: long where one has to come, for a machine may be slow. */
const PATIENCE = 60;
const SILENCE = 0.6;

function onKernel(rules: string, { proto, dst, port, src = '10.1.0.2', ttl = 64 }: Asked, wait = PATIENCE): Seen {
  const script = `${SET_UP}
nsenter --net=/proc/$S/ns/net python3 -c "$SERVE" >/dev/null 2>&1 & V=$!
until s python3 -c 'import socket; socket.create_connection(("127.0.0.1", 8081), 1)' 2>/dev/null; do sleep 0.05; done
${src === '10.1.0.2' ? '' : `c ip addr add ${src}/32 dev eth0`}
${rules}
${READ_BACK}
echo @heard; c python3 -c "$PROBE" ${proto} ${src} ${dst} ${port} ${ttl} ${wait}
echo @conntrack; conntrack -L 2>/dev/null || true
`;
  const text = inNetns(`PROBE=$(cat <<'X'\n${PROBE}\nX\n)\nSERVE=$(cat <<'X'\n${SERVE}\nX\n)\n${script}`);
  const parts = new Map(
    text
      .split(/^@/m)
      .slice(1)
      .map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1)] as const),
  );
  const part = (name: string): string => {
    const found = parts.get(name);
    invariant(found !== undefined, `the script printed @${name}`);
    return found;
  };
  return { heard: part('heard').trim(), conntrack: part('conntrack'), host: hostFrom(part) };
}

function hostFrom(part: (name: string) => string): Host {
  const iptables = parseIptablesSave(part('iptables'), 'iptables', 4);
  return createHost(
    {
      id: 'node/r' as NetnsId, // names of namespaces are plain text here
      links: parseIpJsonLink(part('links'), 'links').value,
      addresses: parseIpJsonAddr(part('addresses'), 'addresses').value,
      routes: parseIpJsonRoute(part('routes'), 'routes', 4).value,
      rules: parseIpJsonRule(part('rules'), 'rules', 4).value,
      neighbours: [],
      sysctls: parseSysctl(part('sysctls'), 'sysctls').value,
      iptables: { variant: 'nft', ip: iptables.value, ip6: new Map() },
      nft: [],
      sockets: [],
      conntrack: [],
      unmodelled: [],
    },
    'nodes/r',
  );
}

const walk: Walk = { dice: firstDice(), now: 0, record: undefined, assumptions: new Set() };
const SERVER_TCP = [8080, 8081];

function inModel(host: Host, { proto, dst, port, src = '10.1.0.2', ttl = 64 }: Asked): string {
  const l4: Packet['l4'] =
    proto === 'tcp'
      ? { kind: 'tcp', sport: 40000, dport: port, flags: ['SYN'] }
      : { kind: 'ports', sport: 40000, dport: port };
  const probe: Packet = {
    family: 4,
    src: ip(src),
    dst: ip(dst),
    protocol: proto,
    ttl,
    tos: 0,
    length: 60,
    df: proto === 'tcp',
    l4,
  };
  const end = receive(host, arriving(probe, 'in0'), walk);
  if (end.kind === 'delivered')
    return end.answer === undefined ? 'silence' : heard(send(host, end.answer, walk), probe);
  if (end.kind === 'died') {
    if (end.error === undefined) return 'silence';
    if ('what' in end.error) return `unknown: ${end.error.what}`;
    return heard(send(host, end.error, walk, end.ties), probe);
  }
  if (end.kind === 'unknown') return `unknown: ${end.what}`;
  const answer = serverAnswer(end.skb.packet);
  return answer === undefined ? 'silence' : heard(receive(host, arriving(answer, 'out0'), walk), probe);
}

const arriving = (packet: Packet, iif: string): Skb => ({
  packet,
  mark: 0,
  iif,
  oif: undefined,
  ct: { kind: 'none' },
  forcedInvalid: false,
  pkttype: 'unicast',
});

function serverAnswer(packet: Packet): Packet | undefined {
  const { l4, dst, src } = packet;
  if (dst !== '10.2.0.2' || (l4.kind !== 'tcp' && l4.kind !== 'ports')) return undefined;
  const back = { ...packet, src: dst, dst: src, ttl: 64 };
  if (l4.kind === 'ports') return { ...back, l4: { ...l4, sport: l4.dport, dport: l4.sport } };
  const flags = SERVER_TCP.includes(l4.dport) ? (['SYN', 'ACK'] as const) : (['RST', 'ACK'] as const);
  return { ...back, l4: { ...l4, sport: l4.dport, dport: l4.sport, flags } };
}

/** What reaches the client, in the words of the probe script. */
function heard(out: Outcome, probe: Packet): string {
  if (out.kind !== 'transmit' || out.dev.name !== 'in0') return 'silence';
  const { l4, src } = out.skb.packet;
  if (l4.kind === 'icmp-error') return `icmp ${l4.type}/${l4.code} from ${src} about ${l4.quoted.dst}`;
  if (src !== probe.dst) return 'silence';
  if (l4.kind === 'tcp') return l4.flags.includes('RST') ? 'refused' : 'open';
  return `answer from ${src}`;
}

const SERVICE =
  'iptables-nft -t nat -A PREROUTING -d 172.20.0.80/32 -p tcp --dport 80 -j DNAT --to-destination 10.2.0.2:8080';
const tcp = (dst: string, port: number, of: Partial<Asked> = {}): Asked => ({ proto: 'tcp', dst, port, ...of });
const udp = (dst: string, port: number, of: Partial<Asked> = {}): Asked => ({ proto: 'udp', dst, port, ...of });

const hasPython = spawnSync('python3', ['-c', 'pass']).status === 0 && kernelAvailable().ok;

describe.skipIf(!hasPython)('one packet through a router: the model hears what the kernel says', () => {
  const cases: readonly (readonly [string, string, Asked, string])[] = [
    [
      'DNAT and MASQUERADE',
      `${SERVICE}\niptables-nft -t nat -A POSTROUTING -j MASQUERADE`,
      tcp('172.20.0.80', 80),
      'open',
    ],
    [
      'TTL 1 of a DNATed flow',
      SERVICE,
      tcp('172.20.0.80', 80, { ttl: 1 }),
      'icmp 11/0 from 172.20.0.80 about 172.20.0.80',
    ],
    [
      'connmark, fwmark rule and table 2',
      `iptables-nft -t mangle -A PREROUTING -i in0 -j CONNMARK --set-xmark 0x80/0x80
iptables-nft -t mangle -A PREROUTING -i out0 -j CONNMARK --restore-mark --nfmask 0x80 --ctmask 0x80
ip rule add pref 500 from 10.2.0.2 lookup 2; ip route add blackhole default table 2
ip rule add pref 400 fwmark 0x80/0x80 lookup main`,
      tcp('10.2.0.2', 8080),
      'open',
    ],
    [
      'the same without the mark',
      'ip rule add pref 500 from 10.2.0.2 lookup 2; ip route add blackhole default table 2',
      tcp('10.2.0.2', 8080),
      'silence',
    ],
    [
      'REJECT in FORWARD',
      'iptables-nft -A FORWARD -j REJECT',
      udp('10.2.0.2', 5353),
      'icmp 3/3 from 10.1.0.1 about 10.2.0.2',
    ],
    [
      'REJECT in INPUT of a second address',
      'iptables-nft -A INPUT -j REJECT',
      udp('10.5.0.1', 9),
      'icmp 3/3 from 10.5.0.1 about 10.5.0.1',
    ],
    [
      'an unreachable route',
      'ip route add unreachable 10.9.0.0/16',
      udp('10.9.0.1', 9),
      'icmp 3/1 from 10.1.0.1 about 10.9.0.1',
    ],
    [
      'an unreachable route where nothing is forwarded',
      'ip route add unreachable 10.9.0.0/16; sysctl -qw net.ipv4.conf.in0.forwarding=0',
      udp('10.9.0.1', 9),
      'silence',
    ],
    ['no route where nothing is forwarded', 'sysctl -qw net.ipv4.conf.in0.forwarding=0', udp('10.9.0.1', 9), 'silence'],
    [
      'rp_filter strict, the way back elsewhere',
      'ip route add 10.7.0.9 via 10.2.0.2; sysctl -qw net.ipv4.conf.in0.rp_filter=1',
      udp('10.2.0.2', 5353, { src: '10.7.0.9' }),
      'silence',
    ],
    ['nothing listens', '', tcp('10.2.0.2', 81), 'refused'],
    ['an answer', '', udp('10.2.0.2', 5353), 'answer from 10.2.0.2'],
  ];
  for (const [name, rules, asked, want] of cases) {
    kernelTest(name, () => {
      const seen = onKernel(rules, asked, want === 'silence' ? SILENCE : PATIENCE);
      expect(seen.heard, 'on the kernel').toBe(want);
      expect(inModel(seen.host, asked), 'in the model').toBe(want);
    });
  }

  kernelTest('both tables hold the same connection', () => {
    const asked = tcp('172.20.0.80', 80);
    const { host, conntrack } = onKernel(`${SERVICE}\niptables-nft -t nat -A POSTROUTING -j MASQUERADE`, asked);
    inModel(host, asked);
    const tuple = (of: {
      readonly src: string;
      readonly dst: string;
      readonly sport: number;
      readonly dport: number;
    }) => `${of.src}:${of.sport} > ${of.dst}:${of.dport}`;
    const kernel = parseConntrack(conntrack, 'conntrack').value.filter(({ original }) => original.dport === 80);
    expect(kernel.map(({ original, reply }) => [tuple(original), tuple(reply)])).toEqual(
      host.conntrack.entries(0).map(({ original, reply }) => [tuple(original), tuple(reply)]),
    );
  });
});
