import { describe, expect, test } from 'vitest';
import {
  cluster,
  machine,
  meta,
  nodeObject,
  pod,
  podOf,
  source,
  specOf,
  workload,
} from '../../../test/controllers/objects.ts';
import { type Cluster, type LabelSelector, POD_ENI, type Pod, type SecurityGroupPolicy } from '../../cluster/index.ts';
import { ip } from '../../net/index.ts';
import { instanceTypes } from '../ipam/instance-types.ts';
import { settle } from '../settle.ts';
import { branchLimit } from './branch-limits.ts';
import { groupsOfPods } from './groups-of-pods.ts';
import { podEniOf } from './pod-eni-annotation.ts';

const labels = (matchLabels: Record<string, string>): LabelSelector => ({ matchLabels, matchExpressions: [] });
const policy = (
  name: string,
  spec: Partial<SecurityGroupPolicy['spec']>,
  namespace = 'default',
): SecurityGroupPolicy => ({
  kind: 'SecurityGroupPolicy',
  metadata: meta(name, namespace),
  spec: { groupIds: ['sg-1'], ...spec },
  source,
});
const forApi = policy('api', { podSelector: labels({ app: 'api' }), groupIds: ['sg-api'] });
const annotated = (each: Pod, text: string, uid?: string): Pod => ({
  ...each,
  metadata: { ...each.metadata, annotations: { [POD_ENI]: text }, ...(uid === undefined ? {} : { uid }) },
});
const ON = { ENABLE_POD_ENI: 'true' };
const withApi = (over: Partial<Cluster>, settings: Record<string, string> = ON): Cluster =>
  cluster({ securityGroupPolicies: [forApi], nodeSpecs: [machine('n1')], ...over }, settings);

test.each([
  ['m5.large', 9],
  ['m5.24xlarge', 107],
  ['c6g.medium', 4],
  ['z1d.3xlarge', 54],
  ['t3.2xlarge', 0],
  ['t4g.large', 0],
  ['m4.large', 0],
  ['i4i.large', 0],
  ['i4i.xlarge', 6],
  ['m9z.huge', 0],
])('branch interfaces of %s: %i', (type, want) => {
  expect(branchLimit(type)).toBe(want);
});

test('most types we know can trunk', () => {
  expect(instanceTypes().filter((type) => branchLimit(type) > 0).length).toBe(1059);
});

describe('which groups a pod gets', () => {
  const account = (name: string, own: Record<string, string>) => ({
    kind: 'ServiceAccount' as const,
    metadata: meta(name, 'default', own),
    source,
  });
  const serviceAccounts = [account('default', {}), account('payer', { role: 'payments' })];
  const paying = labels({ role: 'payments' });
  test.each<[string, readonly SecurityGroupPolicy[], Pod, readonly string[]]>([
    ['none', [], pod('api-1'), []],
    ['by its labels', [forApi], pod('api-1'), ['sg-api']],
    ['not by those of another', [forApi], pod('web-1'), []],
    ['an empty selector takes all', [policy('all', { podSelector: labels({}) })], pod('web-1'), ['sg-1']],
    ['no selector takes none', [policy('none', {})], pod('web-1'), []],
    ['not in another namespace', [policy('api', { podSelector: labels({}) }, 'other')], pod('api-1'), []],
    [
      "by its service account's labels",
      [policy('pay', { serviceAccountSelector: paying })],
      pod('a-1', { serviceAccountName: 'payer' }),
      ['sg-1'],
    ],
    ['the default one has none', [policy('pay', { serviceAccountSelector: paying })], pod('a-1'), []],
    [
      'both selectors must match',
      [policy('pay', { podSelector: labels({ app: 'web' }), serviceAccountSelector: paying })],
      pod('a-1', { serviceAccountName: 'payer' }),
      [],
    ],
    [
      'of all policies, each group once',
      [forApi, policy('more', { podSelector: labels({}), groupIds: ['sg-2', 'sg-api'] })],
      pod('api-1'),
      ['sg-api', 'sg-2'],
    ],
  ])('%s', (_what, securityGroupPolicies, of, want) => {
    expect(groupsOfPods({ securityGroupPolicies, serviceAccounts })(of)).toEqual(want);
  });
});

