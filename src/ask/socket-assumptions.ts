import type { RoundTrip, Step } from '../trace/index.ts';
import type { ContainerEntry, Directory, PodEntry } from '../world/index.ts';
import { isHow } from './container-words.ts';

/**
 * What a verdict takes for granted about the sockets of the place where the packet ended. A manifest need not list the ports
 * of a container (PodSpec, `ports`: "primarily informational"), and nothing lists a node's other programs: an answer of an
 * unlisted port, and a refusal, are as good as this.
 */
export function withSocketAssumptions(directory: Directory, trip: RoundTrip): RoundTrip {
  const hop = trip.forward.hops.at(-1);
  const end = hop?.steps.findLast(isAtSocket);
  const port = end?.before.dport;
  if (hop === undefined || end === undefined || port === undefined) return trip;
  const { kind, name } = hop.where;
  const socket = `${end.before.protocol}/${port}`;
  const pod = directory.pods.find(
    (each) => !each.hostNetwork && kind === 'pod' && `${each.namespace}/${each.name}` === name,
  );
  const taken =
    kind === 'node' && end.kind === 'drop' ? onNode(directory, name, socket) : onPod(directory, pod, end, socket);
  return taken === undefined ? trip : { ...trip, assumptions: [...trip.assumptions, taken] };
}

/** Delivered, or refused for want of a socket: `ss` is the artefact of both. */
const isAtSocket = (step: Step): boolean =>
  (step.kind === 'deliver' || (step.kind === 'drop' && step.disposition === 'refused')) &&
  /(?:^|\/)ss$/.test(step.evidence.artefact.file);

function onNode({ pods }: Directory, name: string, socket: string): string {
  for (const pod of pods) {
    if (!pod.hostNetwork || pod.node !== name) continue;
    const stopped = pod.containers?.find(({ is, ports }) => is !== 'not-ready' && ports.includes(socket));
    if (stopped !== undefined) return closedBy(`on node ${name}`, socket, pod, stopped);
  }
  return `nothing on node ${name} listens on ${socket}: the input lists no such program, and a node may run others`;
}

function onPod(directory: Directory, pod: PodEntry | undefined, end: Step, socket: string): string | undefined {
  const { protocol, dport } = end.before;
  if (pod === undefined) return undefined;
  const name = `${pod.namespace}/${pod.name}`;
  const container = pod.containers?.find(({ ports }) => ports.includes(socket));
  if (container !== undefined) {
    if (end.kind === 'drop')
      return container.is === 'not-ready' ? undefined : closedBy(`in pod ${name}`, socket, pod, container);
    if (container.is === 'not-ready')
      return `pod ${name} listens on ${socket}: its container ${container.name} runs, and is not ready as the input has it`;
  }
  if (pod.ports.some((port) => port.port === dport && port.protocol === protocol)) return undefined;
  if (protocol === 'tcp' && dport !== undefined && pod.probed?.includes(dport) === true) return undefined;
  if (end.kind === 'drop') {
    if (pod.idle === true)
      return `nothing in pod ${name} listens on ${socket}: no container of it runs, as the input has it`;
    return `nothing in pod ${name} listens on ${socket}: no container declares the port, which Kubernetes does not demand of one that listens`;
  }
  const ends = new Set(pod.addresses.map((address) => (address.includes(':') ? `[${address}]` : address)));
  const service = directory.services.find(({ ports }) =>
    ports.some((port) => port.protocol === protocol && port.endpoints.some((each) => isEndpoint(each, ends, dport))),
  );
  return service === undefined
    ? undefined
    : `pod ${name} listens on ${socket}: Service ${service.namespace}/${service.name} sends there, and no container declares the port`;
}

/** A container that crashes listens between two crashes: the input shows one moment. */
function closedBy(
  where: string,
  socket: string,
  { hostNetwork, namespace, name }: PodEntry,
  of: ContainerEntry,
): string {
  const whose = hostNetwork ? `container ${of.name} of pod ${namespace}/${name}` : `its container ${of.name}`;
  const flaps = of.reason === 'CrashLoopBackOff' ? '; it comes and goes, and may listen between two crashes' : '';
  return `nothing ${where} listens on ${socket}: ${whose} ${isHow(of)}, as the input has it${flaps}`;
}

const isEndpoint = (endpoint: string, ends: ReadonlySet<string>, port: number | undefined): boolean => {
  const colon = endpoint.lastIndexOf(':');
  return Number(endpoint.slice(colon + 1)) === port && ends.has(endpoint.slice(0, colon));
};
