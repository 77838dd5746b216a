import { describe, expect, test } from 'vitest';
import { routerWith, skbOf, udp, walkAt } from '../../../test/sim/router.ts';
import { receive } from '../host/index.ts';
import type { Walk } from '../types.ts';

/** How a packet ends, and what was assumed. */
function walked(rules: Parameters<typeof routerWith>[0]): string {
  const walk: Walk = walkAt(0);
  const outcome = receive(routerWith({ ...rules, sysctls: FORWARDS }), skbOf(udp('10.1.0.2', '10.2.0.2')), walk);
  return [outcome.kind === 'unknown' ? outcome.what : outcome.kind, ...walk.assumptions].join(' | ');
}

const FORWARDS = { 'net.ipv4.ip_forward': '1', 'net.ipv4.conf.in0.forwarding': '1' };
const FOO = '-A INPUT -m foo --bar 5 -j DROP';
const SAID = 'whether connections are tracked because of this is not known: ';

describe('a module nobody knows may have been written to track connections', () => {
  for (const [name, rules, want] of [
    ['one that is known not to', { filter: '-A INPUT -m quota --quota 5 -j DROP' }, /^transmit$/],
    ['a target that is known not to', { mangle: '-A INPUT -j TEE --gateway 10.2.0.9' }, /^transmit$/],
    [
      'a match nobody knows',
      { filter: FOO },
      new RegExp(`^transmit \\| .*iptables-save:\\d+: ${SAID}${FOO}: taken not to$`),
    ],
    ['a target nobody knows', { mangle: '-A INPUT -j FOO --bar 5' }, new RegExp(`^transmit \\| .*${SAID}.*-j FOO`)],
    ['where something else tracks', { filter: `${FOO}\n-A INPUT -m conntrack --ctstate NEW` }, /^transmit$/],
    [
      'and a nat chain that has rules',
      { filter: FOO, nat: '-A PREROUTING -j RETURN' },
      new RegExp(`^.*${SAID}${FOO} *$`),
    ],
    [
      'of nft',
      { nft: 'table ip t {\n\tchain c {\n\t\txt match "foo" drop\n\t}\n}\n' },
      new RegExp(`^transmit \\| .*${SAID}xt match "foo"`),
    ],
    ['of nft, known not to', { nft: 'table ip t {\n\tchain c {\n\t\txt match "limit" drop\n\t}\n}\n' }, /^transmit$/],
  ] as const)
    test(name, () => expect(walked(rules)).toMatch(want));
});