test('a node has its trunk at the highest device index, and a pod its branch on it, with the lowest VLAN', () => {
  const { value, issues } = settle(withApi({ pods: [pod('api-1'), pod('api-2'), pod('web-1')] }));
  const n1 = specOf(value, 'n1');
  expect(n1.enis.map(({ deviceIndex, interfaceType = '-' }) => `${deviceIndex} ${interfaceType}`)).toEqual([
    '0 -',
    '1 -',
    '2 trunk',
  ]);
  expect(n1.enis.at(-1)?.addresses).toEqual([]);
  expect(
    n1.branches?.map(({ branch, securityGroups, subnet, primaryIp }) => [
      branch.pod,
      branch.vlanId,
      securityGroups,
      subnet,
      primaryIp,
    ]),
  ).toEqual([
    ['default/api-1', 1, ['sg-api'], 'a', ip(podOf(value, 'api-1').status.podIPs[0] ?? '')],
    ['default/api-2', 2, ['sg-api'], 'a', ip(podOf(value, 'api-2').status.podIPs[0] ?? '')],
  ]);
  const ofPods = value.pods.flatMap(({ spec, status }) => (spec.hostNetwork ? [] : status.podIPs));
  expect(new Set(ofPods).size).toBe(ofPods.length);
  expect(issues.filter(({ severity }) => severity === 'error')).toEqual([]);
});

test('settling again changes nothing', () => {
  const once = settle(withApi({ pods: [pod('api-1'), pod('web-1')] })).value;
  const again = settle(once).value;
  expect(again.nodeSpecs).toEqual(once.nodeSpecs);
  expect(again.pods).toEqual(once.pods);
});

test('the trunk takes the place of an ENI for pods', () => {
  const pods = Array.from({ length: 20 }, (_, i) => pod(`web-${i}`));
  const count = (settings: Record<string, string>): number =>
    specOf(settle(cluster({ pods, nodeSpecs: [machine('n1')] }, settings)).value, 'n1').enis.filter(
      ({ interfaceType }) => interfaceType !== 'trunk',
    ).length;
  expect([count({}), count(ON)]).toEqual([3, 2]);
});

