import { describe, expect, test } from 'vitest';
import { netnsFrom } from '../../../test/sim/netns-from.ts';
import { type Netns, parseIpJsonRoute, parseIpJsonRule, parseIpRouteText } from '../../linux/index.ts';
import { type Ip, ip } from '../../net/index.ts';
import type { Step } from '../../trace/index.ts';
import { firstDice } from '../dice.ts';
import { addressTypeOn, lookupRoute } from '../fib/index.ts';
import type { Packet } from '../packet.ts';
import { type Host, type Outcome, PLAIN_FLOW, type Walk } from '../types.ts';
import { createHost } from './create-host.ts';
import { chooseSource } from './output-route.ts';
import { receive } from './receive.ts';
import { send } from './send.ts';

// A router: `in0` 10.1.0.1/24 towards the client 10.1.0.2, `out0` 10.2.0.1/24 towards the server 10.2.0.2.

interface Of {
  readonly routes?: string;
  readonly filter?: string;
}

const router = ({ routes = '', filter }: Of = {}): Netns =>
  netnsFrom('node/r', {
    addresses: 'in0 10.1.0.1/24\nout0 10.2.0.1/24',
    routes,
    rules: '',
    iptables: filter === undefined ? '' : `*filter\n${filter}\nCOMMIT\n`,
    sysctls: { 'net.ipv4.ip_forward': '1' },
  });

const walkOf = (): Walk & { readonly steps: Step[] } => {
  const steps: Step[] = [];
  return { dice: firstDice(), now: 0, record: (step) => steps.push(step), assumptions: new Set(), steps };
};

const CLIENT = ip('10.1.0.2');
const SERVER = ip('10.2.0.2');

const tcp = (src: Ip, dst: Ip, ttl = 64): Packet => ({
  family: 4,
  src,
  dst,
  protocol: 'tcp',
  ttl,
  tos: 0,
  length: 60,
  df: true,
  l4: { kind: 'tcp', sport: 40000, dport: 80, flags: ['SYN'] },
});
const ping = (src: Ip, dst: Ip): Packet => ({
  ...tcp(src, dst),
  protocol: 'icmp',
  l4: { kind: 'icmp-query', type: 8, code: 0, id: 7, seq: 1 },
});

const arrive = (host: Host, packet: Packet, iif = 'in0'): Outcome => {
  const ct = { kind: 'none' } as const;
  return receive(
    host,
    { packet, mark: 0, iif, oif: undefined, ct, forcedInvalid: false, pkttype: 'unicast' },
    walkOf(),
  );
};

function show(outcome: Outcome): string {
  if (outcome.kind !== 'died') return outcome.kind;
  const { disposition, error } = outcome;
  if (error === undefined) return disposition;
  if ('what' in error) return `${disposition}, unknown: ${error.what}`;
  const { l4, src } = error;
  return `${disposition}, ${l4.kind === 'icmp-error' ? `${l4.type}/${l4.code}` : l4.kind} from ${src}`;
}

describe('an error whose way back a rule decides that is not modelled', () => {
  const host = (of: Of = {}): Host => {
    const made = router(of);
    const rule = parseIpJsonRule(
      '[{"priority":100,"src":"all","dst":"10.1.0.2","ipproto":"icmp","l3mdev":null,"table":"main"}]',
      'r',
      4,
    );
    return createHost({ ...made, rules: [...rule.value, ...made.rules] }, 'nodes/r');
  };

  test.each([
    ['TTL ran out', {}, tcp(CLIENT, SERVER, 1), 'ttl-exceeded'],
    ['no route', {}, tcp(CLIENT, ip('10.9.0.1')), 'no-route'],
    ['REJECT', { filter: '-A FORWARD -j REJECT' }, tcp(CLIENT, SERVER), 'refused'],
  ] satisfies readonly (readonly [string, Of, Packet, string])[])('%s: it is not silence', (_, of, packet, want) => {
    const died = arrive(host(of), packet);
    expect(show(died)).toMatch(new RegExp(`^${want}, unknown: .*ip rule 100`));
  });

  test('the step that says so cites the rule, and so does one of a packet on its way', () => {
    const cited = (outcome: Outcome, { steps }: ReturnType<typeof walkOf>): unknown =>
      outcome.kind === 'unknown' && steps.at(-1)?.evidence;
    const [asked, answered] = [walkOf(), walkOf()];
    const rule = {
      plane: 'sim',
      artefact: { file: 'nodes/r/ip-rule.json', line: 2 },
      text: expect.stringMatching(/^100: .*lookup main/),
    };
    expect(cited(send(host(), ping(ip('10.1.0.1'), CLIENT), asked), asked)).toMatchObject(rule);
    const died = arrive(host(), tcp(CLIENT, SERVER, 1));
    if (died.kind !== 'died' || died.error === undefined || !('what' in died.error)) throw new Error(show(died));
    const { packet } = died.error;
    expect(cited(send(host(), packet, answered, { undecided: died.error }), answered)).toMatchObject(rule);
  });
});

