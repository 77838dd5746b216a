import { expect, test } from 'vitest';
import type { LabPlan, PlanStep } from '../types.ts';
import { settingsOf, withoutUntouched } from './new-settings.ts';

const V4 = 'net.ipv4.conf';
const UNTOUCHED = new Map([
  ['net.ipv4.ip_forward', '0'],
  ['net.ipv4.ip_default_ttl', '64'],
  [`${V4}.all.accept_redirects`, '1'],
  ...['all', 'default', 'lo'].flatMap((dev) => [
    [`${V4}.${dev}.forwarding`, '0'] as const,
    [`${V4}.${dev}.rp_filter`, '0'] as const,
    [`net.ipv6.conf.${dev}.disable_ipv6`, '0'] as const,
  ]),
]);

const sysctl = (netns: string, ...values: (readonly [string, string])[]): PlanStep => ({
  kind: 'sysctl',
  netns,
  values,
});
const planOf = (...phases: readonly (readonly PlanStep[])[]): LabPlan => ({
  phases: phases.map((steps) => ({ title: '', steps })),
  namespaces: [],
  hostPods: [],
  gaps: [],
  wires: [],
});
const written = (...phases: readonly (readonly PlanStep[])[]): readonly string[] =>
  withoutUntouched(planOf(...phases), UNTOUCHED).phases.flatMap(({ steps }) =>
    steps.flatMap((step) =>
      step.kind === 'sysctl' ? step.values.map(([name, value]) => `${step.netns} ${name}=${value}`) : [],
    ),
  );

test('what stands in a new namespace is not written, what nobody knows is', () => {
  const values = [
    ['net.ipv4.ip_default_ttl', '64'],
    [`${V4}.eth0.rp_filter`, '0'],
  ] as const;
  expect(written([sysctl('a', ...values)])).toEqual([`a ${V4}.eth0.rp_filter=0`]);
  expect(
    withoutUntouched(planOf([sysctl('a', ['net.ipv4.ip_default_ttl', '64'])]), UNTOUCHED).phases[0]?.steps,
  ).toEqual([]);
  expect(settingsOf(planOf([sysctl('a', ...values)], [sysctl('b', ...values)]))).toEqual(values.map(([name]) => name));
});

test.each([
  [`${V4}.all.rp_filter`, `${V4}.default.rp_filter`],
  [`${V4}.all.rp_filter`, `${V4}.lo.rp_filter`],
  [`${V4}.default.rp_filter`, `${V4}.lo.rp_filter`],
  ['net.ipv4.ip_forward', `${V4}.all.forwarding`],
  ['net.ipv4.ip_forward', `${V4}.lo.forwarding`],
  [`${V4}.all.forwarding`, `${V4}.default.forwarding`],
  ['net.ipv6.conf.all.disable_ipv6', 'net.ipv6.conf.lo.disable_ipv6'],
])('behind %s is written %s, which it may have overwritten: in its namespace', (first, second) => {
  const both = [
    [first, '1'],
    [second, UNTOUCHED.get(second) ?? '?'],
  ] as const;
  expect(written([sysctl('a', ...both), sysctl('b', ...both.slice(1))])).toEqual(
    both.map(([name, value]) => `a ${name}=${value}`),
  );
  expect(written([sysctl('a', ...both.slice(0, 1))], [sysctl('a', ...both.slice(1))])).toHaveLength(2);
});

test('to turn forwarding on turns redirects off', () => {
  const name = `${V4}.all.accept_redirects`;
  expect(written([sysctl('a', ['net.ipv4.ip_forward', '1'], [name, '1'])])).toContain(`a ${name}=1`);
  expect(written([sysctl('a', ['net.ipv4.ip_forward', '0'], [name, '1'])])).toEqual([]);
});
