import { type FibCase, FROM_IN, IN, MAIN } from './case.ts';

/** What may arrive at all: martians, the reverse-path filter, forwarding. */
export const ARRIVING_CASES: readonly FibCase[] = [
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
      [`10.99.0.1 ${FROM_IN}`, 'EHOSTUNREACH'],
      [`10.9.0.1 ${FROM_IN}`, 'EHOSTUNREACH'],
      [`10.1.0.1 ${FROM_IN}`, 'local dev lo [10.1.0.1]'],
      ['10.9.0.1', MAIN],
    ],
  },
  {
    what: 'a device that does not forward',
    given: [
      'route blackhole 10.11.0.0/16',
      'route prohibit 10.12.0.0/16',
      'rule 50: from all to 10.13.0.0/16 unreachable',
      'sysctl net.ipv4.conf.in0.forwarding=0',
    ],
    rows: [
      [`10.99.0.1 ${FROM_IN}`, 'EHOSTUNREACH'],
      [`10.11.0.1 ${FROM_IN}`, 'EHOSTUNREACH'],
      [`10.12.0.1 ${FROM_IN}`, 'EHOSTUNREACH'],
      [`10.13.0.1 ${FROM_IN}`, 'EHOSTUNREACH'],
      ['10.99.0.1 from 10.3.0.2 iif aux0', 'ENETUNREACH'],
      [`10.9.0.1 ${FROM_IN}`, 'EHOSTUNREACH'],
      ['10.9.0.1 from 10.3.0.2 iif aux0', IN],
    ],
  },
];
