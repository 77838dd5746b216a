import { expect, test } from 'vitest';
import { loadCluster } from '../../cluster/index.ts';
import { settle } from '../settle.ts';

// Which pods become micro-VMs, where, and that settling again changes nothing.

const CLUSTER = `apiVersion: eksctl.io/v1alpha5
kind: ClusterConfig
metadata: { name: c, region: us-east-1, version: "1.34" }
availabilityZones: [us-east-1a, us-east-1b]
vpc: { cidr: 10.0.0.0/16 }
managedNodeGroups: [{ name: g, instanceType: m5.large, desiredCapacity: 1, privateNetworking: true }]
fargateProfiles: [{ name: fp, selectors: [{ namespace: "team-*" }] }]
addons: [{ name: vpc-cni, version: v1.21.1 }, { name: kube-proxy }, { name: coredns }]
`;
const pod = (name: string, namespace: string, more = ''): string => `---
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: ${namespace} }
spec: { containers: [{ name: main, image: "app:1" }]${more} }
`;

function settled(text: string) {
  const { value, issues } = loadCluster([{ path: 'in.yaml', text: CLUSTER + text }], []);
  expect(issues).toEqual([]);
  return settle(value);
}

test("each pod a profile takes gets a Node with its address, in the profile's subnets in turn", () => {
  const { value } = settled(['a', 'b', 'c'].map((name) => pod(name, 'team-x')).join(''));
  const pods = value.pods.filter(({ metadata }) => metadata.namespace === 'team-x');
  expect(pods.map(({ spec, status }) => [spec.nodeName, ...status.podIPs, status.hostIP])).toEqual([
    ['fargate-ip-10-0-64-4.ec2.internal', '10.0.64.4', '10.0.64.4'],
    ['fargate-ip-10-0-96-4.ec2.internal', '10.0.96.4', '10.0.96.4'],
    ['fargate-ip-10-0-64-5.ec2.internal', '10.0.64.5', '10.0.64.5'],
  ]);
  const node = value.nodes.find(({ metadata }) => metadata.name === 'fargate-ip-10-0-64-4.ec2.internal');
  expect(node?.spec.taints).toEqual([
    { key: 'eks.amazonaws.com/compute-type', value: 'fargate', effect: 'NoSchedule' },
  ]);
});

test('an address is given once, to a micro-VM or to a pod of an EC2 node', () => {
  const { value } = settled(pod('a', 'team-x') + pod('b', 'team-y') + pod('c', 'other') + pod('d', 'other'));
  const addresses = value.nodeSpecs.flatMap(({ enis }) => enis.flatMap((eni) => [eni.primaryIp, ...eni.addresses]));
  expect(new Set(addresses).size).toBe(addresses.length);
});

test('what a pod asks of nodes does not keep it from Fargate, and nobody else is put on its Node', () => {
  const tolerant = ', nodeSelector: { eks.amazonaws.com/compute-type: fargate }, tolerations: [{ operator: Exists }]';
  const { value } = settled(pod('a', 'team-x', ', nodeSelector: { disk: ssd }') + pod('b', 'other', tolerant));
  const nodeOf = (name: string) => value.pods.find(({ metadata }) => metadata.name === name)?.spec.nodeName;
  expect(nodeOf('a')).toBe('fargate-ip-10-0-64-4.ec2.internal');
  expect(nodeOf('b')).toBeUndefined();
});

test('pods of a DaemonSet are bound to nodes of EC2, whatever a profile matches', () => {
  const { value, issues } = settled(`---
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: agent, namespace: team-x }
spec:
  selector: { matchLabels: { app: agent } }
  template:
    metadata: { labels: { app: agent } }
    spec: { tolerations: [{ operator: Exists }], containers: [{ name: main, image: "agent:1" }] }
${pod('a', 'team-x')}`);
  const agents = value.pods.filter(({ metadata }) => metadata.name.startsWith('agent-'));
  expect(agents.map(({ spec }) => spec.nodeName)).toEqual(['ip-10-0-64-10.ec2.internal']);
  expect(issues.map(({ code }) => code)).toEqual(['daemonset-on-fargate']);
});

test('a Fargate node whose pod is not listed takes no other', () => {
  const { value } = settled(`---
apiVersion: v1
kind: Node
metadata: { name: fargate-ip-10-0-64-9.ec2.internal, labels: { eks.amazonaws.com/compute-type: fargate } }
status: { addresses: [{ type: InternalIP, address: 10.0.64.9 }], capacity: { pods: "1" } }
${pod('b', 'other', ', tolerations: [{ operator: Exists }]')}`);
  expect(value.pods.find(({ metadata }) => metadata.name === 'b')?.spec.nodeName).toBeUndefined();
});

test('settling again changes nothing', () => {
  const once = settled(pod('a', 'team-x') + pod('host', 'team-x', ', hostNetwork: true')).value;
  expect(settle(once).value).toEqual(once);
});

test('a SecurityGroupPolicy puts its groups on the one interface of its pods, and no branch is made', () => {
  const { value } = settled(
    `${pod('a', 'team-x')}${pod('b', 'team-y')}---
apiVersion: vpcresources.k8s.aws/v1beta1
kind: SecurityGroupPolicy
metadata: { name: all, namespace: team-x }
spec: { podSelector: {}, securityGroups: { groupIds: [sg-x] } }
`,
  );
  const specOf = (name: string) => {
    const of = value.pods.find(({ metadata }) => metadata.name === name);
    expect(of?.spec.podEni).toBeUndefined();
    return value.nodeSpecs.find((spec) => spec.name === of?.spec.nodeName);
  };
  expect(specOf('a')?.enis.map(({ securityGroups }) => securityGroups)).toEqual([['sg-x']]);
  expect(specOf('b')?.enis.map(({ securityGroups }) => securityGroups)).toEqual([[]]);
  expect(settle(value).value.nodeSpecs).toEqual(value.nodeSpecs);
});
