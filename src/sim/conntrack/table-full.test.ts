import { describe, expect, test } from 'vitest';
import { parsePut } from '../../../test/planes/case.ts';
import { place } from '../../../test/planes/plane.ts';
import { routerOf } from '../../../test/planes/router.ts';
import { iptablesOf } from '../../../test/planes/rules.ts';
import { openSim } from '../../../test/planes/sim-plane.ts';

const KNOWN =
  'tcp 6 400000 ESTABLISHED src=10.1.0.7 dst=10.2.0.7 sport=1 dport=2 src=10.2.0.7 dst=10.1.0.7 sport=2 dport=1 [ASSURED] mark=0';
const ASKED =
  'udp 17 20 src=10.1.0.8 dst=10.2.0.8 sport=3 dport=4 [UNREPLIED] src=10.2.0.8 dst=10.1.0.8 sport=4 dport=3 mark=0';
const CLOSING = KNOWN.replace('ESTABLISHED', 'TIME_WAIT').replaceAll('.7', '.9');
const size = (max: number, count?: number): string =>
  `net.netfilter.nf_conntrack_max = ${max}\n${count === undefined ? '' : `net.netfilter.nf_conntrack_count = ${count}\n`}`;

const NEW = 'in0 udp 10.1.0.2:4000 > 10.2.0.2:53';
const OTHER = 'in0 udp 10.1.0.2:4001 > 10.2.0.2:53';
const OWN = 'in0 tcp 10.1.0.7:1 > 10.2.0.7:2 A';
const PING = 'in0 icmp 10.1.0.2 > 10.2.0.2 8/0 id 7';

/** How each packet of a namespace ends that tracks connections. */
function ends(sysctl: string, conntrack: readonly string[], puts: readonly string[], rules: object = {}): string[] {
  const iptables = iptablesOf({ filter: '-A FORWARD -m conntrack --ctstate NEW', ...rules });
  const bench = openSim(routerOf({ sysctl, iptables, conntrack: `${conntrack.join('\n')}\n` }));
  return puts.map((put) => {
    const placed = place(parsePut(put), []);
    if (placed === undefined) throw new Error('A packet is put');
    const [walk] = bench.put(placed);
    return walk?.trace.disposition === 'delivered' ? walk.end.kind : (walk?.trace.disposition ?? '');
  });
}

// No namespace but the machine's first may set nf_conntrack_max: these are the model's alone, from nf_conntrack_core.c.
describe('a full connection table', () => {
  for (const [name, sysctl, conntrack, puts, want] of [
    ['no limit', size(0, 9), [KNOWN], [NEW], ['sent']],
    [
      'room for one, which the first takes',
      size(3, 2),
      [KNOWN, KNOWN.replaceAll('.7', '.6')],
      [NEW, OTHER],
      ['sent', 'unknown'],
    ],
    ['all of them answered: nothing gives way', size(1, 1), [KNOWN], [NEW, OTHER], ['dropped', 'dropped']],
    ['one not answered, whose hash may be near', size(2, 2), [KNOWN, ASKED], [NEW], ['unknown']],
    ['one that ends', size(2, 2), [KNOWN, CLOSING], [NEW], ['unknown']],
    ['more than are listed', size(2, 2), [KNOWN], [NEW], ['unknown']],
    ['counted where nothing says how many', size(1), [KNOWN], [NEW], ['dropped']],
    ['what belongs to one of them', size(1, 1), [KNOWN], [OWN], ['sent']],
    ['a ping', size(1, 1), [KNOWN], [PING], ['dropped']],
  ] as const)
    test(name, () => expect(ends(sysctl, conntrack, puts)).toEqual(want));

  test('what is not tracked needs no room', () => {
    expect(ends(size(1, 1), [KNOWN], [NEW], { raw: '-A PREROUTING -j NOTRACK' })).toEqual(['sent']);
  });
});
