import { type Issue, showIssue } from '../../src/base/index.ts';
import { loadCluster } from '../../src/cluster/index.ts';

// Manifests of a small cluster, and what reading them says.

export const eks = `apiVersion: eksctl.io/v1alpha5
kind: ClusterConfig
metadata: {name: c, region: eu-west-1, version: "1.34"}
managedNodeGroups: [{name: ng, desiredCapacity: 2}]
`;

export const node = (name: string, ip: string, extra = '') => `apiVersion: v1
kind: Node
metadata: {name: ${name}, labels: {node.kubernetes.io/instance-type: m5.large, topology.kubernetes.io/zone: us-east-1a${extra}}}
status: {addresses: [{type: InternalIP, address: ${ip}}]}
`;

export const pod = (name: string, ip: string, more = '') => `apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: shop}
spec: {containers: [{name: c, image: i}]${more}}
status: {phase: Running, podIP: ${ip}}
`;

export const service = (name: string, spec: string) => `apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: shop}
spec: {${spec}}
`;

export const join = (...documents: readonly string[]): string => documents.join('---\n');

export const load = (text: string) => loadCluster([{ path: 'in.yaml', text }], []);

export const lines = (issues: readonly Issue[]): readonly string[] => issues.map(showIssue);
export const problems = (text: string): string => lines(load(text).issues).join('\n');