test('a route of which not all is modelled is neither taken nor passed over', () => {
  const made = router();
  const parsed = parseIpJsonRoute(
    '[{"dst":"10.2.0.2","nhid":5,"dev":"out0","flags":[]},{"dst":"10.7.0.0/16","gateway":"10.2.0.9","dev":"out0","flags":[]}]',
    'r',
    4,
  );
  const host = createHost({ ...made, routes: [...parsed.value, ...made.routes] }, 'nodes/r');
  expect(arrive(host, tcp(CLIENT, SERVER))).toMatchObject({ kind: 'unknown', what: 'route to 10.2.0.2: nhid 5' });
  expect(show(arrive(host, tcp(CLIENT, ip('10.7.0.1'))))).toBe('transmit');
});

describe('a route over a device that is not there', () => {
  const over = (routes: string, family: 4 | 6 = 4): Host => {
    const made = router();
    return createHost({ ...made, routes: [...parseIpRouteText(routes, 'r', family).value, ...made.routes] }, 'nodes/r');
  };
  const LOST = 'its device gone0 is not among the devices, so what it stands for is not known';

  test.each([
    ['10.2.0.2 dev gone0', 'unknown'],
    ['10.2.0.2 nexthop via 10.2.0.8 dev out0 weight 1 nexthop via 10.2.0.9 dev gone0 weight 1', 'unknown'],
    ['local 10.2.0.2 dev gone0', 'died'],
    ['10.2.0.0/16 dev gone0', 'transmit'],
    ['10.2.0.2 dev gone0 dead', 'transmit'],
    ['10.3.0.2 dev gone0', 'transmit'],
  ])('%s: %s', (route, want) => {
    const outcome = arrive(over(route), tcp(CLIENT, SERVER));
    expect(outcome.kind).toBe(want);
    if (outcome.kind === 'unknown') expect(outcome.what).toBe(`route to 10.2.0.2: ${LOST}`);
  });

  test('the line is cited where no packet was made, too', () => {
    expect(chooseSource(over('10.2.0.2 dev gone0'), { ...PLAIN_FLOW, dst: SERVER })).toMatchObject({
      kind: 'unknown',
      evidence: { text: '10.2.0.2 dev gone0' },
    });
  });

  test('whose address it is for --limit-iface-in', () => {
    const host = over('local 10.5.0.1 dev gone0 table local');
    expect(addressTypeOn(host, ip('10.5.0.1'), 'in0')).toMatchObject({ kind: 'unknown' });
    expect(addressTypeOn(host, ip('10.1.0.1'), 'out0')).toBe('UNICAST');
    expect(addressTypeOn(host, ip('10.1.0.1'), 'in0')).toBe('LOCAL');
  });

  test('IPv6 asks first for the routes of the device it wants', () => {
    const host = over('fe80::/64 dev gone0\nfe80::/64 dev in0\n', 6);
    const asked = { ...PLAIN_FLOW, dst: ip('fe80::9'), anyDevice: true };
    expect(lookupRoute(host, { ...asked, oif: 'in0' })).toMatchObject({ kind: 'found', dev: 'in0' });
    expect(lookupRoute(host, { ...asked, oif: 'out0' })).toMatchObject({ kind: 'unknown' });
  });
});

test('packets for an address of which nobody knows what is done to them', () => {
  const what = 'who answers at 10.9.0.9 is not known';
  const to = (address: string): Host =>
    createHost(
      { ...router(), unmodelled: [{ scope: { kind: 'destination', address: ip(address) }, what }] },
      'nodes/r',
    );
  expect(arrive(to('10.2.0.2'), tcp(CLIENT, SERVER))).toMatchObject({ kind: 'unknown', what });
  expect(send(to('10.1.0.1'), ping(ip('10.2.0.1'), CLIENT), walkOf()).kind).not.toBe('unknown');
  expect(send(to(CLIENT), ping(ip('10.1.0.1'), CLIENT), walkOf())).toMatchObject({ kind: 'unknown', what });
  expect(show(arrive(to('10.9.0.9'), tcp(CLIENT, SERVER)))).toBe('transmit');
});

