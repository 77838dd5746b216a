import { describe, expect, test } from 'vitest';
import { eniNamed, packet, walkOf } from '../../../../test/sim/crossings.ts';
import { testFabric } from '../../../../test/sim/test-world.ts';
import type { Eni, Fabric, NetworkAclEntry, SecurityGroup, SecurityGroupRule, StandIn } from '../../../fabric/index.ts';
import { cidr, ip } from '../../../net/index.ts';
import type { L4, Packet } from '../../packet.ts';
import { leaveEni } from '../cross-fabric.ts';
import type { TrackedFlows } from './tracked-flows.ts';

const from = (peer: string): SecurityGroupRule['peer'] =>
  peer.startsWith('sg-')
    ? { kind: 'security-group', id: peer }
    : peer.startsWith('pl-')
      ? { kind: 'prefix-list', id: peer }
      : { kind: 'cidr', cidr: cidr(peer) };
const ports = (text: string): { readonly from: number; readonly to: number } => {
  const [first = 0, last = first] = text.split('-').map(Number);
  return { from: first, to: last };
};
/** `tcp 443 10.0.0.0/16`, `icmp * sg-a`, `all * 0.0.0.0/0` */
const rule = (text: string): SecurityGroupRule => {
  const [protocol = '', range = '*', peer = ''] = text.split(' ');
  const of = { protocol: protocol as SecurityGroupRule['protocol'], peer: from(peer) };
  if (range === '*') return of;
  return protocol === 'icmp' ? { ...of, icmp: { type: Number(range) } } : { ...of, ports: ports(range) };
};
const group = (
  id: string,
  ingress: readonly string[],
  egress: readonly string[] = ['all * 0.0.0.0/0'],
): SecurityGroup => ({
  id,
  vpc: 'vpc-a',
  ingress: ingress.map(rule),
  egress: egress.map(rule),
});
/** `100 allow tcp 443 10.0.0.0/16` */
const entry = (text: string): NetworkAclEntry => {
  const [number, action, ...rest] = text.split(' ');
  const { peer, ...traffic } = rule(rest.join(' '));
  if (peer.kind !== 'cidr') throw new Error(text);
  return { ...traffic, cidr: peer.cidr, ruleNumber: Number(number), action: action === 'deny' ? 'deny' : 'allow' };
};

interface Setup {
  readonly standIns?: readonly StandIn[];
  readonly wear?: Readonly<Record<string, readonly string[]>>;
  readonly groups?: readonly SecurityGroup[];
  readonly acls?: Readonly<Record<string, { readonly ingress: readonly string[]; readonly egress: readonly string[] }>>;
}

function fabricOf({ wear = {}, groups = [], acls = {}, standIns = [] }: Setup): Fabric {
  const plain = testFabric();
  return testFabric({
    enis: plain.enis.map((eni): Eni => ({ ...eni, securityGroups: wear[eni.id] ?? [] })),
    securityGroups: groups,
    standIns,
    networkAcls: Object.entries(acls).map(([subnet, { ingress, egress }]) => ({
      id: `acl-${subnet}`,
      vpc: 'vpc-a',
      subnets: [subnet],
      ingress: ingress.map(entry),
      egress: egress.map(entry),
    })),
    prefixLists: [
      { id: 'pl-1', cidrs: [cidr('10.0.0.0/30'), cidr('10.0.0.49/32')] },
      { id: 'pl-2', cidrs: [cidr('34.0.0.0/8')] },
    ],
  });
}

/** Packets one after the other through one fabric, each said by where it ended. */
class Play {
  private readonly flows = new Map<string, TrackedFlows>();
  private readonly fabric: Fabric;

  constructor(setup: Setup) {
    this.fabric = fabricOf(setup);
  }

  send(eni: string, sent: Packet, now = 0): string {
    const { on } = walkOf(this.fabric, now, new Map(), this.flows);
    const end = leaveEni(on, eniNamed(this.fabric, eni), sent, ip(routerOf(eni)), undefined);
    switch (end.kind) {
      case 'died':
        return end.because;
      case 'unknown':
        return `unknown: ${end.what}`;
      default:
        return end.kind === 'arrive' ? `at ${end.netns}` : end.kind;
    }
  }
}

