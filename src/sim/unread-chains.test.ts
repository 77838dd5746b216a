import { describe, expect, test } from 'vitest';
import { netnsFrom } from '../../test/sim/netns-from.ts';
import { tcp } from '../../test/sim/router.ts';
import { type Neighbour, parseNftRuleset } from '../linux/index.ts';
import { ip, mac } from '../net/index.ts';
import { firstDice } from './dice.ts';
import { createHost, receive, send } from './host/index.ts';
import type { Outcome } from './types.ts';

// A router: `in0` 10.1.0.1/24 towards the client 10.1.0.2, `out0` 10.2.0.1/24 towards the server 10.2.0.2.

function hostWith(nft: string, state?: Neighbour['state']) {
  const netns = netnsFrom('node/r', {
    addresses: 'in0 10.1.0.1/24\nout0 10.2.0.1/24',
    rules: '',
    sysctls: { 'net.ipv4.ip_forward': '1' },
  });
  const known = { dev: 'out0', dst: ip('10.2.0.2'), lladdr: mac('02:00:00:00:00:09') };
  const neighbours = state === undefined ? [] : [{ ...known, state }];
  return createHost({ ...netns, neighbours, nft: parseNftRuleset(nft, 'nft').value }, 'nodes/r');
}

const walk = () => ({ dice: firstDice(), now: 0, record: undefined, assumptions: new Set<string>() });
const fresh = { mark: 0, oif: undefined, ct: { kind: 'none' }, forcedInvalid: false, pkttype: 'unicast' } as const;

/** From the client to the server, from this host to the server, to itself. */
const WALKS: Readonly<Record<string, (host: ReturnType<typeof hostWith>) => Outcome>> = {
  forwarded: (host) => receive(host, { ...fresh, packet: tcp('10.1.0.2', '10.2.0.2'), iif: 'in0' }, walk()),
  own: (host) => send(host, tcp('10.2.0.1', '10.2.0.2'), walk()),
  loop: (host) => send(host, tcp('10.2.0.1', '10.2.0.1'), walk()),
};

const table = (family: string, hook: string): string =>
  `table ${family} t {\n\tchain c {\n\t\ttype filter hook ${hook} priority filter; policy drop;\n\t}\n}\n`;

describe('a chain that is not read ends the walks that meet it', () => {
  for (const [nft, ended, state] of [
    [table('netdev', 'ingress device "in0"'), 'forwarded'],
    [table('inet', 'ingress device "in*"'), 'forwarded'],
    [table('netdev', 'ingress device "out0"'), ''],
    [table('netdev', 'egress devices = { eth9, out0 }'), 'forwarded own'],
    [table('netdev', 'egress device "lo"'), 'loop'],
    [table('netdev', 'ingress device "lo"'), 'loop'],
    [table('bridge', 'forward'), ''],
    [table('inet', 'sideways'), 'forwarded own loop'],
    [table('ip', 'forward').replace('priority filter', 'priority $p'), 'forwarded'],
    [table('inet', 'output').replace('priority filter', 'priority $p'), 'own loop'],
    [table('ip6', 'forward').replace('priority filter', 'priority $p'), ''],
    [table('arp', 'input'), 'forwarded own'],
    [table('arp', 'input'), 'forwarded own', 'STALE'],
    [table('arp', 'input'), '', 'PERMANENT'],
  ] as const) {
    test(`${nft.split('\n').slice(0, 3).join(' ').replace(/\s+/g, ' ')} ${state ?? ''}: ${ended}`, () => {
      const found = Object.entries(WALKS).filter(([, way]) => way(hostWith(nft, state)).kind === 'unknown');
      expect(found.map(([name]) => name).join(' ')).toBe(ended);
    });
  }

  test('with its line', () =>
    expect(WALKS['forwarded']?.(hostWith(table('netdev', 'ingress device "in0"')))).toMatchObject({
      what: 'nodes/r/nft-list-ruleset:2: cannot decide "chain c { type filter hook ingress device "in0" priority filter; policy drop;" of table netdev t',
    }));
});
