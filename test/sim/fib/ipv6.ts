import type { FibCase } from './case.ts';

/** The same of IPv6, as far as it differs or must not. */
export const IPV6_CASES: readonly FibCase[] = [
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
      ['fd00:2::3', 'dev out0 src fd00:2::5 [fd00:2::/64]'],
    ],
  },
];
