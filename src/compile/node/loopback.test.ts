import { describe, expect, test } from 'vitest';
import { NODE, netns, TOOLBOX } from '../../../test/compile/compiled.ts';
import { articleCluster, articleNode, testPod } from '../../../test/compile/test-cluster.ts';
import { type Netns, printIpJsonAddr, showRoutes, showRules } from '../../linux/index.ts';
import { podNetns } from './names.ts';

const loopback = (of: Netns): readonly string[] =>
  of.addresses.filter(({ dev, family }) => dev === 'lo' && family === 6).map(({ local }) => local);
const local6 = (of: Netns): readonly string[] =>
  showRoutes(
    of.routes.filter(({ family }) => family === 6),
    255,
  )
    .trimEnd()
    .split('\n');

describe('lo of a cluster of IPv4', () => {
  test('has ::1, its local route and the rules of IPv6, on nodes and in pods', () => {
    for (const id of [NODE, TOOLBOX]) {
      const of = netns(articleCluster, id);
      expect(loopback(of)).toEqual(['::1']);
      expect(printIpJsonAddr(of.addresses)).toContain('"local":"::1","prefixlen":128,"scope":"host"');
      expect(local6(of)).toEqual(['local ::1 dev lo proto kernel metric 0 pref medium']);
      expect(showRules(of.rules, 6)).toBe('0:\tfrom all lookup local\n32766:\tfrom all lookup main\n');
    }
  });

  const ofNode = (sysctls: Record<string, string>): Netns =>
    netns({ ...articleCluster, nodeSpecs: [{ ...articleNode, sysctls }] }, NODE);
  const ofPod = (devs: readonly string[]): Netns => {
    const at = { file: 'cluster.yaml' };
    const sysctls = devs.map((dev) => ({ name: key(dev), value: '1', at }));
    const pod = testPod('packetlab', 'p', articleNode.name, '10.0.1.60', { sysctls });
    return netns({ ...articleCluster, pods: [pod] }, podNetns('packetlab', 'p'));
  };
  const key = (dev: string): string => `net.ipv6.conf.${dev}.disable_ipv6`;

  test.each([
    ['all', []],
    ['lo', []],
    ['default', ['::1']],
  ])('a node that sets disable_ipv6 of %s', (dev, expected) => {
    const of = ofNode({ [key(dev)]: '1' });
    expect(loopback(of)).toEqual(expected);
    expect(local6(of).join()).toBe(expected.length === 0 ? '' : 'local ::1 dev lo proto kernel metric 0 pref medium');
  });

  test.each([
    ['all', [], '1'],
    ['default', ['::1'], '0'],
  ])('a pod that sets disable_ipv6 of %s, after its devices were made', (dev, expected, eth0) => {
    const of = ofPod([dev]);
    expect(loopback(of)).toEqual(expected);
    expect(of.sysctls.get(key('eth0')) ?? of.sysctls.get(key('all'))).toBe(eth0);
  });
});
