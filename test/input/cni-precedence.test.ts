import { describe, expect, test } from 'vitest';
import { showIssue } from '../../src/base/index.ts';
import { loadCluster } from '../../src/cluster/index.ts';

const addon = (version: string, values = ''): string => `apiVersion: eksctl.io/v1alpha5
kind: ClusterConfig
metadata: { name: shop, region: eu-west-1, version: "1.34" }
availabilityZones: [eu-west-1a, eu-west-1b]
addons: [{ name: vpc-cni, version: "${version}"${values === '' ? '' : `, configurationValues: '${values}'`} }, { name: kube-proxy }]
managedNodeGroups: [{ name: left, instanceType: m5.large }]
`;

const own = (version: string): string => `apiVersion: packetwalk.dev/v1alpha1
kind: Cluster
spec: { vpcCniVersion: "${version}" }
`;

const daemonSet = (tag: string, env: Record<string, string> = {}, agent = ''): string => `apiVersion: apps/v1
kind: DaemonSet
metadata: { name: aws-node, namespace: kube-system, uid: 1f }
spec:
  selector: { matchLabels: { k8s-app: aws-node } }
  template:
    metadata: { labels: { k8s-app: aws-node } }
    spec:
      hostNetwork: true
      containers:
        - { name: aws-node, image: "602401143452.dkr.ecr.eu-west-1.amazonaws.com/amazon-k8s-cni${tag}", env: ${JSON.stringify(Object.entries(env).map(([name, value]) => ({ name, value })))} }
${agent}`;
const AGENT = `        - { name: aws-eks-nodeagent, image: "agent:1", args: ["--enable-network-policy=false"] }\n`;

function load(...texts: readonly string[]) {
  const files = texts.map((text, i) => ({ path: `${i}.yaml`, text }));
  const { value, issues } = loadCluster(files, []);
  const { major, minor, patch } = value.cni.version;
  return { version: `${major}.${minor}.${patch}`, cni: value.cni, said: issues.map(showIssue) };
}

describe('the version of the VPC CNI', () => {
  test('a live aws-node wins over the addon, and that they differ is said at both places', () => {
    const { version, said } = load(addon('v1.19.0-eksbuild.1'), daemonSet(':v1.21.1-eksbuild.3'));
    expect(version).toBe('1.21.1');
    expect(said).toEqual([expect.stringMatching(/^1\.yaml:\d+.*v1\.21\.1.*v1\.19\.0.*0\.yaml:5/)]);
  });
  test('it wins over our own Cluster as well', () => {
    const { version, said } = load(addon('v1.21.1-eksbuild.1'), own('1.18.0'), daemonSet(':v1.21.1'));
    expect(version).toBe('1.21.1');
    expect(said).toEqual([expect.stringMatching(/v1\.21\.1.*v1\.18\.0.*1\.yaml:3/)]);
  });
  test('our own Cluster wins over the addon', () => {
    const { version, said } = load(addon('v1.21.1-eksbuild.1'), own('1.18.0'));
    expect(version).toBe('1.18.0');
    expect(said).toEqual([expect.stringMatching(/v1\.18\.0.*v1\.21\.1/)]);
  });
  test('builds of one version do not differ', () => {
    expect(load(addon('v1.21.1-eksbuild.1'), daemonSet(':v1.21.1-eksbuild.9')).said).toEqual([]);
  });
  test('an image without a version leaves it to the addon', () => {
    const { version, said } = load(addon('v1.19.0'), daemonSet('@sha256:1234567890abcdef'));
    expect(version).toBe('1.19.0');
    expect(said).toEqual([]);
  });
  test('the addon alone, "latest" for no version', () => {
    expect(load(addon('v1.19.0')).version).toBe('1.19.0');
    expect(load(addon('latest')).version).toBe('1.23.1');
  });
});

describe('its environment', () => {
  const WANTED = '{"env": {"AWS_VPC_K8S_CNI_EXTERNALSNAT": "true", "WARM_ENI_TARGET": "2"}}';
  test('a live value wins, and what the addon would have set is said', () => {
    const { cni, said } = load(
      addon('v1.21.1', WANTED),
      daemonSet(':v1.21.1', { AWS_VPC_K8S_CNI_EXTERNALSNAT: 'false', WARM_ENI_TARGET: '2' }),
    );
    expect(cni.settings).toMatchObject({ externalSnat: false, warmEniTarget: 2 });
    expect(said).toEqual([
      expect.stringMatching(/^1\.yaml:\d+.*AWS_VPC_K8S_CNI_EXTERNALSNAT.*"false".*"true".*0\.yaml:5/),
    ]);
  });
  test('a variable the live one does not have is not set', () => {
    const { cni, said } = load(addon('v1.21.1', WANTED), daemonSet(':v1.21.1', { WARM_ENI_TARGET: '2' }));
    expect(cni.settings.externalSnat).toBe(false);
    expect(said).toEqual([expect.stringMatching(/AWS_VPC_K8S_CNI_EXTERNALSNAT.*not set.*"true"/)]);
  });
  test('network policies: the agent that runs decides', () => {
    const { cni, said } = load(addon('v1.21.1', '{"enableNetworkPolicy": "true"}'), daemonSet(':v1.21.1', {}, AGENT));
    expect(cni.enableNetworkPolicy).toBe(false);
    expect(said).toEqual([expect.stringMatching(/enableNetworkPolicy.*"false".*"true"/)]);
  });
  test('what --set turns is decided: nothing is left to differ', () => {
    const texts = [
      addon('v1.23.0', '{"env":{"AWS_VPC_K8S_CNI_EXTERNALSNAT":"true"}}'),
      daemonSet(':v1.19.0', { AWS_VPC_K8S_CNI_EXTERNALSNAT: 'false' }),
    ];
    const knobs = [
      { key: 'vpcCniVersion', value: 'v1.22.0', source: { file: '--set' } },
      { key: 'AWS_VPC_K8S_CNI_EXTERNALSNAT', value: 'true', source: { file: '--set' } },
    ];
    const files = texts.map((text, i) => ({ path: `${i}.yaml`, text }));
    expect(loadCluster(files, knobs).issues.map(showIssue)).toEqual([]);
    expect(loadCluster(files, []).issues).toHaveLength(2);
  });
  test('where they agree nothing is said', () => {
    const env = { AWS_VPC_K8S_CNI_EXTERNALSNAT: 'true', WARM_ENI_TARGET: '2', MY_NODE_NAME: 'x' };
    expect(load(addon('v1.21.1', WANTED), daemonSet(':v1.21.1', env)).said).toEqual([]);
  });
});
