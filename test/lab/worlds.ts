import { readdirSync, readFileSync } from 'node:fs';
import { parseTxtar } from '../../src/base/index.ts';
import { type InputFile, loadWorld } from '../../src/load/index.ts';
import type { World } from '../../src/world/index.ts';

/** The input of a folder in examples/. */
export function exampleFiles(name: string): readonly InputFile[] {
  const folder = new URL(`../../examples/${name}/`, import.meta.url);
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => ({ path: `examples/${name}/${file}`, text: readFileSync(new URL(file, folder), 'utf8') }));
}

/** The World of a folder in examples/, with knobs turned. */
export function exampleWorld(name: string, knobs: Readonly<Record<string, string>> = {}): World {
  const { world, issues } = loadWorld(
    exampleFiles(name),
    Object.entries(knobs).map(([key, value]) => ({ key, value, source: { file: key } })),
  );
  if (world === undefined) throw new Error(issues.map((issue) => issue.message).join('\n'));
  return world;
}

/** The input of a scenario, with that of the world it is laid over. */
export function scenarioFiles(name: string, over?: string): readonly InputFile[] {
  const folder = new URL('../scenarios/', import.meta.url);
  const { files } = parseTxtar(readFileSync(new URL(`${name}.txtar`, folder), 'utf8'));
  const own = [...files].filter(([path]) => path.endsWith('.yaml')).map(([path, text]) => ({ path, text }));
  if (over === undefined) return own;
  const below = new URL(`worlds/${over}/`, folder);
  return [...readdirSync(below).map((path) => ({ path, text: readFileSync(new URL(path, below), 'utf8') })), ...own];
}

export function worldOf(files: readonly InputFile[]): World {
  const { world, issues } = loadWorld(files, []);
  if (world === undefined) throw new Error(issues.map((issue) => issue.message).join('\n'));
  return world;
}

/** One node, and pods of these names in namespace t. */
export function podsOn(...names: readonly string[]): World {
  const pods = names.map(
    (name) => `---
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: t }
spec: { containers: [{ name: w, image: w }] }
`,
  );
  const text = `apiVersion: eksctl.io/v1alpha5
kind: ClusterConfig
metadata: { name: c, region: eu-west-1, version: "1.34" }
managedNodeGroups: [{ name: apps, instanceType: m5.large, desiredCapacity: 1, privateNetworking: true }]
${pods.join('')}`;
  return worldOf([{ path: 'c.yaml', text }]);
}

/** A cluster of IPv6 pods in two zones: prefixes on the cards, the way out by an egress-only gateway. */
export function ipv6Files(more = ''): readonly InputFile[] {
  const text = `
apiVersion: eksctl.io/v1alpha5
kind: ClusterConfig
metadata: { name: six, region: eu-west-1, version: "1.33" }
kubernetesNetworkConfig: { ipFamily: IPv6 }
availabilityZones: [eu-west-1a, eu-west-1b]
addons: [{ name: vpc-cni, version: v1.20.4 }, { name: coredns }, { name: kube-proxy }]
managedNodeGroups: [{ name: apps, instanceType: m5.large, desiredCapacity: 3, privateNetworking: true }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: default }
spec:
  replicas: 4
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: nginx, ports: [{ containerPort: 80 }] }] }
---
${more}`;
  return [{ path: 'six.yaml', text }];
}

export function ipv6World(more = ''): World {
  const { world, issues } = loadWorld(ipv6Files(more), []);
  if (world === undefined) throw new Error(issues.map((issue) => issue.message).join('\n'));
  return world;
}
