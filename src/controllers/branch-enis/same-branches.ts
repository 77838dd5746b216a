import { type Issue, type SourceRef, showSource } from '../../base/index.ts';
import { type Cluster, isTerminal, POD_ENI } from '../../cluster/index.ts';
import { keyOf } from '../labels.ts';
import { podEniOf } from './pod-eni-annotation.ts';

interface Holder {
  readonly what: string;
  readonly at: SourceRef;
}

/** What live pods' annotations name has one holder each: an interface of EC2, its MAC address, and a VLAN of one trunk. */
export function sameBranches({ pods, nodeSpecs }: Cluster): readonly Issue[] {
  const issues: Issue[] = [];
  const holders = new Map<string, Holder>();
  for (const { name, enis, source } of nodeSpecs)
    for (const { id, mac, source: at = source } of enis) {
      holders.set(`ENI ${id}`, { what: `node "${name}"`, at });
      if (mac !== undefined) holders.set(`MAC address ${mac}`, { what: `ENI "${id}" of node "${name}"`, at });
    }
  for (const pod of pods) {
    if (pod.spec.hostNetwork || isTerminal(pod)) continue;
    const eni = podEniOf(pod, []);
    if (eni === undefined) continue;
    const trunk = pod.spec.nodeName === undefined ? [] : [`VLAN ${eni.vlanId} of node ${pod.spec.nodeName}`];
    for (const thing of [`ENI ${eni.id}`, `MAC address ${eni.mac}`, ...trunk]) {
      const holder = holders.get(thing);
      if (holder === undefined) {
        holders.set(thing, { what: `pod "${keyOf(pod)}"`, at: pod.source });
        continue;
      }
      issues.push({
        code: 'pod-eni-annotation',
        severity: 'error',
        at: pod.source,
        message: `Annotation ${POD_ENI} of pod "${keyOf(pod)}" names ${thing}, which ${holder.what} has (${showSource(holder.at)})`,
        expected: 'a branch interface for each pod, with a VLAN of its own',
      });
      break;
    }
  }
  return issues;
}
