/**
 * Route lookups as data: one table, two engines. The model answers it in src/sim/fib/fib.test.ts, the running kernel in
 * test/kernel/fib.test.ts; the kernel is the judge.
 *
 * Every namespace has in0 10.1.0.1/24, out0 10.2.0.1/24 and aux0 10.3.0.1/24 (fd00:1::1/64, fd00:2::1/64, fd00:3::1/64),
 * forwards, and checks no source; 10.9.0.0/16 (fd00:9::/64) is behind 10.2.0.9 (fd00:2::9). `given` adds to it, in the
 * words of the tools. A question is asked in the words of `ip route get`, with `iif` for a packet that arrives.
 *
 * The answer: type unless unicast, `via`, `dev`, `src` (chosen for a packet of this host) and the route that matched, with its
 * table unless that is main or local; or the errno.
 */
export interface FibCase {
  readonly what: string;
  readonly given?: readonly string[];
  readonly rows: readonly (readonly [ask: string, answer: string])[];
}

/** What every case starts with. */
export const BASE = [
  'addr 10.1.0.1/24 dev in0',
  'addr 10.2.0.1/24 dev out0',
  'addr 10.3.0.1/24 dev aux0',
  'addr fd00:1::1/64 dev in0',
  'addr fd00:2::1/64 dev out0',
  'addr fd00:3::1/64 dev aux0',
  'route 10.9.0.0/16 via 10.2.0.9 dev out0',
  'route fd00:9::/64 via fd00:2::9 dev out0',
  'sysctl net.ipv4.ip_forward=1',
  'sysctl net.ipv6.conf.all.forwarding=1',
  ...['all', 'default', 'in0', 'out0', 'aux0'].map((dev) => `sysctl net.ipv4.conf.${dev}.rp_filter=0`),
];

const MAIN = 'via 10.2.0.9 dev out0 src 10.2.0.1 [10.9.0.0/16]';
const IN = 'via 10.2.0.9 dev out0 [10.9.0.0/16]';
/** Table 100 sends everything to aux0. */
const T100 = 'route default via 10.3.0.9 dev aux0 table 100';
const VIA100 = 'via 10.3.0.9 dev aux0 src 10.3.0.1 [default table 100]';
const FROM_IN = 'from 10.1.0.2 iif in0';

