import type { AbsentPod, Directory } from '../world/index.ts';

/** A pod, or one of a workload, that the input has and that no namespace stands for: Pending, or ended. */
export function findAbsent(
  { absent }: Directory,
  asked: { readonly namespace: string; readonly name: string },
): AbsentPod | undefined {
  const there = absent.filter(({ namespace }) => namespace === asked.namespace);
  return (
    there.find(({ name }) => name === asked.name) ??
    there.find(({ name, workload }) => workload?.split('/')[1] === asked.name || name.startsWith(`${asked.name}-`))
  );
}

/** What became of it, in a few words and in all that is known: `Pod app/stuck is Pending, on node n1 without an address: ContainerCreating`. */
export function absentText({ namespace, name, phase, why, node }: AbsentPod): {
  readonly short: string;
  readonly long: string;
} {
  const reason = why === undefined ? '' : `: ${why.replace(/\.$/, '')}`;
  const pod = `${namespace}/${name}`;
  switch (phase) {
    case 'Pending': {
      const place = node === undefined ? 'on no node' : `on node ${node} without an address`;
      return { short: `${pod} is Pending`, long: `Pod ${pod} is Pending, ${place}${reason}` };
    }
    case 'Succeeded':
      return {
        short: `${pod} has completed`,
        long: `Pod ${pod} has completed (phase Succeeded): its address was given back`,
      };
    case 'Failed':
      return { short: `${pod} has failed`, long: `Pod ${pod} has failed and has no address${reason}` };
  }
}