const routerOf = (eni: string): string =>
  eni === 'eni-bastion' ? '10.0.100.1' : eni === 'eni-peer' ? '10.9.0.1' : '10.0.0.1';

const A = '10.0.0.75';
const B = '10.0.0.49';
const tcp = (src: string, dst: string, dport = 80, sport = 40_000): Packet =>
  packet(src, dst, { l4: { kind: 'tcp', sport, dport, flags: ['SYN'] } });
const udp = (src: string, dst: string, dport = 80, sport = 40_000): Packet =>
  packet(src, dst, { protocol: 'udp', l4: { kind: 'ports', sport, dport } });
const of = (src: string, dst: string, protocol: Packet['protocol'], l4: L4): Packet =>
  packet(src, dst, { protocol, l4 });
const echo = (src: string, dst: string, type: 0 | 8 = 8): Packet =>
  of(src, dst, 'icmp', { kind: 'icmp-query', type, code: 0, id: 7, seq: 1 });
const about = (quoted: Packet): Packet =>
  of(quoted.dst, quoted.src, 'icmp', { kind: 'icmp-error', type: 3, code: 4, mtu: 1400, quoted });

const NODE_A = 'at node/a';
const NODE_B = 'at node/b';

describe('rules of a group', () => {
  for (const [ingress, sent, passes] of [
    ['tcp 80 10.0.0.0/16', tcp(A, B), true],
    ['tcp 81-90 10.0.0.0/16', tcp(A, B), false],
    ['udp 80 10.0.0.0/16', tcp(A, B), false],
    ['all * 10.0.0.75/32', tcp(A, B), true],
    ['all * 10.0.0.76/32', tcp(A, B), false],
    ['tcp * 10.0.0.0/16', tcp(A, B, 9), true],
    ['tcp 80 sg-a', tcp(A, B), true],
    ['tcp 80 sg-b', tcp(A, B), false],
    ['tcp 80 pl-1', tcp(A, B), false],
    ['icmp * 0.0.0.0/0', echo(A, B), true],
    ['icmp 8 0.0.0.0/0', echo(A, B), true],
    ['icmp 3 0.0.0.0/0', echo(A, B), false],
    ['all * 0.0.0.0/0', of(A, B, 'sctp', { kind: 'ports', sport: 1, dport: 2 }), true],
  ] as const)
    test(`${ingress} ${passes ? 'lets in' : 'keeps out'} ${String(sent.protocol)}`, () => {
      const play = new Play({
        wear: { 'eni-a5': ['sg-a'], 'eni-b5': ['sg-b'] },
        groups: [group('sg-a', []), group('sg-b', [ingress])],
      });
      const end = play.send('eni-a5', sent);
      if (passes) expect(end).toBe(NODE_B);
      else expect(end).toContain('no ingress rule of sg-b allows');
    });

  test('what no egress rule allows does not leave', () => {
    const play = new Play({ wear: { 'eni-a5': ['sg-a'] }, groups: [group('sg-a', [], ['tcp 443 0.0.0.0/0'])] });
    expect(play.send('eni-a5', tcp(A, B))).toContain('no egress rule of sg-a allows tcp 80 to 10.0.0.49');
    expect(play.send('eni-a5', tcp(A, B, 443))).toBe(NODE_B);
  });

  test('a group that nobody describes leaves open what no other allows', () => {
    const play = new Play({ wear: { 'eni-b5': ['sg-b', 'sg-x'] }, groups: [group('sg-b', ['tcp 80 0.0.0.0/0'])] });
    expect(play.send('eni-a5', tcp(A, B))).toBe(NODE_B);
    expect(play.send('eni-a5', tcp(A, B, 81))).toContain('unknown: security group sg-x of eni-b5');
  });

  test('where none is described, groups that are named filter nothing', () => {
    expect(new Play({ wear: { 'eni-b5': ['sg-x'] } }).send('eni-a5', tcp(A, B))).toBe(NODE_B);
  });

  test('a group is known over a peering, and not behind an internet gateway', () => {
    const groups = [group('sg-a', []), group('sg-peer', ['tcp 80 sg-a']), group('sg-pub', ['tcp 80 sg-a'])];
    const wear = { 'eni-a5': ['sg-a'], 'eni-peer': ['sg-peer'], 'eni-bastion': ['sg-pub'] };
    const play = new Play({ wear, groups });
    expect(play.send('eni-a5', tcp(A, '10.9.0.10'))).toBe('at host/peer');
    expect(play.send('eni-a5', tcp(A, '10.0.100.20'))).toBe('at host/bastion');
    expect(play.send('eni-a5', tcp(A, '203.0.113.20'))).toContain('no ingress rule of sg-pub');
  });

  test('what goes to the resolver no group sees', () => {
    const play = new Play({ wear: { 'eni-a5': ['sg-a'] }, groups: [group('sg-a', [], [])] });
    expect(play.send('eni-a5', udp(A, '10.0.0.2', 53))).toBe('delivered');
    expect(play.send('eni-a5', udp(A, B, 53))).toContain('no egress rule');
  });
});

