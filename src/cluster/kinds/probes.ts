import type { Container } from '../objects.ts';
import { type Fields, maybe } from '../read/fields.ts';

const PROBES = ['startupProbe', 'readinessProbe', 'livenessProbe'] as const;
const HANDLERS = ['httpGet', 'tcpSocket', 'grpc'] as const;
const LAST_PORT = 65_535;

/**
 * What the kubelet's probes of a container connect to (pkg/kubelet/prober/prober.go, runProbe): a number, or the name of one
 * of the container's own ports (pkg/probe/util.go, ResolveContainerPort). A probe by a command says nothing of ports.
 */
export function readProbes(container: Fields, ports: Container['ports']): NonNullable<Container['probes']> {
  const found: { readonly port: number; readonly host?: string }[] = [];
  for (const kind of PROBES) {
    const probe = container.child(kind);
    if (probe === undefined) continue;
    for (const handler of HANDLERS) {
      const fields = probe.child(handler);
      const port = fields === undefined ? undefined : portOf(fields.get('port'), ports);
      if (fields === undefined || port === undefined) continue;
      const host = fields.string('host');
      const asked = { port, ...maybe('host', host === '' ? undefined : host) };
      if (!found.some((known) => known.port === asked.port && known.host === asked.host)) found.push(asked);
    }
  }
  return found;
}

function portOf(given: unknown, ports: Container['ports']): number | undefined {
  const named = typeof given === 'string' ? ports.find(({ name }) => name === given)?.containerPort : undefined;
  const port = named ?? (typeof given === 'string' && /^\d+$/.test(given) ? Number(given) : given);
  return typeof port === 'number' && Number.isInteger(port) && port > 0 && port <= LAST_PORT ? port : undefined;
}
