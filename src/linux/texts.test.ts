import { describe, expect, test } from 'vitest';
import { parseConntrack, printConntrack } from './conntrack/conntrack.ts';
import { parseResolvConf, printResolvConf } from './resolv-conf.ts';
import { parseSockets, printSockets, toldSockets } from './sockets/ss.ts';
import { parseSysctl, printSysctl } from './sysctl/sysctl.ts';

test('sysctl: spaces, slashes and comments; printed in name order', () => {
  const { value, issues } = parseSysctl(
    'net/ipv4/conf/eth0.1/rp_filter=2\n# why\nnet.ipv4.ip_forward = 1\nbroken\n',
    'sysctl',
  );
  expect(printSysctl(value)).toBe('net.ipv4.conf.eth0/1.rp_filter = 2\nnet.ipv4.ip_forward = 1\n');
  expect(issues.map((issue) => issue.at.line)).toEqual([4]);
});

test('sysctl: the tabs inside a value stay', () => {
  const line = 'net.ipv4.ip_local_port_range = 32768\t60999\n';
  expect(printSysctl(parseSysctl(line, 'x').value)).toBe(line);
});

test('sockets: every form of a local address', () => {
  const text = [
    'tcp LISTEN 0 4096 0.0.0.0:8080 0.0.0.0:* users:(("echoserver",pid=1,fd=3))',
    'tcp LISTEN 0 4096 *:10250 *:* users:(("kubelet",pid=1,fd=3))',
    'tcp LISTEN 0 4096 [::]:80 [::]:*',
    'udp UNCONN 0 0 10.0.0.75%ens5:68 0.0.0.0:* users:(("systemd-network",pid=1,fd=3))',
    'udp UNCONN 0 0 [fe80::1]%ens5:546 [::]:*',
    '',
  ].join('\n');
  const { value, issues } = parseSockets(text, 'ss');
  expect(issues).toEqual([]);
  expect(printSockets(value)).toBe(text);
  expect(parseSockets('tcp   LISTEN 0      128          0.0.0.0:2024      0.0.0.0:*', 'ss').value).toMatchObject([
    { port: 2024 },
  ]);
});

describe('sockets of one protocol: no column Netid', () => {
  const header = 'State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\n';
  for (const [why, text, sockets, told, ofOne] of [
    [
      'ss -lnt',
      `${header}LISTEN 0      5            0.0.0.0:80        0.0.0.0:*          \n`,
      ['tcp 80'],
      ['tcp'],
      true,
    ],
    ['ss -Hlnu', 'UNCONN 0 0 127.0.0.53%lo:53 0.0.0.0:*\n', ['udp 53'], ['udp'], true],
    [
      'ss -lnt, then ss -lnu',
      `${header}LISTEN 0 5 *:80 *:*\n${header}UNCONN 0 0 *:53 *:*\n`,
      ['tcp 80', 'udp 53'],
      ['tcp', 'udp'],
      true,
    ],
    ['nothing of one', header, [], [], true],
    ['ss -lntu', `Netid ${header}tcp   LISTEN 0 5 0.0.0.0:80 0.0.0.0:*\n`, ['tcp 80'], ['tcp', 'udp'], false],
    ['ss -lntu | grep LISTEN', 'tcp   LISTEN 0 5 0.0.0.0:80 0.0.0.0:*\n', ['tcp 80'], ['tcp'], false],
    ['nothing at all', '', [], ['tcp', 'udp'], false],
  ] as const)
    test(why, () => {
      const { value, issues } = parseSockets(text, 'ss');
      expect(issues).toEqual([]);
      expect(value.map(({ protocol, port }) => `${protocol} ${port}`)).toEqual(sockets);
      const read = toldSockets(text, value);
      expect([[...read.told], read.ofOne]).toEqual([told, ofOne]);
    });
  test.each([
    ['tcp 0 0 0.0.0.0:22 0.0.0.0:* LISTEN', 'error', 'No column says'],
    ['Recv-Q Send-Q Local Address:Port', 'error', 'No column says'],
    ['ESTAB 0 0 10.0.0.1:22 10.0.0.2:4000', 'warning', 'in state "ESTAB"'],
    ['u_str LISTEN 0 4096 /run/x 1 * 0', 'warning', 'Socket "u_str"'],
  ])('%s', (line, severity, message) =>
    expect(parseSockets(line, 'ss').issues).toMatchObject([{ severity, message: expect.stringContaining(message) }]),
  );
});

describe('conntrack', () => {
  const dnat =
    'tcp      6 3599 ESTABLISHED src=10.0.1.51 dst=172.20.0.1 sport=1234 dport=80 src=10.0.2.1 dst=10.0.1.51 sport=8080 dport=1234 [ASSURED] mark=128 use=1\n';
  test('which sides are translated follows from the tuples', () => {
    expect(parseConntrack(dnat, 'x').value).toMatchObject([
      { srcNat: false, dstNat: true, assured: true, unreplied: false },
    ]);
    expect(printConntrack(parseConntrack(dnat, 'x').value)).toBe(dnat);
  });
  test('-o extended, accounting and the closing line are passed over', () => {
    const text = `ipv4     2 ${dnat.trim().replace('[ASSURED]', 'packets=3 bytes=9 [ASSURED]').replace('use=1', 'secctx=null use=2')}\nconntrack v1.4.7 (conntrack-tools): 1 flow entries have been shown.\n`;
    const { value, issues } = parseConntrack(text, 'x');
    expect(issues).toEqual([]);
    expect(printConntrack(value)).toBe(dnat);
  });
  test('a broken line is an issue', () => {
    expect(parseConntrack('tcp 6 3 src=10.0.0.1', 'conntrack').issues).toMatchObject([
      { at: { line: 1 }, severity: 'error' },
    ]);
  });
});

test('resolv.conf', () => {
  const text = 'search a.svc.cluster.local svc.cluster.local\nnameserver 172.20.0.10\noptions ndots:5\n';
  expect(printResolvConf(parseResolvConf(text, 'x').value)).toBe(text);
  expect(parseResolvConf('sortlist 1\n', 'x').issues).toMatchObject([{ at: { line: 1 } }]);
});
