import type { Node, Taint } from '../objects.ts';
import { type Fields, maybe } from '../read/fields.ts';
import { nodeSpecFields, objectFields } from './api-fields.ts';
import { conditionOf, readMetadata } from './metadata.ts';
import { POD_ENI, readyCondition } from './pod.ts';
import { taintEffects } from './pod-placement.ts';

export function readNode(fields: Fields): Node {
  fields.known(objectFields, 'warning');
  const spec = fields.child('spec');
  spec?.known(nodeSpecFields, 'warning');
  const status = fields.child('status');
  const info = status?.child('nodeInfo');
  return {
    kind: 'Node',
    metadata: readMetadata(fields, false),
    source: fields.document.source,
    spec: {
      ...maybe('providerID', spec?.string('providerID')),
      taints: spec?.children('taints').map(readTaint) ?? [],
      unschedulable: spec?.boolean('unschedulable') ?? false,
    },
    status: {
      addresses:
        status?.children('addresses').map((address) => ({
          type: address.required('type'),
          address: address.required('address'),
        })) ?? [],
      ready: readyCondition(status) ?? true,
      ...maybe('notReady', notReady(status)),
      ...maybe('capacityPods', capacity(status, 'pods')),
      ...maybe('capacityCpus', capacity(status, 'cpu')),
      ...maybe('capacityPodEnis', capacity(status, POD_ENI)),
      ...maybe('osImage', info?.string('osImage')),
      ...maybe('kubeletVersion', info?.string('kubeletVersion')),
    },
  };
}

/** The node controller sets Unknown where a kubelet has stopped to report (pkg/controller/nodelifecycle, tryUpdateNodeHealth). */
function notReady(status: Fields | undefined): Node['status']['notReady'] {
  const ready = conditionOf(status, 'Ready');
  if (ready === undefined || ready.is === 'True') return undefined;
  const reason = ready.fields.string('reason');
  return { status: ready.is, ...maybe('reason', reason === '' ? undefined : reason) };
}

export function readTaint(fields: Fields): Taint {
  return {
    key: fields.required('key'),
    value: fields.string('value') ?? '',
    effect: fields.oneOf('effect', taintEffects) ?? 'NoSchedule',
  };
}

/** A whole number of status.capacity: a quantity, printed as a string by the API server. */
function capacity(status: Fields | undefined, of: 'pods' | 'cpu' | typeof POD_ENI): number | undefined {
  const given = status?.child('capacity')?.get(of);
  const count = Number(given);
  return (typeof given === 'string' || typeof given === 'number') && Number.isInteger(count) && count >= 0
    ? count
    : undefined;
}
