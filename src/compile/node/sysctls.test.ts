import { expect, test } from 'vitest';
import { articleCluster } from '../../../test/compile/test-cluster.ts';
import { osProfile } from './os-profile.ts';
import { podSysctls } from './sysctls.ts';

test("a pod's hop limit of `default` comes too late for the device it has; one of the device itself counts", () => {
  const os = osProfile('AmazonLinux2023', articleCluster);
  const hopLimits = (...own: readonly (readonly [dev: string, value: string])[]) => {
    const names = own.map(([dev, value]) => ({ name: `net.ipv6.conf.${dev}.hop_limit`, value }));
    const sysctls = podSysctls(os, articleCluster.kubeProxy, names);
    return ['default', 'lo', 'eth0'].map((dev) => sysctls.get(`net.ipv6.conf.${dev}.hop_limit`));
  };
  expect(hopLimits(['default', '77'])).toEqual(['77', '64', '64']);
  expect(hopLimits(['default', '77'], ['eth0', '99'])).toEqual(['77', '64', '99']);
  expect(hopLimits()).toEqual(['64', undefined, undefined]);
});
