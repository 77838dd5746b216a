import { describe, expect, test } from 'vitest';
import { CLASS, only, PORT, settled } from '../../../test/controllers/service-load-balancer.ts';

describe('annotations of the cloud controller manager', () => {
  const EDGE: readonly (readonly [string, string])[] = [
    ['name: node-91, labels: {', 'name: node-91, labels: { edge: "", zone: b,'],
    ['name: node-71, labels: {', 'name: node-71, labels: { edge: "yes",'],
  ];
  const nodes = (labels: string, spec?: string) =>
    only({ annotations: { 'target-node-labels': labels }, base: EDGE, ...(spec === undefined ? {} : { spec }) })
      .group.targets.map(({ ip }) => ip)
      .toSorted();
  test('target-node-labels: an empty value is that value, or any to the cloud controller manager', () => {
    const both = ['10.0.1.71', '10.0.2.91'];
    expect([nodes('edge='), nodes('edge=', PORT), nodes('edge', PORT)]).toEqual([['10.0.2.91'], both, both]);
    expect([nodes('edge=,zone=b', PORT), nodes('edge=,zone=c', PORT)]).toEqual([['10.0.2.91'], []]);
  });

  test('the codes of a check: an annotation of the other controller', () => {
    const codes = (type: string, spec: string) =>
      only({ spec, annotations: { type, 'healthcheck-protocol': 'http', 'healthcheck-success-codes': '204' } }).group
        .healthCheck.matcher;
    expect([codes('', PORT), codes('nlb', PORT), codes('nlb', `${CLASS}, ${PORT}`)]).toEqual(['200', '200-399', '204']);
  });

  const UNREAD = /expected none: the cloud controller manager of Kubernetes .* does not read it/;
  const at = (version: string, annotations: Readonly<Record<string, string>>) => {
    const { cluster, issues } = settled({
      spec: PORT,
      annotations: { type: 'nlb', ...annotations },
      base: [['version: "1.34"', `version: "${version}"`]],
    });
    const taken = cluster.assumptions.filter((text) => text.includes('is taken to be v'));
    const unread = issues.filter(({ severity, expected }) => severity === 'warning' && UNREAD.test(expected ?? ''));
    return { made: cluster.loadBalancers[0], group: cluster.targetGroups[0], unread, taken };
  };
  test.each([
    ['1.31', true, false, 1, 0],
    ['1.32', false, true, 0, 1],
    ['1.34', false, true, 0, 1],
    ['1.35', false, true, 0, 0],
  ])('target-group-attributes in Kubernetes %s', (version, preserves, proxies, unread, taken) => {
    const made = at(version, {
      'target-group-attributes': 'preserve_client_ip.enabled=false,proxy_protocol_v2.enabled=true',
    });
    expect(made.group).toMatchObject({ preserveClientIp: preserves, proxyProtocolV2: proxies });
    expect([made.unread.length, made.taken.length]).toEqual([unread, taken]);
  });
  test('private-ipv4-addresses, from Kubernetes 1.35', () => {
    const asked = (text: string) => ({ internal: 'true', 'private-ipv4-addresses': text });
    const given = (version: string, text: string) =>
      at(version, asked(text)).made?.subnets.map(({ privateIp }) => privateIp);
    expect(given('1.35', '10.0.1.77,10.0.2.77')).toEqual(['10.0.1.77', '10.0.2.77']);
    expect(given('1.34', '10.0.1.77,10.0.2.77')).toEqual([undefined, undefined]);
    expect(at('1.34', asked('10.0.1.77,10.0.2.77')).unread).toHaveLength(1);
    for (const wrong of ['10.0.2.77,10.0.1.77', '10.0.1.77, 10.0.2.77', '10.0.1.77', '10.0.1.77,192.0.2.1'])
      expect(given('1.35', wrong)).toBe(undefined);
    expect(at('1.35', { 'private-ipv4-addresses': '10.0.1.77,10.0.2.77' }).made).toBe(undefined);
  });
});
