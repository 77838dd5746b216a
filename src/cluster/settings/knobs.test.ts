import { describe, expect, test } from 'vitest';
import { type Issue, showIssue } from '../../base/index.ts';
import { type KnobSetting, loadCluster } from '../index.ts';

const eks = `apiVersion: eksctl.io/v1alpha5
kind: ClusterConfig
metadata: {name: c, region: eu-west-1, version: "1.34"}
managedNodeGroups: [{name: ng, desiredCapacity: 2}]
`;

const service = (name: string, spec: string) => `apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: shop}
spec: {${spec}}
`;

const join = (...documents: readonly string[]): string => documents.join('---\n');

function load(text: string, ...sets: readonly string[]) {
  const knobs = sets.map((set): KnobSetting => {
    const [key = '', ...value] = set.split('=');
    return { key, value: value.join('='), source: { file: '--set' } };
  });
  return loadCluster([{ path: 'in.yaml', text }], knobs);
}

const lines = (issues: readonly Issue[]): readonly string[] => issues.map(showIssue);
describe('--set', () => {
  const svc = service('web', 'type: NodePort, ports: [{port: 80}]');
  test('writes object fields before the schema sees them', () => {
    const { value, issues } = load(
      join(eks, svc),
      'svc/shop/web:spec.externalTrafficPolicy=Local',
      'svc/shop/web:metadata.annotations["a.b/c"]=true',
      'svc/shop/web:spec.ports[0].nodePort=30123',
    );
    expect(issues).toEqual([]);
    expect(value.services[0]?.spec).toMatchObject({ externalTrafficPolicy: 'Local', ports: [{ nodePort: 30_123 }] });
    expect(value.services[0]?.metadata.annotations['a.b/c']).toBe('true');
  });

  test.each([
    [
      'svc/shop/web:spec.externalTrafficPolicy=Lokal',
      '--set: Field "spec.externalTrafficPolicy" is the text "Lokal" (expected "Cluster", "Local"; did you mean "Local"?)',
    ],
    [
      'svc/shop/web:spec.externalTrafficPolcy=Local',
      '--set: Unknown field "spec.externalTrafficPolcy" (did you mean "externalTrafficPolicy"?)',
    ],
    ['svc/shop/wbe:spec.type=ClusterIP', '--set: No Service "shop/wbe" in the input (did you mean "shop/web"?)'],
    ['scv/shop/web:spec.type=ClusterIP', '--set: Unknown kind "scv"'],
    ['svc/shop/web:spec.ports[3].port=1', 'spec.ports has 1 elements'],
    ['svc/shop/web:__proto__.x=1', '--set: Cannot read field "__proto__.x"'],
    [
      'AWS_VPC_K8S_CNI_EXTERNALSNT=true',
      '--set: Unknown setting "AWS_VPC_K8S_CNI_EXTERNALSNT" (did you mean "AWS_VPC_K8S_CNI_EXTERNALSNAT"?)',
    ],
    ['kubeProxy.mod=nftables', 'did you mean "kubeProxy.mode"?'],
    [
      'kubeProxy.mode=nft',
      '--set: Setting "kubeProxy.mode" is "nft" (expected "iptables", "nftables", "ipvs" or "ebpf")',
    ],
    ['vpcCniVersion=new', 'expected a version such as "1.21.1"'],
    ['patch/none=off', '--set: No NodePatch is called "none"'],
  ])('%s', (set, expected) => {
    const { issues } = load(join(eks, svc), set);
    expect(lines(issues).join('\n')).toContain(expected);
    expect(issues[0]?.severity).toBe('error');
  });

  test('cluster settings', () => {
    const patch =
      'apiVersion: packetwalk.dev/v1alpha1\nkind: NodePatch\nmetadata: {name: fix}\nspec: {node: n, artefact: sysctl, add: ["net.ipv4.ip_forward = 0"]}\n';
    const { value, issues } = load(
      join(eks, patch),
      'vpcCniVersion=1.19.2',
      'kubeProxy.mode=nftables',
      'kubeProxy.clusterCIDR=10.0.0.0/16',
      'patch/fix=off',
    );
    expect(issues).toEqual([]);
    expect(value.cni.version).toEqual({ major: 1, minor: 19, patch: 2 });
    expect(value.kubeProxy).toMatchObject({
      mode: 'nftables',
      nodePortAddresses: 'primary',
      detectLocal: { kind: 'cluster-cidr' },
    });
    expect(value.patches[0]?.enabled).toBe(false);
  });
});
