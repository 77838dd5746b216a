import { describe, expect, test } from 'vitest';
import { twoZones } from '../../../../test/sim/two-zones.ts';
import { ip } from '../../../net/index.ts';
import type { Probe, RoundTrip } from '../../../trace/index.ts';
import type { World } from '../../../world/index.ts';
import type { Packet } from '../../packet.ts';
import { openSession } from '../../session.ts';
import { walkSim } from '../../sim-data-plane.ts';
import { FlowTable, PORTS_PER_TARGET } from './flow-table.ts';

const SUBNETS =
  'subnets: [{ id: a, privateIp: 10.0.1.200, ipv6: "2600:1f00:0:1::200" }, { id: b, privateIp: 10.0.2.200, ipv6: "2600:1f00:0:2::200" }]';
const TARGETS = 'targets: [{ address: 10.0.1.11, port: 8080 }, { address: 10.0.2.12, port: 8080 }]';
const balancer = (group: string, more = '', listener = 'protocol: TCP, port: 80'): string =>
  `${SUBNETS}\nlisteners: [{ ${listener}, targetGroup: g }]\ntargetGroups: [{ name: g, targetType: ip, ${group} }]\n${more}`;

const probe = (dst: string, over: Partial<Probe> = {}): Probe => ({
  from: 'host/client',
  dst: ip(dst),
  dport: 80,
  protocol: 'tcp',
  ...over,
});
const packet = (ends: { src: string; sport: number; dst: string; dport: number }): Packet => ({
  family: 4,
  src: ip(ends.src),
  dst: ip(ends.dst),
  protocol: 'tcp',
  ttl: 64,
  tos: 0,
  length: 60,
  df: true,
  l4: { kind: 'tcp', sport: ends.sport, dport: ends.dport, flags: ['ACK'] },
});
const all = (world: World, of: Probe): readonly RoundTrip[] =>
  walkSim(world, of, { choice: { kind: 'all' }, detail: 'full' });
const ends = (trips: readonly RoundTrip[]): string[] =>
  trips.map(
    ({ probability, disposition, farEnd }) => `${probability} ${disposition} ${farEnd.address} sees ${farEnd.sees.ip}`,
  );

describe('the targets of a node', () => {
  test('are those of its zone', () =>
    expect(ends(all(twoZones(balancer(TARGETS)), probe('10.0.1.200')))).toEqual([
      '1 delivered 10.0.1.11:8080 sees 10.0.1.200',
    ]));
  test('are all of them across zones, each as likely', () =>
    expect(ends(all(twoZones(balancer(TARGETS, 'crossZone: true')), probe('10.0.1.200')))).toEqual([
      '0.5 delivered 10.0.1.11:8080 sees 10.0.1.200',
      '0.5 delivered 10.0.2.12:8080 sees 10.0.1.200',
    ]));
  test('are what the target group says, whatever the load balancer says', () =>
    expect(
      all(twoZones(balancer(`${TARGETS}, crossZone: false`, 'crossZone: true')), probe('10.0.1.200')),
    ).toHaveLength(1));
  test('that fail their check are not used', () => {
    const dead = 'targets: [{ address: 10.0.1.11, port: 8080 }, { address: 10.0.1.11, port: 8081 }]';
    expect(ends(all(twoZones(balancer(dead)), probe('10.0.1.200')))).toEqual([
      '1 delivered 10.0.1.11:8080 sees 10.0.1.200',
    ]);
  });
  test('are used all the same when all fail', () => {
    const dead = 'targets: [{ address: 10.0.1.11, port: 8081 }]';
    expect(ends(all(twoZones(balancer(dead)), probe('10.0.1.200')))).toEqual([
      '1 refused 10.0.1.11:8081 sees 10.0.1.200',
    ]);
  });
});

describe('the client', () => {
  test('is kept where the group says so', () => {
    const [trip] = all(twoZones(balancer(`${TARGETS}, preserveClientIp: true`)), probe('10.0.1.200', { sport: 40000 }));
    expect(trip?.farEnd.sees).toMatchObject({ ip: '10.0.1.9', port: 40000 });
    expect(trip?.clientSees).toEqual({ ip: '10.0.1.200', port: 80 });
  });
  test('is kept towards its own VPC alone: of a target elsewhere nobody knows', () => {
    const [trip] = all(
      twoZones(balancer('preserveClientIp: true, targets: [{ address: 10.99.0.5, port: 8080 }]')),
      probe('10.0.1.200'),
    );
    expect([trip?.disposition, trip?.unknowns.join()]).toEqual(['unknown', expect.stringMatching(/keeps the client/)]);
  });
  test('of another family than the target is not: the node translates between them', () => {
    const world = twoZones(
      balancer(
        'preserveClientIp: true, targets: [{ address: "2600:1f00:0:1::11", port: 8080 }]',
        'ipAddressType: dualstack',
      ),
      { servers: ['2600:1f00:0:1::11'] },
    );
    const [trip] = all(world, probe('10.0.1.200'));
    expect(trip?.disposition).toBe('delivered');
    expect(trip?.farEnd).toMatchObject({ address: '[2600:1f00:0:1::11]:8080', sees: { ip: '2600:1f00:0:1::200' } });
    expect(trip?.clientSees).toEqual({ ip: '10.0.1.200', port: 80 });
  });
  test('sticks to its target where asked for', () => {
    const session = openSession(twoZones(balancer(`${TARGETS}, stickiness: source_ip`, 'crossZone: true')));
    const last = { choose: (of: readonly unknown[]) => of.length - 1, port: (min: number) => min };
    const first = { choose: () => 0, port: (min: number) => min };
    const to = (sport: number, dice: typeof last | typeof first): string =>
      session.send(probe('10.0.1.200', { sport }), dice).farEnd.address;
    expect([to(40000, last), to(40001, first)]).toEqual(['10.0.2.12:8080', '10.0.2.12:8080']);
  });
});

