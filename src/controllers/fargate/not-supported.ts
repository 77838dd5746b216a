import type { PodSpec } from '../../cluster/index.ts';

/**
 * Why Fargate does not run a pod, in the words of its scheduler's event (`FailedScheduling`, fargate-scheduler; EKS user
 * guide, Fargate considerations); undefined for one it runs. A micro-VM is the pod's alone, and the pod is not let into it.
 */
export function notSupported({ hostNetwork, privileges = [], containers }: PodSpec): string | undefined {
  const added = privileges.filter((name) => name !== 'privileged');
  const faults = [
    ...(hostNetwork ? ['fields not supported: HostNetwork'] : []),
    ...(privileges.includes('privileged') ? ['invalid SecurityContext fields: Privileged'] : []),
    ...(added.length > 0 ? [`invalid SecurityContext fields: Capabilities added: ${added.join(', ')}`] : []),
    ...(containers.some(({ ports }) => ports.some(({ hostPort = 0 }) => hostPort > 0))
      ? ['port contains HostIP or HostPort']
      : []),
  ];
  return faults.length === 0 ? undefined : `Pod not supported on Fargate: ${faults.join(', ')}`;
}