export const FIB_CASES: readonly FibCase[] = [
  {
    what: 'an untouched namespace',
    rows: [
      ['10.9.0.1', MAIN],
      [`10.9.0.1 ${FROM_IN}`, IN],
      ['10.2.0.77', 'dev out0 src 10.2.0.1 [10.2.0.0/24]'],
      [`10.2.0.77 ${FROM_IN}`, 'dev out0 [10.2.0.0/24]'],
      ['10.99.0.1', 'ENETUNREACH'],
      [`10.99.0.1 ${FROM_IN}`, 'ENETUNREACH'],
    ],
  },
  {
    what: 'this host, and a broadcast that arrives',
    rows: [
      ['10.1.0.1', 'local dev lo src 10.1.0.1 [10.1.0.1]'],
      ['10.3.0.1', 'local dev lo src 10.3.0.1 [10.3.0.1]'],
      [`10.1.0.1 ${FROM_IN}`, 'local dev lo [10.1.0.1]'],
      [`10.3.0.1 ${FROM_IN}`, 'local dev lo [10.3.0.1]'],
      ['127.0.0.1', 'local dev lo src 127.0.0.1 [127.0.0.1]'],
      ['127.9.9.9', 'local dev lo src 127.0.0.1 [127.0.0.0/8]'],
      [`10.1.0.255 ${FROM_IN}`, 'broadcast dev lo [10.1.0.255]'],
    ],
  },
  {
    what: 'the longest prefix wins, whatever the order and the metric',
    given: [
      'route default via 10.3.0.9 dev aux0',
      'route 10.9.1.0/24 via 10.3.0.8 dev aux0 metric 900',
      'route 10.9.1.7/32 via 10.1.0.7 dev in0',
      'route 10.9.1.128/25 dev in0 scope link',
    ],
    rows: [
      ['10.9.0.1', MAIN],
      ['10.9.1.1', 'via 10.3.0.8 dev aux0 src 10.3.0.1 [10.9.1.0/24]'],
      ['10.9.1.7', 'via 10.1.0.7 dev in0 src 10.1.0.1 [10.9.1.7]'],
      ['10.9.1.200', 'dev in0 src 10.1.0.1 [10.9.1.128/25]'],
      ['10.99.0.1', 'via 10.3.0.9 dev aux0 src 10.3.0.1 [default]'],
      [`10.9.1.1 ${FROM_IN}`, 'via 10.3.0.8 dev aux0 [10.9.1.0/24]'],
    ],
  },
  {
    what: 'of one prefix the lowest metric',
    given: [
      'route 10.8.0.0/16 via 10.3.0.9 dev aux0 metric 200',
      'route 10.8.0.0/16 via 10.2.0.9 dev out0 metric 100',
      'route 10.9.0.0/16 via 10.3.0.9 dev aux0 metric 50',
    ],
    rows: [
      ['10.8.0.1', 'via 10.2.0.9 dev out0 src 10.2.0.1 [10.8.0.0/16]'],
      ['10.9.0.1', MAIN],
    ],
  },
  {
    what: 'routes that refuse',
    given: [
      'route unreachable 10.10.0.0/16',
      'route blackhole 10.11.0.0/16',
      'route prohibit 10.12.0.0/16',
      'route throw 10.13.0.0/16',
      'route default via 10.3.0.9 dev aux0',
    ],
    rows: [
      ['10.10.0.1', 'EHOSTUNREACH'],
      ['10.11.0.1', 'EINVAL'],
      ['10.12.0.1', 'EACCES'],
      ['10.13.0.1', 'ENETUNREACH'],
      [`10.10.0.1 ${FROM_IN}`, 'EHOSTUNREACH'],
      [`10.11.0.1 ${FROM_IN}`, 'EINVAL'],
      [`10.12.0.1 ${FROM_IN}`, 'EACCES'],
      [`10.13.0.1 ${FROM_IN}`, 'ENETUNREACH'],
    ],
  },
  {
    what: 'a refusing route with a worse metric than a real one',
    given: [
      'route 10.10.0.0/16 via 10.2.0.9 dev out0 metric 10',
      'route blackhole 10.10.0.0/16 metric 20',
      'route prohibit 10.11.0.0/16 metric 10',
      'route 10.11.0.0/16 via 10.2.0.9 dev out0 metric 20',
    ],
    rows: [
      ['10.10.0.1', 'via 10.2.0.9 dev out0 src 10.2.0.1 [10.10.0.0/16]'],
      ['10.11.0.1', 'EACCES'],
    ],
  },
  {
    what: 'throw leaves the table, and the next rule is asked',
    given: [
      'route throw 10.9.0.0/16 table 100',
      T100,
      'route default via 10.3.0.8 dev aux0 table 101',
      'rule 100: from all lookup 100',
      'rule 200: from all lookup 101',
    ],
    rows: [
      ['10.9.0.1', 'via 10.3.0.8 dev aux0 src 10.3.0.1 [default table 101]'],
      ['10.99.0.1', VIA100],
    ],
  },
  {
    what: 'rules in order of priority; one without an answer passes on',
    given: [
      T100,
      'route 10.8.0.0/16 via 10.1.0.9 dev in0 table 101',
      'rule 300: from all lookup 100',
      'rule 200: from all lookup 101',
      'rule 100: from all lookup 102',
    ],
    rows: [
      ['10.8.0.1', 'via 10.1.0.9 dev in0 src 10.1.0.1 [10.8.0.0/16 table 101]'],
      ['10.9.0.1', VIA100],
      ['10.1.0.1', 'local dev lo src 10.1.0.1 [10.1.0.1]'],
      ['10.2.0.77', VIA100],
    ],
  },
  {
    what: 'of one priority the one added first',
    given: [
      T100,
      'route default via 10.1.0.9 dev in0 table 101',
      'rule 100: from all lookup 101',
      'rule 100: from all to 10.9.0.1 lookup 100',
    ],
    rows: [['10.9.0.1', 'via 10.1.0.9 dev in0 src 10.1.0.1 [default table 101]']],
  },
  {
    what: 'a rule before the local table',
    given: [T100, 'rule 0: from all to 10.1.0.1 lookup 100', 'rule 5: from all to 10.3.0.1 lookup 100'],
    rows: [
      ['10.3.0.1', 'local dev lo src 10.3.0.1 [10.3.0.1]'],
      ['10.1.0.1', 'local dev lo src 10.1.0.1 [10.1.0.1]'],
    ],
  },
  {
    what: 'from, to and not',
    given: [
      T100,
      'rule 100: from 10.1.0.0/28 lookup 100',
      'rule 110: from all to 10.9.7.0/24 lookup 100',
      'rule 120: not from 10.1.0.0/16 iif in0 lookup 100',
    ],
    rows: [
      [`10.9.0.1 ${FROM_IN}`, 'via 10.3.0.9 dev aux0 [default table 100]'],
      ['10.9.0.1 from 10.1.0.77 iif in0', IN],
      ['10.9.7.1 from 10.1.0.77 iif in0', 'via 10.3.0.9 dev aux0 [default table 100]'],
      ['10.9.0.1 from 10.77.0.1 iif in0', 'via 10.3.0.9 dev aux0 [default table 100]'],
      ['10.9.0.1 from 10.1.0.1', 'via 10.3.0.9 dev aux0 [default table 100]'],
      ['10.9.0.1 from 10.3.0.1', 'via 10.3.0.9 dev aux0 [default table 100]'],
      ['10.9.0.1', VIA100],
    ],
  },
  {
    what: 'a packet of this host whose source is not chosen yet has none, and its device is lo',
    given: [T100, 'rule 100: from 10.2.0.0/24 lookup 100', 'rule 110: from all to 10.9.1.0/24 iif lo lookup 100'],
    rows: [
      ['10.9.0.1', MAIN],
      ['10.9.0.1 from 10.2.0.1', 'via 10.3.0.9 dev aux0 [default table 100]'],
      ['10.9.1.1', VIA100],
      [`10.9.1.1 ${FROM_IN}`, IN],
    ],
  },
  {
    what: 'a source not chosen yet is 0.0.0.0, which a wide enough block holds',
    given: [T100, 'rule 100: from 0.0.0.0/1 lookup 100'],
    rows: [
      ['10.9.0.1', VIA100],
      ['10.9.0.1 from 10.1.0.1', 'via 10.3.0.9 dev aux0 [default table 100]'],
      ['10.9.0.1 from 200.1.1.1 iif in0', IN],
    ],
  },
  {
    what: 'not turns a rule around as a whole',
    given: [T100, 'rule 100: not from 10.1.0.0/16 to 10.9.2.0/24 lookup 100'],
    rows: [
      [`10.9.2.1 ${FROM_IN}`, IN],
      [`10.9.0.1 ${FROM_IN}`, 'via 10.3.0.9 dev aux0 [default table 100]'],
      ['10.9.2.1 from 10.77.0.1 iif in0', 'via 10.3.0.9 dev aux0 [default table 100]'],
      ['10.9.2.1', VIA100],
    ],
  },
  {
    what: 'fwmark with and without a mask',
    given: [T100, 'rule 100: from all fwmark 0x80/0x80 lookup 100', 'rule 110: from all fwmark 0x3 lookup 100'],
    rows: [
      ['10.9.0.1', MAIN],
      ['10.9.0.1 mark 0x80', VIA100],
      ['10.9.0.1 mark 0x40c0', VIA100],
      ['10.9.0.1 mark 0x40', MAIN],
      ['10.9.0.1 mark 3', VIA100],
      ['10.9.0.1 mark 0x103', MAIN],
      [`10.9.0.1 ${FROM_IN} mark 0x81`, 'via 10.3.0.9 dev aux0 [default table 100]'],
    ],
  },
  {
    what: 'every mark but one',
    given: [T100, 'rule 100: not from all fwmark 0x4000/0x4000 lookup 100'],
    rows: [
      ['10.9.0.1', VIA100],
      ['10.9.0.1 mark 0x4000', MAIN],
      ['10.9.0.1 mark 0x4001', MAIN],
      ['10.9.0.1 mark 1', VIA100],
    ],
  },
  {
    what: 'a mark of zero under a mask',
    given: [T100, 'rule 100: from all fwmark 0/0xff lookup 100'],
    rows: [
      ['10.9.0.1', VIA100],
      ['10.9.0.1 mark 0x100', VIA100],
      ['10.9.0.1 mark 0x1', MAIN],
    ],
  },
  {
    what: 'iif and oif',
    given: [T100, 'rule 100: from all iif in0 lookup 100', 'rule 110: from all to 10.9.1.0/24 oif aux0 lookup 100'],
    rows: [
      [`10.9.0.1 ${FROM_IN}`, 'via 10.3.0.9 dev aux0 [default table 100]'],
      ['10.9.0.1 from 10.3.0.2 iif aux0', IN],
      ['10.9.0.1', MAIN],
      ['10.9.1.1', MAIN],
      ['10.9.1.1 oif aux0', VIA100],
      ['10.9.1.1 oif out0', MAIN],
    ],
  },
  {
    what: 'protocol and ports',
    given: [
      T100,
      'rule 100: from all ipproto tcp dport 80 lookup 100',
      'rule 110: from all ipproto udp sport 1000-2000 lookup 100',
    ],
    rows: [
      ['10.9.0.1 ipproto tcp sport 5 dport 80', VIA100],
      ['10.9.0.1 ipproto tcp sport 5 dport 81', MAIN],
      ['10.9.0.1 ipproto udp sport 5 dport 80', MAIN],
      ['10.9.0.1 ipproto udp sport 1000 dport 9', VIA100],
      ['10.9.0.1 ipproto udp sport 2000 dport 9', VIA100],
      ['10.9.0.1 ipproto udp sport 2001 dport 9', MAIN],
      [`10.9.0.1 ${FROM_IN} ipproto tcp sport 5 dport 80`, 'via 10.3.0.9 dev aux0 [default table 100]'],
    ],
  },
  {
    what: 'type of service',
    given: [T100, 'rule 100: from all tos 0x10 lookup 100'],
    rows: [
      ['10.9.0.1', MAIN],
      ['10.9.0.1 tos 0x10', VIA100],
      ['10.9.0.1 tos 0x8', MAIN],
      [`10.9.0.1 ${FROM_IN} tos 0x10`, 'via 10.3.0.9 dev aux0 [default table 100]'],
    ],
  },
  {
    what: 'suppress_prefixlength passes over routes that say too little',
    given: [
      'route default via 10.3.0.9 dev aux0',
      'route unreachable 10.12.0.0/16',
      'route default via 10.1.0.9 dev in0 table 100',
      'rule 100: from all lookup main suppress_prefixlength 0',
      'rule 110: from all to 10.8.0.0/16 lookup main suppress_prefixlength 16',
      'rule 200: from all lookup 100',
    ],
    rows: [
      ['10.9.0.1', MAIN],
      ['10.99.0.1', 'via 10.1.0.9 dev in0 src 10.1.0.1 [default table 100]'],
      ['10.12.0.1', 'EHOSTUNREACH'],
      ['10.2.0.77', 'dev out0 src 10.2.0.1 [10.2.0.0/24]'],
    ],
  },
  {
    what: 'goto skips, nop does nothing, a goto to nowhere falls through',
    given: [
      T100,
      'route default via 10.1.0.9 dev in0 table 101',
      'rule 100: from all to 10.9.0.0/24 goto 300',
      'rule 110: from all to 10.9.1.0/24 goto 250',
      'rule 120: from all to 10.9.2.0/24 nop',
      'rule 200: from all lookup 100',
      'rule 300: from all lookup 101',
    ],
    rows: [
      ['10.9.0.1', 'via 10.1.0.9 dev in0 src 10.1.0.1 [default table 101]'],
      ['10.9.1.1', VIA100],
      ['10.9.2.1', VIA100],
    ],
  },
  {
    what: 'rules that refuse',
    given: [
      'rule 100: from all to 10.9.1.0/24 unreachable',
      'rule 110: from all to 10.9.2.0/24 blackhole',
      'rule 120: from all to 10.9.3.0/24 prohibit',
      'rule 130: not from 10.1.0.0/16 iif in0 prohibit',
    ],
    rows: [
      ['10.9.1.1', 'ENETUNREACH'],
      ['10.9.2.1', 'EINVAL'],
      ['10.9.3.1', 'EACCES'],
      [`10.9.1.1 ${FROM_IN}`, 'ENETUNREACH'],
      [`10.9.2.1 ${FROM_IN}`, 'EINVAL'],
      [`10.9.3.1 ${FROM_IN}`, 'EACCES'],
      ['10.9.0.1 from 10.77.0.1 iif in0', 'EACCES'],
      [`10.9.0.1 ${FROM_IN}`, IN],
    ],
  },
  {
    what: 'the first custom rule splits local from main: then a broad local route hides a narrow one of main',
    given: ['route local 10.50.0.0/16 dev lo table local', 'route 10.50.1.0/24 via 10.2.0.9 dev out0'],
    rows: [
      ['10.50.0.1', 'local dev lo src 10.50.0.1 [10.50.0.0/16]'],
      ['10.50.1.1', 'via 10.2.0.9 dev out0 src 10.2.0.1 [10.50.1.0/24]'],
    ],
  },
  {
    what: 'the same with a rule of its own',
    given: [
      'route local 10.50.0.0/16 dev lo table local',
      'route 10.50.1.0/24 via 10.2.0.9 dev out0',
      'rule 100: from all fwmark 0x99 lookup 100',
    ],
    rows: [['10.50.1.1', 'local dev lo src 10.50.1.1 [10.50.0.0/16]']],
  },
  {
    what: "the source: a route says it, else the gateway's subnet, else the first address that reaches",
    given: [
      'addr 10.6.0.1/24 dev out0',
      'addr 10.2.0.5/24 dev out0',
      'addr 10.7.0.1/24 dev aux0 scope link',
      'route 10.20.0.0/16 via 10.2.0.9 dev out0 src 10.3.0.1',
      'route 10.21.0.0/16 via 10.6.0.9 dev out0',
      'route 10.22.0.0/16 dev out0 scope link',
      'route 10.23.0.0/16 via 10.7.0.9 dev aux0',
      'route 10.24.0.0/16 dev aux0 scope link',
    ],
    rows: [
      ['10.20.0.1', 'via 10.2.0.9 dev out0 src 10.3.0.1 [10.20.0.0/16]'],
      ['10.21.0.1', 'via 10.6.0.9 dev out0 src 10.6.0.1 [10.21.0.0/16]'],
      ['10.22.0.1', 'dev out0 src 10.2.0.1 [10.22.0.0/16]'],
      ['10.23.0.1', 'via 10.7.0.9 dev aux0 src 10.3.0.1 [10.23.0.0/16]'],
      ['10.24.0.1', 'dev aux0 src 10.7.0.1 [10.24.0.0/16]'],
      ['10.2.0.77', 'dev out0 src 10.2.0.1 [10.2.0.0/24]'],
      ['10.6.0.77', 'dev out0 src 10.6.0.1 [10.6.0.0/24]'],
      ['10.7.0.77', 'dev aux0 src 10.7.0.1 [10.7.0.0/24]'],
      ['10.2.0.5', 'local dev lo src 10.2.0.1 [10.2.0.5]'],
    ],
  },
  {
    what: 'a device without addresses borrows one',
    given: ['link bare0', 'route 10.30.0.1/32 dev bare0 scope link', 'route 10.31.0.0/16 via 10.30.0.1 dev bare0'],
    rows: [
      ['10.30.0.1', 'dev bare0 src 10.1.0.1 [10.30.0.1]'],
      ['10.31.0.1', 'via 10.30.0.1 dev bare0 src 10.1.0.1 [10.31.0.0/16]'],
      [`10.30.0.1 ${FROM_IN}`, 'dev bare0 [10.30.0.1]'],
    ],
  },
  {
    what: 'a multipath route whose ways are one and the same device and gateway but for the one that is down',
    given: ['route 10.41.0.0/16 nexthop via 10.3.0.9 dev aux0 nexthop via 10.2.0.9 dev out0', 'down aux0'],
    rows: [['10.41.0.1', 'via 10.2.0.9 dev out0 src 10.2.0.1 [10.41.0.0/16]']],
  },
  {
    what: 'an output device makes the lookup pass over routes of others',
    given: [
      'route 10.42.0.0/16 via 10.2.0.9 dev out0',
      'route 10.42.0.0/16 via 10.3.0.9 dev aux0 metric 5',
      'route default via 10.1.0.9 dev in0',
    ],
    rows: [
      ['10.42.0.1 oif aux0', 'via 10.3.0.9 dev aux0 src 10.3.0.1 [10.42.0.0/16]'],
      ['10.42.0.1 oif in0', 'via 10.1.0.9 dev in0 src 10.1.0.1 [default]'],
      ['10.42.0.1 oif out0', 'via 10.2.0.9 dev out0 src 10.2.0.1 [10.42.0.0/16]'],
    ],
  },
  {
    what: 'point-to-point and /31 networks have no broadcast of their own',
    given: ['addr 10.44.0.0/31 dev aux0', 'addr 10.45.0.1/32 dev aux0'],
    rows: [
      ['10.44.0.0', 'local dev lo src 10.44.0.0 [10.44.0.0]'],
      ['10.44.0.1', 'dev aux0 src 10.44.0.0 [10.44.0.0/31]'],
      ['10.45.0.1', 'local dev lo src 10.45.0.1 [10.45.0.1]'],
      ['10.45.0.2', 'ENETUNREACH'],
    ],
  },
  {
    what: 'a device that is down takes its routes along',
    given: ['route 10.40.0.0/16 via 10.3.0.9 dev aux0', 'route 10.40.0.0/15 via 10.2.0.9 dev out0', 'down aux0'],
    rows: [
      ['10.40.0.1', 'via 10.2.0.9 dev out0 src 10.2.0.1 [10.40.0.0/15]'],
      ['10.3.0.77', 'ENETUNREACH'],
      ['10.3.0.1', 'local dev lo src 10.3.0.1 [10.3.0.1]'],
    ],
  },
  {
    what: 'sources nobody can have',
    rows: [
      ['10.9.0.1 from 224.0.0.5 iif in0', 'EINVAL'],
      ['10.9.0.1 from 255.255.255.255 iif in0', 'EINVAL'],
      ['10.9.0.1 from 0.0.0.0 iif in0', 'EINVAL'],
      ['10.9.0.1 from 0.1.2.3 iif in0', IN],
      ['10.9.0.1 from 127.0.0.1 iif in0', 'EINVAL'],
      ['10.9.0.1 from 10.1.0.255 iif in0', IN],
      ['10.9.0.1 from 10.1.0.1 iif in0', 'EINVAL'],
      ['10.9.0.1 from 10.3.0.1 iif in0', 'EINVAL'],
      ['10.1.0.1 from 10.3.0.1 iif in0', 'EINVAL'],
      ['0.0.0.0 from 10.1.0.2 iif in0', 'EINVAL'],
      ['0.0.0.9 from 10.1.0.2 iif in0', 'ENETUNREACH'],
      ['127.0.0.1 from 10.1.0.2 iif in0', 'EINVAL'],
      ['10.9.0.1 from 240.0.0.1 iif in0', IN],
      ['240.0.0.1 from 10.1.0.2 iif in0', 'ENETUNREACH'],
    ],
  },
  {
    what: 'sources nobody can have, where rules of its own make the check a whole lookup',
    given: ['rule 100: from all fwmark 0x99 lookup 100'],
    rows: [
      ['10.9.0.1 from 10.1.0.255 iif in0', 'EINVAL'],
      ['10.9.0.1 from 10.3.0.1 iif in0', 'EINVAL'],
      ['10.9.0.1 from 127.0.0.1 iif in0', 'EINVAL'],
      ['10.9.0.1 from 10.77.0.1 iif in0', IN],
    ],
  },
  {
    what: "accept_local lets this host's own addresses in",
    given: ['sysctl net.ipv4.conf.in0.accept_local=1'],
    rows: [
      ['10.9.0.1 from 10.3.0.1 iif in0', IN],
      ['10.1.0.1 from 10.3.0.1 iif in0', 'local dev lo [10.1.0.1]'],
      ['10.9.0.1 from 127.0.0.1 iif in0', 'EINVAL'],
    ],
  },
  {
    what: 'route_localnet on one device',
    given: ['sysctl net.ipv4.conf.in0.route_localnet=1'],
    rows: [
      ['127.0.0.1 from 10.1.0.2 iif in0', 'local dev lo [127.0.0.1]'],
      ['127.0.0.1 from 10.3.0.2 iif aux0', 'EINVAL'],
    ],
  },
  {
    what: 'route_localnet on all',
    given: ['sysctl net.ipv4.conf.all.route_localnet=1'],
    rows: [['127.0.0.1 from 10.3.0.2 iif aux0', 'local dev lo [127.0.0.1]']],
  },
  {
    what: 'rp_filter strict: the way back leaves where the packet came in',
    given: ['sysctl net.ipv4.conf.in0.rp_filter=1', 'route 10.60.0.0/16 via 10.2.0.9 dev out0'],
    rows: [
      [`10.9.0.1 ${FROM_IN}`, IN],
      ['10.9.0.1 from 10.60.0.1 iif in0', 'EINVAL'],
      ['10.9.0.1 from 10.77.0.1 iif in0', 'EINVAL'],
      ['10.1.0.1 from 10.60.0.1 iif in0', 'EINVAL'],
      ['10.1.0.1 from 10.60.0.1 iif aux0', 'local dev lo [10.1.0.1]'],
    ],
  },
  {
    what: 'rp_filter loose: any way back will do',
    given: [
      'sysctl net.ipv4.conf.in0.rp_filter=2',
      'route 10.60.0.0/16 via 10.2.0.9 dev out0',
      'route unreachable 10.61.0.0/16',
    ],
    rows: [
      ['10.9.0.1 from 10.60.0.1 iif in0', IN],
      ['10.9.0.1 from 10.77.0.1 iif in0', 'EINVAL'],
      ['10.9.0.1 from 10.61.0.1 iif in0', 'EINVAL'],
    ],
  },
  {
    what: 'rp_filter off: no way back is needed',
    given: ['route unreachable 10.61.0.0/16'],
    rows: [
      ['10.9.0.1 from 10.77.0.1 iif in0', IN],
      ['10.9.0.1 from 10.61.0.1 iif in0', IN],
    ],
  },
  ...(
    [
      ['0', '1', 'EINVAL'],
      ['1', '0', 'EINVAL'],
      ['1', '2', IN],
      ['2', '0', IN],
      ['2', '1', IN],
      ['0', '2', IN],
    ] as const
  ).map(([all, own, answer]) => ({
    what: `rp_filter is the larger of all (${all}) and the device's (${own})`,
    given: [
      `sysctl net.ipv4.conf.all.rp_filter=${all}`,
      `sysctl net.ipv4.conf.in0.rp_filter=${own}`,
      'route 10.60.0.0/16 via 10.2.0.9 dev out0',
    ],
    rows: [['10.9.0.1 from 10.60.0.1 iif in0', answer]] as const,
  })),
  {
    what: 'the way back is looked up without the mark, unless src_valid_mark',
    given: [
      'sysctl net.ipv4.conf.in0.rp_filter=1',
      'route default via 10.1.0.9 dev in0 table 100',
      'route 10.60.0.0/16 via 10.2.0.9 dev out0',
      'rule 100: from all fwmark 0x80/0x80 to 10.60.0.0/16 lookup 100',
    ],
    rows: [['10.9.0.1 from 10.60.0.1 iif in0 mark 0x80', 'EINVAL']],
  },
  {
    what: 'src_valid_mark',
    given: [
      'sysctl net.ipv4.conf.in0.rp_filter=1',
      'sysctl net.ipv4.conf.in0.src_valid_mark=1',
      'route default via 10.1.0.9 dev in0 table 100',
      'route 10.60.0.0/16 via 10.2.0.9 dev out0',
      'rule 100: from all fwmark 0x80/0x80 to 10.60.0.0/16 lookup 100',
    ],
    rows: [
      ['10.9.0.1 from 10.60.0.1 iif in0 mark 0x80', IN],
      ['10.9.0.1 from 10.60.0.1 iif in0', 'EINVAL'],
    ],
  },
  {
    what: 'the way back follows the rules of a packet from the other end',
    given: [
      'sysctl net.ipv4.conf.in0.rp_filter=1',
      'route 10.60.0.0/16 via 10.2.0.9 dev out0',
      'route 10.60.0.0/16 via 10.1.0.9 dev in0 table 100',
      'rule 100: from 10.9.0.0/24 lookup 100',
      'rule 110: from all iif out0 to 10.60.1.0/24 lookup 100',
    ],
    rows: [
      ['10.9.0.1 from 10.60.0.1 iif in0', IN],
      ['10.9.1.1 from 10.60.0.1 iif in0', 'EINVAL'],
      ['10.9.1.1 from 10.60.1.1 iif in0', IN],
      ['10.1.0.1 from 10.60.1.1 iif in0', 'EINVAL'],
    ],
  },
  {
    what: 'loose rp_filter on a device without addresses is strict',
    given: ['link bare0', 'route 10.30.0.1/32 dev bare0 scope link', 'sysctl net.ipv4.conf.bare0.rp_filter=2'],
    rows: [
      ['10.9.0.1 from 10.30.0.1 iif bare0', IN],
      ['10.9.0.1 from 10.1.0.2 iif bare0', 'EINVAL'],
    ],
  },
  {
    what: 'a namespace that does not forward',
    given: ['sysctl net.ipv4.ip_forward=0'],
    rows: [
      [`10.9.0.1 ${FROM_IN}`, 'EHOSTUNREACH'],
      [`10.1.0.1 ${FROM_IN}`, 'local dev lo [10.1.0.1]'],
      ['10.9.0.1', MAIN],
    ],
  },
  {
    what: 'a device that does not forward',
    given: ['sysctl net.ipv4.conf.in0.forwarding=0'],
    rows: [
      [`10.9.0.1 ${FROM_IN}`, 'EHOSTUNREACH'],
      ['10.9.0.1 from 10.3.0.2 iif aux0', IN],
    ],
  },
  {
    what: 'a route to a blackhole of another table, by source: how secondary interfaces are wired',
    given: [
      'rule 512: from all to 10.1.0.51 lookup main',
      'rule 1024: from all fwmark 0x80/0x80 lookup main',
      'rule 1536: from 10.1.0.51 lookup 2',
      'route 10.3.0.9/32 dev aux0 table 2 scope link',
      'route default via 10.3.0.9 dev aux0 table 2',
      'route 10.1.0.51/32 dev in0 scope link',
    ],
    rows: [
      ['10.9.0.1 from 10.1.0.51 iif in0', 'via 10.3.0.9 dev aux0 [default table 2]'],
      ['10.9.0.1 from 10.1.0.51 iif in0 mark 0x80', IN],
      ['10.1.0.51 from 10.9.0.1 iif aux0', 'dev in0 [10.1.0.51]'],
      ['10.1.0.51', 'dev in0 src 10.1.0.1 [10.1.0.51]'],
      ['10.3.0.9 from 10.1.0.51 iif in0', 'dev aux0 [10.3.0.9 table 2]'],
    ],
  },
  {
    what: 'IPv6: this host, its links, its routes',
    given: [
      'route unreachable fd00:a::/64',
      'route blackhole fd00:b::/64',
      'route prohibit fd00:c::/64',
      'route fd00:9:0:0:1::/80 via fd00:3::9 dev aux0',
    ],
    rows: [
      ['fd00:9::1', 'via fd00:2::9 dev out0 src fd00:2::1 [fd00:9::/64]'],
      ['fd00:9::1 from fd00:1::2 iif in0', 'via fd00:2::9 dev out0 [fd00:9::/64]'],
      ['fd00:9::1:0:0:7', 'via fd00:3::9 dev aux0 src fd00:3::1 [fd00:9:0:0:1::/80]'],
      ['fd00:2::77', 'dev out0 src fd00:2::1 [fd00:2::/64]'],
      ['fd00:1::1', 'local dev lo src fd00:1::1 [fd00:1::1]'],
      ['fd00:1::1 from fd00:1::2 iif in0', 'local dev lo [fd00:1::1]'],
      ['::1', 'local dev lo src ::1 [::1]'],
      ['fd00:a::1', 'EHOSTUNREACH'],
      ['fd00:b::1', 'EINVAL'],
      ['fd00:c::1', 'EACCES'],
      ['fd00:d::1', 'ENETUNREACH'],
      ['fd00:a::1 from fd00:1::2 iif in0', 'EHOSTUNREACH'],
      ['fd00:b::1 from fd00:1::2 iif in0', 'EINVAL'],
      ['fd00:c::1 from fd00:1::2 iif in0', 'EACCES'],
      ['fd00:d::1 from fd00:1::2 iif in0', 'ENETUNREACH'],
    ],
  },
  {
    what: 'IPv6: rules, marks and metrics',
    given: [
      'route default via fd00:3::9 dev aux0 table 100',
      'route fd00:8::/64 via fd00:3::9 dev aux0 metric 200',
      'route fd00:8::/64 via fd00:2::9 dev out0 metric 100',
      'rule 100: from fd00:1::51 lookup 100',
      'rule 110: from all fwmark 0x80/0x80 to ::/0 lookup 100',
      'rule 120: from all to fd00:9::66 prohibit',
    ],
    rows: [
      ['fd00:8::1', 'via fd00:2::9 dev out0 src fd00:2::1 [fd00:8::/64]'],
      ['fd00:9::1 from fd00:1::51 iif in0', 'via fd00:3::9 dev aux0 [default table 100]'],
      ['fd00:9::1 from fd00:1::52 iif in0', 'via fd00:2::9 dev out0 [fd00:9::/64]'],
      ['fd00:9::1 from fd00:1::52 iif in0 mark 0x81', 'via fd00:3::9 dev aux0 [default table 100]'],
      ['fd00:9::1 mark 0x80', 'via fd00:3::9 dev aux0 src fd00:3::1 [default table 100]'],
      ['fd00:9::66', 'EACCES'],
    ],
  },
  {
    what: 'IPv6: a source not chosen yet is in no block',
    given: [
      'route default via fd00:3::9 dev aux0 table 100',
      'rule 100: not from fd00::/16 lookup 100',
      'rule 110: from fd00::/1 to fd00:9::66 prohibit',
    ],
    rows: [
      ['fd00:9::1', 'via fd00:3::9 dev aux0 src fd00:3::1 [default table 100]'],
      ['fd00:9::1 from fd00:1::1', 'via fd00:2::9 dev out0 [fd00:9::/64]'],
      ['fd00:9::1 from fd00:1::5 iif in0', 'via fd00:2::9 dev out0 [fd00:9::/64]'],
      ['fd00:9::1 from 2001:db8::5 iif in0', 'via fd00:3::9 dev aux0 [default table 100]'],
      ['fd00:9::66 from fd00:1::5 iif in0', 'EACCES'],
    ],
  },
  {
    what: 'IPv6: throw, suppress_prefixlength, goto',
    given: [
      'route throw fd00:9:0:1::/64 table 100',
      'route default via fd00:3::9 dev aux0 table 100',
      'route default via fd00:1::9 dev in0',
      'route fd00:9:0:1::/64 via fd00:2::9 dev out0',
      'rule 50: from all to fd00:9:0:2::/64 goto 300',
      'rule 100: from all to fd00:9::/32 lookup 100',
      'rule 200: from all to fd00:7::/64 lookup main suppress_prefixlength 0',
      'rule 210: from all to fd00:7::/64 lookup 100',
      'rule 300: from all to ::/0 nop',
    ],
    rows: [
      ['fd00:9::1', 'via fd00:3::9 dev aux0 src fd00:3::1 [default table 100]'],
      ['fd00:9:0:1::1', 'via fd00:2::9 dev out0 src fd00:2::1 [fd00:9:0:1::/64]'],
      ['fd00:9:0:2::1', 'via fd00:1::9 dev in0 src fd00:1::1 [default]'],
      ['fd00:7::1', 'via fd00:3::9 dev aux0 src fd00:3::1 [default table 100]'],
      ['fd00:6::1', 'via fd00:1::9 dev in0 src fd00:1::1 [default]'],
    ],
  },
  {
    what: 'IPv6: a namespace that does not forward still finds the route',
    given: ['sysctl net.ipv6.conf.all.forwarding=0'],
    rows: [['fd00:9::1', 'via fd00:2::9 dev out0 src fd00:2::1 [fd00:9::/64]']],
  },
  {
    what: 'IPv6: the source by RFC 6724',
    given: [
      'addr 2001:db8:2::1/64 dev out0',
      'addr fd00:2::5/64 dev out0',
      'route 2001:db8:99::/64 via fd00:2::9 dev out0',
      'route fd00:20::/64 via fd00:2::9 dev out0 src fd00:1::1',
    ],
    rows: [
      ['2001:db8:99::1', 'via fd00:2::9 dev out0 src 2001:db8:2::1 [2001:db8:99::/64]'],
      ['fd00:20::1', 'via fd00:2::9 dev out0 src fd00:1::1 [fd00:20::/64]'],
      ['fd00:2::5', 'local dev lo src fd00:2::5 [fd00:2::5]'],
    ],
  },
];
