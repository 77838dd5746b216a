import { describe, expect, test } from 'vitest';
import { id } from '../../test/sim/netns-from.ts';
import { CLIENT, NEAR, NODE_A, PEER, testWorld } from '../../test/sim/test-world.ts';
import { ask, egress, OUTSIDE, seen, walk, why } from '../../test/sim/walks.ts';
import type { ConntrackEntry } from '../linux/index.ts';
import type { Probe } from '../trace/index.ts';
import type { World } from '../world/index.ts';
import { openSession } from './session.ts';

describe('who the far end sees', () => {
  const inside = testWorld({ externalSnat: false });
  const external = testWorld({ externalSnat: true });
  test.each([
    ['in the VPC: the pod', inside, ask(CLIENT, '10.0.2.127', 8080), 'delivered pod/t/server sees 10.0.1.51 (pod)'],
    [
      'by Service address: the pod',
      inside,
      ask(CLIENT, '172.20.0.80', 80),
      'delivered pod/t/server sees 10.0.1.51 (pod)',
    ],
    ['on one node: the pod', inside, ask(NEAR, '10.0.1.51', 8080), 'delivered pod/t/client sees 10.0.1.60 (pod)'],
    ['a server in the VPC', inside, ask(CLIENT, '10.0.0.150', 80), 'delivered host/plain sees 10.0.1.51 (pod)'],
    [
      'over a peering, SNAT on: the node',
      inside,
      ask(CLIENT, '10.9.0.10', 80),
      'delivered host/peer sees 10.0.0.75 (node)',
    ],
    [
      'over a peering, SNAT off: the pod',
      external,
      ask(CLIENT, '10.9.0.10', 80),
      'delivered host/peer sees 10.0.1.51 (pod)',
    ],
    [
      'on the internet, SNAT on: the NAT gateway',
      inside,
      ask(CLIENT, OUTSIDE, 443),
      `delivered internet/${OUTSIDE} sees 203.0.113.10 (nat-gateway)`,
    ],
    [
      'on the internet, SNAT off: the NAT gateway',
      external,
      ask(CLIENT, OUTSIDE, 443),
      `delivered internet/${OUTSIDE} sees 203.0.113.10 (nat-gateway)`,
    ],
    [
      'NodePort of the own node, masqueraded: the node',
      inside,
      ask(NEAR, '10.0.0.75', 32385),
      'delivered pod/t/server sees 10.0.0.75 (node)',
    ],
    [
      'NodePort with policy Local: the client',
      inside,
      ask(PEER, '10.0.0.75', 32386),
      'delivered pod/t/client sees 10.9.0.10 (server)',
    ],
    ['the API server', inside, ask(CLIENT, '10.0.0.200', 443), 'delivered control-plane/lab sees 10.0.1.51 (pod)'],
    [
      'the API server over a peering',
      testWorld({ externalSnat: true }),
      ask(PEER, '10.0.0.200', 443),
      'delivered control-plane/lab sees 10.9.0.10 (server)',
    ],
    [
      'from outside to a public address',
      inside,
      ask(`internet/${OUTSIDE}`, '203.0.113.20', 80),
      'delivered host/bastion sees 198.51.100.7 (internet-client)',
    ],
  ] as const)('%s', (_, world, probe, want) => {
    const trip = walk(world, probe);
    expect(seen(trip), why(trip)).toBe(want);
    expect(trip.clientSees).toEqual({ ip: probe.dst, port: probe.dport });
  });
});

describe('which card a packet takes', () => {
  const snat = walk(testWorld({ externalSnat: false }), ask(CLIENT, OUTSIDE, 443));
  const external = walk(testWorld({ externalSnat: true }), ask(CLIENT, OUTSIDE, 443));
  test('translated to the node: the primary one, by the mark', () =>
    expect(egress(snat, 'forward', NODE_A)).toEqual(['ens5']));
  test('untranslated: the one its address is on', () => expect(egress(external, 'forward', NODE_A)).toEqual(['ens6']));
  test('a NodePort answer goes back by the primary one', () => {
    const trip = walk(testWorld({ externalSnat: true }), ask(PEER, '10.0.0.75', 32386));
    expect(egress(trip, 'reply', NODE_A)).toEqual(['ens5']);
  });
});

