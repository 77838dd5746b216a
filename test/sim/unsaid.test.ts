import { expect, test } from 'vitest';
import type { Netns, TableName, Unmodelled } from '../../src/linux/index.ts';
import { ip } from '../../src/net/index.ts';
import { createHost, receive } from '../../src/sim/host/index.ts';
import { walkSim } from '../../src/sim/index.ts';
import { id, netnsFrom } from './netns-from.ts';
import { skbOf, tcp, walkAt } from './router.ts';
import { CLIENT, NODE_A, SERVER, testWorld } from './test-world.ts';

// What a World folder does not say, and a walk asks for.

/** How a walk from the client's pod to the server's ends, where a namespace says less. */
function ending(name: string, scope: Unmodelled['scope'], of: Partial<Netns> = {}, port = 8080): unknown {
  const world = testWorld();
  const netns = world.netns.get(id(name));
  if (netns === undefined) throw new Error(`no ${name}`);
  const changed = { ...netns, ...of, unmodelled: [{ scope, what: 'w/file does not say' }] };
  const altered = { ...world, netns: new Map([...world.netns, [netns.id, changed]]) };
  const probe = { from: CLIENT, dst: ip('10.0.2.127'), protocol: 'tcp', dport: port } as const;
  const [trip] = walkSim(altered, probe, { choice: { kind: 'first' }, detail: 'full' });
  return trip?.disposition;
}

const FORWARD = { kind: 'sysctl', name: 'net.ipv4.ip_forward' } as const;
const FILTER = { kind: 'sysctl', name: 'net.ipv4.conf.all.rp_filter' } as const;

test('who listens: asked where no socket is known', () => {
  expect(ending(SERVER, { kind: 'sockets' }, { sockets: [] })).toBe('unknown');
  expect(ending(SERVER, { kind: 'sockets' })).toBe('delivered');
});

test('whether the host forwards: asked of a node, not of a pod', () => {
  expect(ending(NODE_A, FORWARD)).toBe('unknown');
  expect(ending(SERVER, FORWARD)).toBe('delivered');
});

const table = (name: TableName, family: 4 | 6 = 4): Unmodelled['scope'] => ({ kind: 'table', family, table: name });

test.each([
  [NODE_A, 'mangle'],
  [NODE_A, 'filter'],
  [NODE_A, 'nat'],
  [SERVER, 'raw'],
  [SERVER, 'nat'],
] as const)('a table of iptables nobody knows: met at %s, %s; not by the other IP family', (at, name) => {
  expect(ending(at, table(name))).toBe('unknown');
  expect(ending(at, table(name, 6))).toBe('delivered');
});

test('a table of iptables nobody knows is not met by what dies before', () => {
  const host = createHost(
    {
      ...netnsFrom('node/r', { addresses: 'in0 10.1.0.1/24', routes: '', sysctls: { 'net.ipv4.ip_forward': '0' } }),
      unmodelled: [{ scope: table('filter'), what: 'w/file leaves out filter' }],
    },
    'nodes/r',
  );
  const to = (dst: string): unknown => receive(host, skbOf(tcp('10.1.0.2', dst)), walkAt());
  expect(to('192.0.2.1')).toMatchObject({ kind: 'died' });
  expect(to('10.1.0.1')).toMatchObject({ kind: 'unknown', what: 'w/file leaves out filter' });
});

test('how strict the reverse-path filter is: asked where strict and off disagree', () => {
  expect(ending(SERVER, FILTER)).toBe('delivered');
  const netns = netnsFrom('node/r', { addresses: 'in0 10.1.0.1/24\nout0 10.2.0.1/24', routes: '10.9.0.0/16 dev in0' });
  const host = createHost({ ...netns, unmodelled: [{ scope: FILTER, what: 'w/file does not say' }] }, 'nodes/r');
  const from = (src: string): string => receive(host, skbOf(tcp(src, '10.1.0.1')), walkAt()).kind;
  expect([from('10.9.0.2'), from('10.2.0.2')]).toEqual(['died', 'unknown']);
});
