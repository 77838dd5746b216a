import { hasNoProcess } from '../../cluster/index.ts';
import type { Unmodelled } from '../../linux/index.ts';
import type { ClusterPlan } from './plan-types.ts';
import { probedPorts } from './probed-ports.ts';
import { type PodAt, servedBy, socketProtocol } from './sockets.ts';

const SURE: readonly Unmodelled[] = [];

/**
 * Ports of a pod that are spoken of, by a Service or by the probes of a container that does not run, and that no container
 * declares: of a pod with containers that run and others that do not nobody can say which would listen. Istio has the probes
 * of an application asked at its proxy.
 */
export function unsureSockets(of: PodAt, servedPorts: ClusterPlan['servedPorts']): readonly Unmodelled[] {
  const { metadata, spec, status, source } = of.pod;
  if (status.containers === undefined || status.idle === true) return SURE;
  const down = status.containers.filter(hasNoProcess);
  const [first] = down;
  if (first === undefined) return SURE;
  const stopped = new Set(down.map(({ name }) => name));
  const known = new Set<string>();
  const asked = servedBy(of, servedPorts);
  const wanted = new Set(asked);
  for (const container of spec.containers) {
    for (const { protocol, containerPort } of container.ports) known.add(`${protocol.toLowerCase()}/${containerPort}`);
    for (const { port } of probedPorts(of.pod, container))
      (stopped.has(container.name) ? wanted : known).add(`tcp/${port}`);
  }
  const why = `container ${first.name} of pod ${metadata.namespace}/${metadata.name} does not run, and others do`;
  return [...wanted]
    .filter((socket) => !known.has(socket))
    .sort()
    .flatMap((socket) => {
      const slash = socket.indexOf('/');
      const protocol = socketProtocol(socket.slice(0, slash));
      if (protocol === undefined) return [];
      const port = Number(socket.slice(slash + 1));
      const what = `whether ${socket} has a listener: no container declares it, ${why}`;
      return [{ scope: { kind: 'socket', protocol, port }, what, at: source } as const];
    });
}
