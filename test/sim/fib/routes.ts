import { type FibCase, FROM_IN, IN, MAIN } from './case.ts';

/** Which route of a table, by which device, with which source. */
export const ROUTE_CASES: readonly FibCase[] = [
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
    what: 'a device without addresses borrows none that is for its link alone',
    given: ['link bare0', 'addr 169.254.7.1/32 dev lo scope link', 'route 10.30.0.1/32 dev bare0 scope link'],
    rows: [['10.30.0.1', 'dev bare0 src 10.1.0.1 [10.30.0.1]']],
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
];