describe('an address that stands in for another', () => {
  const standIns = [{ block: cidr('10.0.0.75/32'), of: 'node a', give: 'publicIp does' }];
  const told =
    'unknown: 10.0.0.75 stands in for a public address of node a, which the input does not give: publicIp does';

  test.each([
    [['tcp 80 34.0.0.0/8'], `${told}; whether rule "tcp 80 from 34.0.0.0/8" of sg-b is for it is not known`],
    [['tcp 81 34.0.0.0/8'], 'no ingress rule of sg-b allows'],
    [['tcp 80 34.0.0.0/8', 'tcp 80 0.0.0.0/0'], NODE_B],
    [['tcp 80 34.0.0.0/8', 'tcp 80 sg-a'], NODE_B],
    [['tcp 80 pl-2'], `${told}; whether rule "tcp 80 from pl-2" of sg-b is for it is not known`],
  ])('asked of rules %j: %s', (ingress, want) => {
    const play = new Play({
      wear: { 'eni-a5': ['sg-a'], 'eni-b5': ['sg-b'] },
      groups: [group('sg-a', []), group('sg-b', ingress)],
      standIns,
    });
    expect(play.send('eni-a5', tcp(A, B))).toContain(want);
  });

  test.each([
    [['90 allow tcp 80 34.0.0.0/8', '100 allow all * 0.0.0.0/0'], 'at host/bastion'],
    [
      ['90 deny tcp 80 34.0.0.0/8', '100 allow all * 0.0.0.0/0'],
      `${told}; whether entry "90 deny tcp 80 from 34.0.0.0/8"`,
    ],
    [['110 deny tcp 80 34.0.0.0/8', '100 allow all * 0.0.0.0/0'], 'at host/bastion'],
    [['90 allow tcp 80 34.0.0.0/8'], `${told}; whether entry "90 allow tcp 80 from 34.0.0.0/8"`],
    [['90 deny tcp 80 34.0.0.0/8'], 'rule * of network ACL acl-public denies'],
    [['90 allow tcp 81 34.0.0.0/8'], 'rule * of network ACL acl-public denies'],
    [['90 allow all * 0.0.0.0/1', '100 allow all * 128.0.0.0/1'], 'at host/bastion'],
    [['90 allow all * 0.0.0.0/1', '100 allow tcp 80 128.0.0.0/1'], 'at host/bastion'],
    [['90 allow all * 0.0.0.0/1', '100 allow tcp 80 128.0.0.0/1', '110 deny all * 34.0.0.0/8'], 'at host/bastion'],
    [
      ['90 deny all * 128.0.0.0/1', '100 deny all * 0.0.0.0/1', '110 allow all * 0.0.0.0/0'],
      'rule 90 of network ACL acl-public denies',
    ],
    [
      ['90 allow all * 0.0.0.0/1', '100 allow tcp 81 128.0.0.0/1'],
      `${told}; whether entry "90 allow all from 0.0.0.0/1"`,
    ],
    [
      ['90 allow all * 0.0.0.0/1', '100 deny all * 128.0.0.0/1'],
      `${told}; whether entry "90 allow all from 0.0.0.0/1"`,
    ],
    [
      ['90 allow all * 0.0.0.0/1', '95 deny all * 150.0.0.0/8', '100 allow all * 128.0.0.0/1'],
      `${told}; whether entry "90 allow all from 0.0.0.0/1"`,
    ],
    [
      ['90 allow all * 0.0.0.0/1', '95 deny all * 150.0.0.0/8', '100 allow all * 0.0.0.0/0'],
      `${told}; whether entry "95 deny all from 150.0.0.0/8"`,
    ],
  ])('asked of entries %j: %s', (ingress, want) => {
    const play = new Play({ acls: { public: { ingress, egress: ['100 allow all * 0.0.0.0/0'] } }, standIns });
    expect(play.send('eni-a5', tcp(A, '10.0.100.20'))).toContain(want);
  });
});

