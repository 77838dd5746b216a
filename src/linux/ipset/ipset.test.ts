import { describe, expect, test } from 'vitest';
import { parseIpsetSave, printIpsetSave, showIpsets } from './ipset.ts';

/** As ipset 7.17 printed it on Linux 6.18. */
const TEXT = `create KUBE-CLUSTER-IP hash:ip,port family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0xba5fb962
add KUBE-CLUSTER-IP 172.20.0.10,udp:53
add KUBE-CLUSTER-IP 172.20.0.10,tcp:53
create KUBE-LOOP-BACK hash:ip,port,ip family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0xf70781ae
add KUBE-LOOP-BACK 10.0.1.5,tcp:53,10.0.1.5
create KUBE-NODE-PORT-TCP bitmap:port range 0-65535
add KUBE-NODE-PORT-TCP 30080
create SRC hash:ip,port,net family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0xbe970255
add SRC 1.2.3.4,tcp:80,10.1.0.0/16 nomatch
add SRC 1.2.3.4,tcp:80,10.0.0.0/8
create IPS6 hash:ip,port family inet6 hashsize 1024 maxelem 65536 bucketsize 12 initval 0x93bd9c9b
add IPS6 fd00::1,tcp:80
`;

describe('ipset save', () => {
  test('is read and printed again', () => {
    const { value, issues } = parseIpsetSave(TEXT, 'ipset-save');
    expect(issues).toEqual([]);
    expect(printIpsetSave(value)).toBe(TEXT);
  });
  test('a block of one address is printed without its length', () => {
    const { value } = parseIpsetSave('create N hash:net family inet\nadd N 10.0.0.1/32\nadd N 10.0.0.0/8\n', 'x');
    expect(printIpsetSave(value)).toBe('create N hash:net family inet\nadd N 10.0.0.1\nadd N 10.0.0.0/8\n');
  });
  for (const text of [
    'create X list:set size 8',
    'create X hash:ip family inet timeout 300',
    'create X hash:ip,port family inet\nadd X 10.0.0.1,icmp:echo-request',
    'create X hash:ip family inet\nadd X fd00::1',
  ])
    test(`not known, so said and left undecided: ${text.replace('\n', ' / ')}`, () => {
      const { value, issues } = parseIpsetSave(text, 'ipset-save');
      expect(issues).toMatchObject([{ severity: 'warning', hint: 'a walk that has to ask this set ends "unknown"' }]);
      expect(value[0]?.unsupported).toBe(text.split('\n').at(-1));
    });
  for (const [text, message] of [
    ['add X 10.0.0.1', 'Set "X" is not created before something is added to it'],
    ['create X hash:ip\ncreate X hash:ip', 'Set "X" is created twice'],
    ['destroy X', 'Cannot read "destroy X" (expected "create NAME TYPE" or "add NAME ENTRY")'],
  ] as const)
    test(`wrong: ${text.replace('\n', ' / ')}`, () => {
      expect(parseIpsetSave(text, 'x').issues).toMatchObject([{ severity: 'error', message }]);
    });
  test('as ipset list shows it', () => {
    expect(showIpsets(parseIpsetSave(TEXT, 'x').value)).toContain(
      'Name: KUBE-NODE-PORT-TCP\nType: bitmap:port\nHeader: range 0-65535\nNumber of entries: 1\nMembers:\n30080\n',
    );
  });
});
