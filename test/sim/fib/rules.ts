import { type FibCase, FROM_IN, IN, MAIN, T100, VIA100 } from './case.ts';

/** Which rule answers: priorities, selectors, actions. */
export const RULE_CASES: readonly FibCase[] = [
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
];
