import type { Rng } from '../../src/base/index.ts';
import type { KnobSetting } from '../../src/cluster/index.ts';
import type { InputFile } from '../../src/load/index.ts';

/** A cluster some of whose pods have security groups of their own, and the settings of the CNI that make it so. */
export interface Branched {
  readonly files: readonly InputFile[];
  readonly knobs: readonly KnobSetting[];
}

/**
 * Security groups for pods, in either mode: a policy takes all pods or those of one `app`, live pods have branch interfaces as
 * their annotation names them.
 */
export function withRandomBranches(files: readonly InputFile[], namespaces: readonly string[], rng: Rng): Branched {
  const knobs = [
    ['ENABLE_POD_ENI', 'true'],
    ['POD_SECURITY_GROUP_ENFORCING_MODE', rng.pick(['strict', 'standard'])],
    ['DISABLE_TCP_EARLY_DEMUX', rng.pick(['true', 'false'])],
  ] as const;
  const apps = files.flatMap(({ text }) => [...text.matchAll(/\bapp: ([a-z][a-z0-9-]*)/g)].map(([, app = '']) => app));
  const selector = apps.length > 0 && rng.next() < 0.5 ? `{ matchLabels: { app: ${rng.pick(apps)} } }` : '{}';
  const policies = namespaces.map((namespace) => policy(namespace, selector));
  return {
    files: [
      ...files.map((file) => (file.path === 'pods.json' ? { ...file, text: annotated(file.text, rng) } : file)),
      { path: 'branches.yaml', text: [...policies, group(rng)].join('---\n') },
    ],
    knobs: knobs.map(([key, value]) => ({ key, value, source: { file: key } })),
  };
}

const policy = (namespace: string, selector: string): string => `apiVersion: vpcresources.k8s.aws/v1beta1
kind: SecurityGroupPolicy
metadata: { name: drawn, namespace: ${namespace} }
spec: { podSelector: ${selector}, securityGroups: { groupIds: [sg-drawn] } }
`;

const group = (rng: Rng): string => `apiVersion: packetwalk.dev/v1alpha1
kind: SecurityGroup
metadata: { name: drawn }
spec: { id: sg-drawn, ingress: [${rng.pick(INGRESS)}] }
`;

const INGRESS = [
  '{ protocol: all, from: [0.0.0.0/0, "::/0"] }',
  '{ protocol: tcp, ports: 8080, from: [10.0.0.0/8, "::/0"] }, { protocol: all, from: self }',
];

interface LivePod {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly nodeName: string };
  readonly status: { readonly podIP: string };
}

/** Half of the live pods, each with a VLAN of its own on its node's trunk. */
function annotated(text: string, rng: Rng): string {
  const list = JSON.parse(text) as { readonly items: readonly LivePod[] }; // as generateCluster wrote it
  const items = list.items.map((pod, i) => {
    if (rng.next() < 0.5) return pod;
    const eni = {
      eniId: `eni-drawn-${i}`,
      ifAddress: `02:00:00:00:01:${(i % 256).toString(16).padStart(2, '0')}`,
      privateIp: pod.status.podIP,
      vlanId: 1 + i,
    };
    const annotations = { 'vpc.amazonaws.com/pod-eni': JSON.stringify([eni]) };
    return { ...pod, metadata: { ...pod.metadata, annotations } };
  });
  return JSON.stringify({ ...list, items });
}