describe('flows that are known', () => {
  const closed = { wear: { 'eni-a5': ['sg-a'], 'eni-b5': ['sg-b'] } };
  const groups = [group('sg-a', []), group('sg-b', ['all * sg-a'], [])];

  test.each([
    ['tcp', tcp(A, B), tcp(B, A, 40_000, 80), tcp(B, A, 40_001, 80)],
    ['udp', udp(A, B), udp(B, A, 40_000, 80), udp(B, A, 40_000, 81)],
    ['ping', echo(A, B), echo(B, A, 0), of(B, A, 'icmp', { kind: 'icmp-query', type: 0, code: 0, id: 8, seq: 1 })],
    ['an error', tcp(A, B), about(tcp(A, B)), about(tcp(A, B, 81))],
  ] as const)('the answer passes where no rule allows it, nothing else does: %s', (_, request, answer, other) => {
    const play = new Play({ ...closed, groups });
    expect(play.send('eni-b5', answer)).toContain('no egress rule of sg-b');
    expect(play.send('eni-a5', request)).toBe(NODE_B);
    expect(play.send('eni-b5', answer)).toBe(NODE_A);
    expect(play.send('eni-b5', other)).toContain('no egress rule of sg-b');
  });

  test('other protocols are known by their addresses alone', () => {
    const sctp = (src: string, dst: string, dport: number): Packet =>
      of(src, dst, 'sctp', { kind: 'ports', sport: 9, dport });
    const play = new Play({ ...closed, groups });
    play.send('eni-a5', sctp(A, B, 1));
    expect(play.send('eni-b5', sctp(B, A, 2))).toBe(NODE_A);
  });

  test('they are forgotten when idle: UDP after 30 s, a stream after 180 s, TCP after 5 days', () => {
    const play = new Play({ ...closed, groups });
    const [ask, answer] = [udp(A, B), udp(B, A, 40_000, 80)];
    play.send('eni-a5', ask, 0);
    expect(play.send('eni-b5', answer, 31)).toContain('no egress rule');
    play.send('eni-a5', ask, 40);
    play.send('eni-b5', answer, 41);
    play.send('eni-a5', ask, 42);
    play.send('eni-b5', answer, 43);
    expect(play.send('eni-b5', answer, 43 + 180)).toBe(NODE_A);
    play.send('eni-a5', tcp(A, B), 300);
    expect(play.send('eni-b5', tcp(B, A, 40_000, 80), 300 + 432_000)).toBe(NODE_A);
  });

  test('a flow everybody may open, whose answers everybody may get, is not tracked: an error about it needs a rule', () => {
    const open = group('sg-b', ['tcp 80 0.0.0.0/0']);
    const play = new Play({ wear: { 'eni-b5': ['sg-b'] }, groups: [open] });
    const answer = tcp(B, A, 40_000, 80);
    play.send('eni-a5', tcp(A, B));
    expect(play.send('eni-b5', answer)).toBe(NODE_A);
    expect(play.send('eni-a5', about(answer))).toContain('no ingress rule of sg-b allows icmp 3/4');
    for (const each of [
      group('sg-b', ['tcp 80 10.0.0.0/16']),
      group('sg-b', ['tcp 80 0.0.0.0/0'], ['tcp 1024-65535 0.0.0.0/0']),
    ]) {
      const tracked = new Play({ wear: { 'eni-b5': ['sg-b'] }, groups: [each] });
      tracked.send('eni-a5', tcp(A, B));
      tracked.send('eni-b5', answer);
      expect(tracked.send('eni-a5', about(answer))).toBe(NODE_B);
    }
  });
});