describe('what a node does not know', () => {
  const world = twoZones(balancer(TARGETS));
  test('it does not answer: a port without a listener, a ping', () => {
    expect(all(world, probe('10.0.1.200', { dport: 81 }))[0]?.disposition).toBe('dropped');
    const ping: Probe = { from: 'host/client', dst: ip('10.0.1.200'), protocol: 'icmp' };
    expect(all(world, ping)[0]?.disposition).toBe('dropped');
  });
  test('it resets: a connection that was idle for too long', () => {
    const session = openSession(world);
    const flow = probe('10.0.1.200', { sport: 40000 });
    expect(session.send(flow).disposition).toBe('delivered');
    session.advance(340);
    expect(session.resume(flow).disposition).toBe('delivered');
    session.advance(351);
    expect(session.resume(flow).disposition).toBe('refused');
  });
  test('nobody knows: whether it passes an ICMP error on', () => {
    const udp = twoZones(
      balancer('protocol: UDP, targets: [{ address: 10.0.1.11, port: 9 }]', '', 'protocol: UDP, port: 80'),
    );
    const [trip] = all(udp, probe('10.0.1.200', { protocol: 'udp' }));
    expect(trip?.disposition).toBe('refused');
    expect(trip?.reply?.disposition).toBe('unknown');
  });
});

describe('the ports of a node towards one target', () => {
  const target = { id: 't', ip: ip('10.0.1.11'), port: 80, zone: 'a' };
  const own = ip('10.0.1.200');
  const world = twoZones(balancer(TARGETS, 'crossZone: true'));
  const [loadBalancer] = world.fabric.loadBalancers;
  if (loadBalancer === undefined) throw new Error('The World has no load balancer');
  const open = (table: FlowTable, client: number, now: number): number | undefined => {
    const dice = { choose: () => 0, port: (min: number) => min + (client % PORTS_PER_TARGET) };
    const port = table.takePort('tcp', own, target, { others: 0, dice, now });
    if (port === undefined) return undefined;
    table.add({
      protocol: 'tcp',
      loadBalancer,
      eni: 'e',
      client: { ip: ip('10.0.1.9'), port: client },
      front: { ip: own, port: 80 },
      source: { ip: own, port },
      target,
      targetGroup: 'g',
      idleTimeout: 350,
      lastSeen: now,
    });
    return port;
  };

  test('are 55,000, and an idle connection gives its own back', () => {
    const table = new FlowTable();
    const ports = Array.from({ length: PORTS_PER_TARGET }, (_, i) => open(table, i, 0));
    expect(ports).not.toContain(undefined);
    expect(open(table, PORTS_PER_TARGET, 350)).toBeUndefined();
    expect(open(table, PORTS_PER_TARGET, 351)).toBe(1024);
  });
  test('that a newer connection took over stay its own when the old one is forgotten', () => {
    const table = new FlowTable();
    expect([open(table, 0, 0), open(table, PORTS_PER_TARGET, 351)]).toEqual([1024, 1024]);
    const client: Packet = packet({ src: '10.0.1.9', sport: 0, dst: own, dport: 80 });
    expect(table.ofClient(client, 352)).toBe('expired');
    expect(table.ofTarget(packet({ src: '10.0.1.11', sport: 80, dst: own, dport: 1024 }), 352)?.client.port).toBe(
      PORTS_PER_TARGET,
    );
  });
  test('are held by others too, each target its part of them', () => {
    const send = (others: number): string => {
      const session = openSession(world);
      session.occupy({ protocol: 'tcp', dst: own, dport: 80 }, others);
      return session.send(probe(own)).disposition;
    };
    expect([send(2 * PORTS_PER_TARGET - 2), send(2 * PORTS_PER_TARGET)]).toEqual(['delivered', 'exhausted']);
  });
});

test('two flows of one client to two listeners meet at a target only while both are alive', () => {
  const session = openSession(
    twoZones(
      `${SUBNETS}\nlisteners: [{ protocol: TCP, port: 80, targetGroup: g }, { protocol: TCP, port: 81, targetGroup: g }]\ntargetGroups: [{ name: g, targetType: ip, preserveClientIp: true, ${TARGETS} }]`,
    ),
  );
  const to = (dport: number): string => session.send(probe('10.0.1.200', { sport: 40000, dport })).disposition;
  expect([to(80), to(81)]).toEqual(['delivered', 'unknown']);
  session.advance(351);
  expect(to(81)).not.toBe('unknown');
});
