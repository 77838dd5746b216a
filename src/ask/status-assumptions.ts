import type { RoundTrip } from '../trace/index.ts';
import type { Directory } from '../world/index.ts';
import { isHow } from './container-words.ts';
import type { Sender } from './target.ts';

/** What the input's statuses leave open about the places of a walk: a sender that runs nothing, and nodes that are not Ready. */
export function statusAssumptions(directory: Directory, sender: Sender): (trip: RoundTrip) => RoundTrip {
  const idle = idleSender(directory, sender);
  const unsure = new Map(
    directory.nodes.flatMap(({ name, notReady }) => (notReady === undefined ? [] : [[name, notReady] as const])),
  );
  if (idle === undefined && unsure.size === 0) return (trip) => trip;
  return (trip) => {
    const hops = [...trip.forward.hops, ...(trip.reply?.hops ?? [])];
    const nodes = new Set(hops.flatMap(({ where }) => (where.kind === 'node' ? [where.name] : [])));
    const taken = [...(idle === undefined ? [] : [idle])];
    for (const name of nodes) {
      const notReady = unsure.get(name);
      if (notReady !== undefined) taken.push(stillThere(name, notReady));
    }
    return taken.length === 0 ? trip : { ...trip, assumptions: [...trip.assumptions, ...taken] };
  };
}

function idleSender({ pods }: Directory, sender: Sender): string | undefined {
  if (sender.kind !== 'pod') return undefined;
  const pod = pods.find(({ namespace, name }) => sender.name === `pod/${namespace}/${name}`);
  if (pod?.idle !== true) return undefined;
  const each = (pod.containers ?? []).map((container) => `${container.name} ${isHow(container)}`);
  return `no container of pod ${pod.namespace}/${pod.name} runs as the input has it (${each.join(', ')}): nothing sends there, and the walk is what one of them would meet`;
}

/** A node whose kubelet has stopped to report may carry packets for as long as it lives. */
const stillThere = (name: string, notReady: string): string =>
  notReady.startsWith('Unknown')
    ? `node ${name} carries packets: its Ready is ${notReady} in the input, its kubelet does not answer, and whether the machine lives is not known`
    : `node ${name} carries packets: its Ready is ${notReady} in the input`;
