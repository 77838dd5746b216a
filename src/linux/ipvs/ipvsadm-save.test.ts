import { describe, expect, test } from 'vitest';
import { parseIpvsadmSave, printIpvsadmSave, showIpvs } from './ipvsadm-save.ts';

const TEXT = `-A -t 172.20.0.10:53 -s rr
-a -t 172.20.0.10:53 -r 10.0.1.181:53 -m -w 1
-a -t 172.20.0.10:53 -r 10.0.3.231:53 -m -w 0
-A -u 172.20.0.10:53 -s wrr -p 10800 -M 255.255.255.0
-A --sctp-service [fd00::a]:55 -s sh -b sh-port
-a --sctp-service [fd00::a]:55 -r [fd01::2]:5555 -m -w 3
-A -f 7 -6 -s lc
-a -f 7 -6 -r [fd01::2]:0 -g -w 1
-A -u 10.0.0.1:514 -s rr -o
`;

describe('ipvsadm-save -n', () => {
  test('every form is read and printed again', () => {
    const { value, issues } = parseIpvsadmSave(TEXT, 'ipvsadm-save');
    expect(issues).toEqual([]);
    expect(printIpvsadmSave(value)).toBe(TEXT);
    expect(value.map(({ realServers }) => realServers.length)).toEqual([2, 0, 1, 1, 0]);
    expect(value[1]).toMatchObject({ persistent: 10800, netmask: 24 });
  });
  test('limits of 0, as other tools write them, are none', () => {
    const { value, issues } = parseIpvsadmSave(
      '-A -t 1.2.3.4:80 -s rr\n-a -t 1.2.3.4:80 -r 5.6.7.8:80 -m -w 1 -x 0 -y 0\n',
      'x',
    );
    expect(issues).toEqual([]);
    expect(value[0]?.realServers[0]?.unsupported).toBeUndefined();
  });
  test('an option nobody knows is kept and said', () => {
    const text = '-A -t 1.2.3.4:80 -s rr --pe sip\n-a -t 1.2.3.4:80 -r 5.6.7.8:80 -m -w 1 -x 100\n';
    const { value, issues } = parseIpvsadmSave(text, 'ipvsadm-save');
    expect(issues.map(({ at, message }) => [at.line, message])).toEqual([
      [1, 'Cannot evaluate "--pe sip"'],
      [2, 'Cannot evaluate "-x 100"'],
    ]);
    expect(printIpvsadmSave(value)).toBe(text);
  });
  for (const [line, message] of [
    ['hello', 'Cannot read "hello"'],
    ['-A -t 1.2.3.4:99999 -s rr', 'Cannot read "-A -t 1.2.3.4:99999 -s rr"'],
    ['-a -t 1.2.3.4:80 -r 5.6.7.8:80 -m', 'No virtual service -t 1.2.3.4:80 is added before this real server'],
    ['-A -t 1.2.3.4:80 -s rr -p soon', 'Value of -p is "soon"'],
  ] as const)
    test(`wrong: ${line}`, () => {
      expect(parseIpvsadmSave(line, 'x').issues).toMatchObject([{ severity: 'error', message, at: { line: 1 } }]);
    });
  test('as ipvsadm -Ln lists it', () => {
    expect(showIpvs(parseIpvsadmSave(TEXT, 'x').value).split('\n').slice(2, 7)).toEqual([
      '  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn',
      'TCP  172.20.0.10:53 rr',
      '  -> 10.0.1.181:53                Masq    1      0          0',
      '  -> 10.0.3.231:53                Masq    0      0          0',
      'UDP  172.20.0.10:53 wrr persistent 10800 mask 255.255.255.0',
    ]);
  });
});
