import type { SourceRef } from '../../base/index.ts';
import { readTaint } from '../kinds/node.ts';
import { taintEffects } from '../kinds/pod-placement.ts';
import type { NodeSpec } from '../network.ts';
import type { Taint } from '../objects.ts';
import { type Fields, maybe } from '../read/fields.ts';
import { isObject } from '../read/raw-document.ts';
import { amiFamilies, managedNodeGroupFields, nodeGroupFields, taintFields } from './fields.ts';

/** `DefaultNodeType` and `DefaultNodeCount` (pkg/apis/eksctl.io/v1alpha5/types.go). */
const DEFAULT_INSTANCE_TYPE = 'm5.large';
const DEFAULT_COUNT = 2;
/** More than EKS allows in one node group; a slip of the keyboard should not make a million nodes. */
const MAX_COUNT = 5000;

export interface NodeGroup {
  readonly name: string;
  readonly managed: boolean;
  readonly instanceType: string;
  readonly count: number;
  readonly privateNetworking: boolean;
  readonly subnets: readonly string[];
  readonly availabilityZones: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly maxPods?: number;
  readonly os: NodeSpec['os'];
  /** `securityGroups.attachIDs`; empty: not given. */
  readonly securityGroups: readonly string[];
  /** `securityGroups.withShared`: also in the group that all unmanaged ones share. */
  readonly withShared: boolean;
  /** `kubeletExtraConfig.allowedUnsafeSysctls`; absent: not said. */
  readonly allowedUnsafeSysctls?: readonly string[];
  /** Nodes of this group cannot be compiled (Windows). */
  readonly unsupported: boolean;
  readonly source: SourceRef;
  readonly subnetsSource: SourceRef;
}

/** Labels that say a node's group: EKS's, and eksctl's own. */
const GROUPS = ['eks.amazonaws.com/nodegroup', 'alpha.eksctl.io/nodegroup-name'] as const;

export const groupNameOf = (labels: Readonly<Record<string, string>>): string | undefined =>
  GROUPS.map((key) => labels[key]).find((value) => value !== undefined);

export function readNodeGroups(fields: Fields): readonly NodeGroup[] {
  const groups = [
    ...fields.children('managedNodeGroups').map((group) => readNodeGroup(group, true)),
    ...fields.children('nodeGroups').map((group) => readNodeGroup(group, false)),
  ];
  const seen = new Set<string>();
  for (const group of groups) {
    if (seen.has(group.name)) {
      fields.complain([], { code: 'duplicate', message: `Node group "${group.name}" is given twice` });
    }
    seen.add(group.name);
  }
  return groups;
}

function readNodeGroup(group: Fields, managed: boolean): NodeGroup {
  group.known(managed ? managedNodeGroupFields : nodeGroupFields, 'error');
  const family = group.oneOf('amiFamily', amiFamilies) ?? 'AmazonLinux2023';
  const unsupported = family.startsWith('Windows');
  if (unsupported) {
    group.complain(['amiFamily'], {
      code: 'not-modelled',
      severity: 'warning',
      message: `Windows nodes are not modelled: node group "${group.string('name') ?? ''}" is left out`,
    });
  }
  const types = group.strings('instanceTypes');
  const kubelet = group.child('kubeletExtraConfig');
  const unsafe = kubelet?.has('allowedUnsafeSysctls') === true ? kubelet : undefined;
  return {
    name: group.required('name'),
    managed,
    instanceType: group.string('instanceType') ?? types[0] ?? mixedTypes(group) ?? DEFAULT_INSTANCE_TYPE,
    count: group.integer('desiredCapacity', 0, MAX_COUNT) ?? group.integer('minSize', 0, MAX_COUNT) ?? DEFAULT_COUNT,
    privateNetworking: group.boolean('privateNetworking') ?? false,
    subnets: group.strings('subnets'),
    availabilityZones: group.strings('availabilityZones'),
    labels: group.record('labels'),
    taints: readTaints(group),
    ...maybe('maxPods', kubelet?.integer('maxPods', 1) ?? group.integer('maxPodsPerNode', 1)),
    os: osOf(family),
    securityGroups: group.child('securityGroups')?.strings('attachIDs') ?? [],
    withShared: group.child('securityGroups')?.boolean('withShared') ?? true,
    ...maybe('allowedUnsafeSysctls', unsafe?.strings('allowedUnsafeSysctls')),
    unsupported,
    source: group.place(),
    subnetsSource: group.has('subnets') ? group.place('subnets') : group.place(),
  };
}

const mixedTypes = (group: Fields): string | undefined =>
  group.child('instancesDistribution')?.strings('instanceTypes')[0];

/** A list of taints, or the older map `key: "value:Effect"` (`taintsWrapper`). */
function readTaints(group: Fields): readonly Taint[] {
  if (!isObject(group.get('taints'))) {
    return group.children('taints').map((taint) => {
      taint.known(taintFields, 'error');
      return readTaint(taint);
    });
  }
  return Object.entries(group.record('taints')).flatMap(([key, text]) => {
    const [value = '', effectText = ''] = text.split(':');
    const effect = taintEffects.find((known) => known === effectText);
    if (effect !== undefined) return [{ key, value, effect }];
    group.wrong('taints', text, '"value:NoSchedule", "value:PreferNoSchedule" or "value:NoExecute"');
    return [];
  });
}

function osOf(family: string): NodeSpec['os'] {
  if (family.startsWith('Ubuntu')) return 'Ubuntu';
  if (family.startsWith('Bottlerocket')) return 'Bottlerocket';
  return family === 'AmazonLinux2' ? 'AmazonLinux2' : 'AmazonLinux2023';
}
