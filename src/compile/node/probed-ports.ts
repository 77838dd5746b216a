import type { Container, Pod } from '../../cluster/index.ts';
import type { ListenSocket } from '../../linux/index.ts';
import { ip, parseIp } from '../../net/index.ts';

const LOCALHOST = ip('127.0.0.1');
const NONE: readonly never[] = [];

/**
 * Where a container answers its probes. The kubelet asks from the node: another `host` than the pod's own address is one of
 * the node, which only a pod on its network has.
 */
export function probedPorts(pod: Pod, { probes }: Container): readonly Probed[] {
  return probes === undefined ? NONE : probes.flatMap((probe) => probedPort(pod, probe) ?? []);
}

type Probed = Pick<ListenSocket, 'port' | 'local'>;

function probedPort({ spec, status }: Pod, { port, host }: Probe): Probed | undefined {
  if (host === undefined) return { port, local: '*' };
  const local = host === 'localhost' ? LOCALHOST : parseIp(host);
  if (local === undefined) return undefined;
  if (spec.hostNetwork) return { port, local };
  return status.podIPs.includes(local) ? { port, local: '*' } : undefined;
}

type Probe = NonNullable<Container['probes']>[number];
