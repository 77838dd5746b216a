import { describe, expect } from 'vitest';
import { isWholeRuleset } from '../../src/ingest/lacking-tables.ts';
import { devicesIn, parseIpJsonRoute, parseIpRouteText, parseSockets, toldSockets } from '../../src/linux/index.ts';
import { toldTables } from '../../src/world/index.ts';
import { inNetns, kernelTest } from './kernel.ts';

// What the tools print when they are asked for a part, by which a dump is known to tell of that part alone.

const SETUP = `
ip link set lo up
ip link add eth0 type veth peer name host0
ip link set host0 up; ip link set eth0 up
ip addr add 10.0.1.5/24 dev eth0
ip addr add fd00::5/64 dev eth0 nodad
ip route add default via 10.0.1.1 dev eth0
ip route add default via 10.0.1.2 dev eth0 table 2
`;
const print = (command: string): string => inNetns(`${SETUP}${command}`);

describe('routes', () => {
  for (const [command, four, six] of [
    ['ip route', 'main', 'none'],
    ['ip -j route', 'main', 'none'],
    ['ip -d route', 'main', 'none'],
    ['ip -6 route', 'none', 'main'],
    ['ip route show table all', 'all', 'all'],
    ['ip -j route show table all', 'all', 'all'],
    ['ip -d -j route show table all', 'all', 'all'],
  ] as const)
    kernelTest(command, () => {
      const parse = command.includes('-j') ? parseIpJsonRoute : parseIpRouteText;
      const { value, issues } = parse(print(command), 'x');
      expect(issues).toEqual([]);
      expect([toldTables(value, 4), toldTables(value, 6)]).toEqual([four, six]);
    });
});

describe('devices: lo is among them, unless others were asked for', () => {
  for (const [command, lo] of [
    ['ip -j addr', true],
    ['ip -j -4 addr', true],
    ['ip -j -6 addr', true],
    ['ip -d -j link', true],
    ['ip -j addr show dev eth0', false],
    ['ip -j link show dev eth0', false],
  ] as const)
    kernelTest(command, () => expect(devicesIn(print(command)).has('lo')).toBe(lo));
});

describe('sockets', () => {
  const LISTENERS = `python3 -c '
import socket, subprocess, sys
t = socket.socket(); t.bind(("0.0.0.0", 80)); t.listen(5)
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(("127.0.0.1", 53))
sys.stdout.write(subprocess.run(sys.argv[1].split(), capture_output=True, text=True).stdout)
' `;
  for (const [command, sockets, told, ofOne] of [
    ['ss -lnt', ['tcp 80'], ['tcp'], true],
    ['ss -lnu', ['udp 53'], ['udp'], true],
    ['ss -Hlnt', ['tcp 80'], ['tcp'], true],
    ['ss -lntu', ['tcp 80', 'udp 53'], ['tcp', 'udp'], false],
    ['ss -Hlntup', ['tcp 80', 'udp 53'], ['tcp', 'udp'], false],
  ] as const)
    kernelTest(command, () => {
      const text = print(`${LISTENERS} "${command}"`);
      const { value, issues } = parseSockets(text, 'ss');
      expect(issues).toEqual([]);
      expect(value.map(({ protocol, port }) => `${protocol} ${port}`).sort()).toEqual(sockets);
      const read = toldSockets(text, value);
      expect([[...read.told].sort(), read.ofOne]).toEqual([told, ofOne]);
    });
});

describe('nft list ruleset prints the tables of iptables-nft, nft list table its own alone', () => {
  const TABLES = 'nft add table ip own; iptables-nft -t mangle -N KUBE-KUBELET-CANARY\n';
  for (const [command, want] of [
    ['nft list ruleset', true],
    ['nft list table ip own', false],
  ] as const)
    kernelTest(command, () => expect(isWholeRuleset(print(`${TABLES}${command}`))).toBe(want));
});