describe('network ACLs', () => {
  const all = { ingress: ['100 allow all * 0.0.0.0/0'], egress: ['100 allow all * 0.0.0.0/0'] };

  for (const [acls, dst, end] of [
    [
      { private: { ...all, egress: [] } },
      '10.0.100.20',
      'rule * of network ACL acl-private denies tcp 80 to 10.0.100.20 out of',
    ],
    [
      { public: { ...all, ingress: [] } },
      '10.0.100.20',
      'rule * of network ACL acl-public denies tcp 80 from 10.0.0.75 into',
    ],
    [{ private: { ingress: [], egress: [] } }, B, NODE_B],
    [{ public: { ...all, ingress: ['90 deny tcp 80 10.0.0.0/22', ...all.ingress] } }, '10.0.100.20', 'rule 90 of'],
    [
      { public: { ...all, ingress: ['110 deny tcp 80 10.0.0.0/22', ...all.ingress] } },
      '10.0.100.20',
      'at host/bastion',
    ],
    [{ public: { ...all, ingress: ['90 deny udp 80 10.0.0.0/22', ...all.ingress] } }, '10.0.100.20', 'at host/bastion'],
    [{ private: { ...all, egress: [] } }, '10.9.0.10', 'out of subnet private'],
    [{ peer: { ...all, ingress: [] } }, '10.9.0.10', 'into subnet peer'],
    [{ public: { ...all, ingress: [] } }, '198.51.100.9', 'into subnet public'],
    [{ public: { ...all, egress: [] } }, '198.51.100.9', 'out of subnet public'],
  ] as const)
    test(`${JSON.stringify(acls)} and ${dst}: ${end}`, () => {
      expect(new Play({ acls }).send('eni-a5', tcp(A, dst))).toContain(end);
    });

  test('it has no memory: the answer needs a rule of its own', () => {
    const play = new Play({
      acls: { public: { ingress: ['100 allow tcp 80 0.0.0.0/0'], egress: ['100 allow tcp 443 0.0.0.0/0'] } },
    });
    expect(play.send('eni-a5', tcp(A, '10.0.100.20'))).toBe('at host/bastion');
    expect(play.send('eni-bastion', tcp('10.0.100.20', A, 40_000, 80))).toContain(
      'denies tcp 40000 to 10.0.0.75 out of',
    );
  });

  test('it is asked behind the group on the way out, and before it on the way in', () => {
    const groups = [group('sg-a', [], []), group('sg-pub', [])];
    const wear = { 'eni-a5': ['sg-a'], 'eni-bastion': ['sg-pub'] };
    const shut = { ingress: [], egress: [] };
    const play = new Play({ wear, groups, acls: { private: shut, public: shut } });
    expect(play.send('eni-a5', tcp(A, '10.0.100.20'))).toContain('no egress rule of sg-a');
    expect(play.send('eni-b5', tcp(B, '10.0.100.20'))).toContain('out of subnet private');
    const inward = new Play({ wear, groups, acls: { public: shut } });
    expect(inward.send('eni-b5', tcp(B, '10.0.100.20'))).toContain('into subnet public');
  });
});
