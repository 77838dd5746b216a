import type { Directory } from '../world/index.ts';
import type { AskProblem } from './question.ts';

/** What is wrong with a question about a pod, or a workload, that is there and Pending; undefined where none is. */
export function pendingPod(
  { pending }: Directory,
  asked: { readonly namespace: string; readonly name: string },
): AskProblem | undefined {
  const found = pending.find(
    ({ namespace, name, workload }) =>
      namespace === asked.namespace &&
      (name === asked.name || name.startsWith(`${asked.name}-`) || workload?.split('/')[1] === asked.name),
  );
  if (found === undefined) return undefined;
  const where =
    found.node === undefined
      ? 'no node runs it, so it has no address'
      : `it is on node ${found.node} and has no address yet`;
  return {
    message: `Pod "${found.namespace}/${found.name}" is Pending: ${where}, and nothing can reach it`,
    hint: 'kubectl describe pod says why',
  };
}