describe('conntrack on the node of the client', () => {
  const entry = (world: World, probe: Probe, node: string = NODE_A): ConntrackEntry => {
    const session = openSession(world);
    session.send(probe);
    const [found, ...more] = session.conntrack(id(node));
    if (found === undefined || more.length > 0) throw new Error(`${more.length + 1} entries`);
    return found;
  };
  const inside = testWorld({ externalSnat: false });
  const sport = { sport: 40000 };
  test.each([
    ['SNAT: the node, another port, mark 128', ask(CLIENT, OUTSIDE, 443, sport), '10.0.0.75', false, 128],
    ['in the VPC: untouched, mark 0', ask(CLIENT, '10.0.2.127', 8080, sport), '10.0.1.51', true, 0],
    ['Service: source untouched, mark 0', ask(CLIENT, '172.20.0.80', 80, sport), '10.0.1.51', true, 0],
    ['the same node: untouched, mark 0', ask(NEAR, '10.0.1.51', 8080, sport), '10.0.1.60', true, 0],
    ['NodePort Local: source untouched, mark 128', ask(PEER, '10.0.0.75', 32386, sport), '10.9.0.10', true, 128],
    ["the node's own packets: another port", ask(NODE_A, OUTSIDE, 443, sport), '10.0.0.75', false, 128],
  ] as const)('%s', (_, probe, replyDst, keepsPort, mark) => {
    const found = entry(inside, probe);
    expect(found.reply.dst).toBe(replyDst);
    expect(found.reply.dport === 40000).toBe(keepsPort);
    expect(found.mark).toBe(mark);
    expect(found.unreplied).toBe(false);
  });
  test('after a whole exchange the connection is in TIME_WAIT; the clock forgets it', () => {
    const session = openSession(inside);
    session.converse(ask(CLIENT, '172.20.0.80', 80));
    expect(session.conntrack(id(NODE_A))).toMatchObject([
      { state: 'TIME_WAIT', assured: true, original: { dst: '172.20.0.80' }, reply: { src: '10.0.2.127' } },
    ]);
    session.advance(121);
    expect(session.conntrack(id(NODE_A))).toEqual([]);
  });
});

describe('packets after the first', () => {
  test('the third packet walks the same way', () => {
    const trip = walk(testWorld({ externalSnat: false }), ask(CLIENT, OUTSIDE, 443));
    expect(trip.followUp?.disposition).toBe('delivered');
    expect(trip.unknowns).toEqual([]);
  });

  test('another card of the same node is another way', () => {
    // The mark that sends a translated packet by ens5 is set by a nat rule and not restored: later packets go by ens6.
    const world = testWorld({ externalSnat: false });
    const node = world.netns.get(id(NODE_A));
    if (node === undefined) throw new Error('no node');
    const { ip: tables } = node.iptables;
    const lost = {
      ...node,
      iptables: { ...node.iptables, ip: new Map([...tables].filter(([name]) => name !== 'mangle')) },
    };
    const open = world.fabric.enis.map((each) => ({ ...each, sourceDestCheck: false }));
    const drifting: World = {
      ...world,
      netns: new Map([...world.netns, [lost.id, lost]]),
      fabric: { ...world.fabric, enis: open },
    };
    const trip = walk(drifting, ask(CLIENT, '10.9.0.10', 80));
    expect(
      trip.followUp?.hops.flatMap((hop) => hop.steps.filter((step) => step.kind === 'leave').map((step) => step.dev)),
    ).toContain('ens6');
  });

  test('a second connection to the same end is a new socket: its own port, its own first packet', () => {
    const session = openSession(testWorld({ externalSnat: true }));
    const bind = (probe: Probe): Probe => {
      const bound = session.bind(probe);
      if (bound.kind === 'refused') throw new Error(bound.trip.disposition);
      return bound.probe;
    };
    const first = bind(ask(CLIENT, OUTSIDE, 443));
    session.send(first);
    const second = bind(ask(CLIENT, OUTSIDE, 443));
    expect(second.sport).not.toBe(first.sport);
    expect(session.send(second).clientSees).toEqual({ ip: OUTSIDE, port: 443 });
    expect(bind({ ...second, dport: 444, sport: 40_000 }).sport).toBe(40_000);
  });

  test('a range that open sockets have all of: connect fails, and no port is made up', () => {
    const tiny = new Map([['net.ipv4.ip_local_port_range', '20000 20001']]);
    const whole = testWorld({ externalSnat: true });
    const client = whole.netns.get(id(CLIENT));
    if (client === undefined) throw new Error('the world has a client');
    const few = { ...client, sysctls: new Map([...client.sysctls, ...tiny]) };
    const session = openSession({ ...whole, netns: new Map([...whole.netns, [few.id, few]]) });
    const ports = [1, 2].map(() => {
      const bound = session.bind(ask(CLIENT, OUTSIDE, 443));
      if (bound.kind === 'bound') session.send(bound.probe);
      return bound.kind === 'bound' ? bound.probe.sport : bound.kind;
    });
    expect(ports.toSorted()).toEqual([20_000, 20_001]);
    const third = session.bind(ask(CLIENT, OUTSIDE, 443));
    expect(third).toMatchObject({ kind: 'refused', trip: { disposition: 'not-sent' } });
    const drop = third.kind === 'refused' ? third.trip.forward.hops[0]?.steps.at(-1) : undefined;
    expect(drop).toMatchObject({ kind: 'drop', cause: { kind: 'no-local-port', range: '20000-20001' } });
    // Another end has the ports still.
    expect(session.bind(ask(CLIENT, OUTSIDE, 444))).toMatchObject({ kind: 'bound' });
  });

  test('an idle connection meets a NAT gateway that forgot it', () => {
    const session = openSession(testWorld({ externalSnat: true }));
    const probe = ask(CLIENT, OUTSIDE, 443);
    expect(session.send(probe).disposition).toBe('delivered');
    session.advance(300);
    expect(session.resume(probe).disposition).toBe('delivered');
    session.advance(351);
    const late = session.resume(probe);
    expect(late.disposition).toBe('refused');
    expect(late.reply?.hops.at(-1)?.where).toEqual({ kind: 'pod', name: 't/client' });
    expect(late.reply?.hops.at(-1)?.steps.at(-1)?.after.tcpFlags).toContain('RST');
  });
});