describe('a pod whose branch interface is not to be had stays Pending', () => {
  const why = (of: Cluster, name = 'api-1'): string | undefined => podOf(settle(of).value, name).status.why;
  test.each<[string, Cluster, string]>([
    [
      'ENABLE_POD_ENI is off: the webhook asks for one all the same',
      withApi({ pods: [pod('api-1')] }, {}),
      '0/1 nodes are available: 1 Insufficient vpc.amazonaws.com/pod-eni',
    ],
    [
      'no type that can trunk',
      withApi({
        pods: [pod('api-1')],
        nodeSpecs: [machine('n1', { instanceType: 't3.large' }), machine('n2', { instanceType: 'm4.large' })],
      }),
      '0/2 nodes are available: 2 Insufficient vpc.amazonaws.com/pod-eni',
    ],
  ])('%s', (_what, of, want) => {
    expect(why(of)).toBe(want);
  });
  test('one more than the type allows', () => {
    const settled = settle(withApi({ workloads: [workload('Deployment', 'api', 10)] })).value;
    const pods = settled.pods.filter(({ metadata }) => metadata.labels.app === 'api');
    expect(pods.filter(({ status }) => status.why?.includes('Insufficient vpc.amazonaws.com/pod-eni')).length).toBe(1);
    expect(specOf(settled, 'n1').branches?.map(({ branch }) => branch.vlanId)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
  test('what a live node advertises wins over its type', () => {
    const node = nodeObject('n1');
    const nodes = [{ ...node, status: { ...node.status, capacityPodEnis: 0 } }];
    expect(why(withApi({ pods: [pod('api-1')], nodes }))).toContain('Insufficient vpc.amazonaws.com/pod-eni');
  });
});

test.each<[string, Pod]>([
  ['on the host network', pod('api-1', { hostNetwork: true, nodeName: 'n1' })],
  ['for Windows', pod('api-1', { nodeSelector: { 'kubernetes.io/os': 'windows' } })],
  [
    'that was there before its policy',
    { ...pod('api-1', { nodeName: 'n1' }), metadata: { ...meta('api-1', 'default', { app: 'api' }), uid: 'u' } },
  ],
])('a pod %s gets none', (_what, of) => {
  const settled = settle(withApi({ pods: [of] })).value;
  expect(specOf(settled, 'n1').branches).toBeUndefined();
  expect(podOf(settled, 'api-1').spec.podEni).toBeUndefined();
});

test("a pod whose address is said to be of its node's interface was there before its policy, and that is assumed", () => {
  const seated = machine('n1', {
    enis: [
      {
        id: 'eni-0',
        deviceIndex: 0,
        subnet: 'a',
        primaryIp: ip('10.0.0.10'),
        addresses: [ip('10.0.0.40')],
        prefixes: [],
        securityGroups: [],
      },
    ],
  });
  const pods = [pod('api-1', { nodeName: 'n1' }, { podIPs: [ip('10.0.0.40')] }), pod('web-1', { nodeName: 'n1' })];
  const { value } = settle(withApi({ pods, nodeSpecs: [seated] }));
  expect(specOf(value, 'n1').branches).toBeUndefined();
  expect(podOf(value, 'web-1').status.podIPs).not.toEqual(['10.0.0.40']);
  expect(value.assumptions.join()).toContain("of their nodes' interfaces: default/api-1");
});

describe('a live pod has the branch interface its annotation names', () => {
  const eni = {
    eniId: 'eni-0a',
    ifAddress: '02:00:00:00:00:0a',
    privateIp: '10.0.0.77',
    vlanId: 7,
    subnetCidr: '10.0.0.0/24',
  };
  const live = (text: string) => annotated(pod('api-1', { nodeName: 'n1' }, { podIPs: [ip('10.0.0.77')] }), text, 'u');
  test('and its CNI makes them, whatever else the input says; a new one takes another VLAN and address', () => {
    const settled = settle(withApi({ pods: [live(JSON.stringify([eni])), pod('api-0')] }, {})).value;
    const [fresh, own] = specOf(settled, 'n1').branches ?? [];
    expect(own).toMatchObject({ id: 'eni-0a', primaryIp: '10.0.0.77', branch: { vlanId: 7, pod: 'default/api-1' } });
    expect(fresh?.branch).toMatchObject({ vlanId: 1, pod: 'default/api-0' });
    expect(settled.assumptions.join()).toContain('ENABLE_POD_ENI is taken to be true');
    expect(own?.securityGroups).toEqual(['sg-api']);
  });
  test('whose groups are not known without the policy that gave them', () => {
    const { value } = settle(withApi({ pods: [live(JSON.stringify([eni]))], securityGroupPolicies: [] }));
    expect(specOf(value, 'n1').branches?.map(({ securityGroups }) => securityGroups)).toEqual([[]]);
  });
  test.each<[string, string, string]>([
    [
      'keys in any case',
      JSON.stringify([{ ENIID: 'eni-0a', ifaddress: '02:00:00:00:00:0a', PrivateIP: '10.0.0.77', vlanID: 7 }]),
      '',
    ],
    ['no list', '{}', 'is no JSON list of network interfaces'],
    ['no JSON', 'eni-0a', 'is no JSON list of network interfaces'],
    ['an empty list', '[]', 'is no JSON list of network interfaces'],
    ['no id', JSON.stringify([{ ...eni, eniId: '' }]), 'names no "eniId"'],
    ['no MAC', JSON.stringify([{ ...eni, ifAddress: 'x' }]), 'has no MAC address in "ifAddress"'],
    ['no VLAN', JSON.stringify([{ ...eni, vlanId: 0 }]), 'has no VLAN from 1 to 4094 in "vlanId"'],
    ['no address', JSON.stringify([{ ...eni, privateIp: '' }]), 'has no address in "privateIp" or "ipv6Addr"'],
  ])('%s', (_what, text, want) => {
    const issues: Parameters<typeof podEniOf>[1] = [];
    const read = podEniOf(live(text), issues);
    expect(read === undefined).toBe(want !== '');
    expect(issues.map(({ message }) => message)).toEqual(
      want === '' ? [] : [`Annotation ${POD_ENI} of pod "default/api-1" ${want}`],
    );
  });
  test('with another address than the pod has it is an error', () => {
    const { issues } = settle(withApi({ pods: [live(JSON.stringify([{ ...eni, privateIp: '10.0.0.78' }]))] }));
    expect(issues.map(({ message }) => message).join()).toContain(
      'Pod "default/api-1" has 10.0.0.77, and its branch interface eni-0a 10.0.0.78',
    );
  });
  test('outside every subnet it is an error', () => {
    const { issues } = settle(withApi({ pods: [live(JSON.stringify([{ ...eni, privateIp: '192.0.2.7' }]))] }));
    expect(issues.map(({ message }) => message).join()).toContain(
      'eni-0a of pod "default/api-1" has 192.0.2.7, which is in no subnet',
    );
  });
});

test('service accounts a policy selects by and nobody described are told', () => {
  const byAccount = policy('pay', { serviceAccountSelector: labels({ role: 'payments' }) });
  const { issues } = settle(withApi({ securityGroupPolicies: [byAccount], pods: [pod('a-1')] }));
  expect(issues.find(({ code }) => code === 'service-account-unknown')?.message).toContain(
    '"default/default" of pod "default/a-1"',
  );
});