describe('routes nobody told', () => {
  type Scope = Netns['unmodelled'][number]['scope'];
  const hiding = (scope: Scope, rules = ''): Host => {
    const made = netnsFrom('node/r', {
      addresses: 'in0 10.1.0.1/24\nout0 10.2.0.1/24\nout0 2600::1/64',
      rules,
      sysctls: { 'net.ipv4.ip_forward': '1', 'net.ipv6.conf.all.forwarding': '1' },
    });
    return createHost({ ...made, unmodelled: [{ scope, what: 'nobody told' }] }, 'nodes/r');
  };
  const to7 = '100: from 10.1.0.2 to 10.2.0.0/24 lookup 7';
  const away = ip('10.9.0.1');
  const DEFAULT = 253;

  for (const [why, scope, rules, dst, want] of [
    ['of a table a rule asks', { kind: 'routes', family: 4, table: 7 }, to7, SERVER, 'unknown'],
    ['of a table whose rule is for others', { kind: 'routes', family: 4, table: 7 }, to7, CLIENT, 'transmit'],
    ['of a table no rule asks', { kind: 'routes', family: 4, table: 8 }, to7, SERVER, 'transmit'],
    [
      'of the last table, where an earlier one answers',
      { kind: 'routes', family: 4, table: DEFAULT },
      '',
      SERVER,
      'transmit',
    ],
    ['of the last table', { kind: 'routes', family: 4, table: DEFAULT }, '', away, 'unknown'],
    ['of the last table, behind rules', { kind: 'routes', family: 4, table: DEFAULT }, to7, away, 'unknown'],
    ['of the family', { kind: 'routes', family: 4 }, '', SERVER, 'unknown'],
    ['of the other family', { kind: 'routes', family: 6 }, '', SERVER, 'transmit'],
    ['beside a hook', { kind: 'hook', family: 4, hook: 'FORWARD' }, '', SERVER, 'unknown'],
    ['beside a hook of the other family', { kind: 'hook', family: 6, hook: 'FORWARD' }, '', SERVER, 'transmit'],
    ['beside a hook it does not meet', { kind: 'hook', family: 4, hook: 'INPUT' }, '', SERVER, 'transmit'],
  ] satisfies readonly (readonly [string, Scope, string, Ip, string])[])
    test(why, () => {
      const outcome = arrive(hiding(scope, rules), tcp(CLIENT, dst));
      expect(outcome.kind).toBe(want);
      if (outcome.kind === 'unknown') expect(outcome.what).toBe('nobody told');
    });
});

describe('a device that has addresses nobody told', () => {
  const without = (way = '10.1.0.0/24 dev in0 scope link'): Host => {
    const netns = router({ routes: way });
    const hidden = {
      scope: { kind: 'dev', dev: 'in0' },
      what: 'in0 is set up by others',
      at: { file: 'in', line: 3 },
    } as const;
    const addresses = netns.addresses.filter(({ dev }) => dev !== 'in0');
    const routes = netns.routes.filter(({ dev, protocol }) => dev !== 'in0' || protocol !== 'kernel');
    return createHost({ ...netns, addresses, routes, unmodelled: [hidden] }, 'nodes/r');
  };
  const late = tcp(CLIENT, SERVER, 1);

  test('what an error of this host would have as its source is not known: it is neither silence nor what others would lend', () => {
    expect(show(arrive(without(), late, 'out0'))).toBe(
      'ttl-exceeded, unknown: which error goes back is not known: in0 is set up by others',
    );
  });

  test('the route may name it', () => {
    const named = without('10.1.0.0/24 dev in0 src 10.2.0.1');
    expect(show(arrive(named, late, 'out0'))).toBe('ttl-exceeded, 11/0 from 10.2.0.1');
  });

  test('a socket that chose no source has none that is known', () => {
    const chosen = chooseSource(without(), { ...PLAIN_FLOW, dst: CLIENT });
    expect(chosen).toMatchObject({
      kind: 'unknown',
      what: 'in0 is set up by others',
      evidence: { artefact: { file: 'nodes/r/unmodelled.json', line: 2 } },
    });
  });
});
