import type { Service } from '../../cluster/index.ts';
import type { Listener } from '../../fabric/index.ts';
import type { Annotations } from './annotations.ts';
import { type ListenerPort, tlsPorts } from './listeners.ts';
import { isInteger } from './service-refusals.ts';

/** Idle seconds of a Classic Load Balancer, and how far they go (its user guide, connection timeout). */
const IDLE = { usual: 60, most: 4000 } as const;

/**
 * Listeners of a Classic Load Balancer: what it speaks to clients and to its instances follows from the certificate and the
 * protocol asked for behind it (cloud-provider-aws pkg/providers/v1/aws.go, buildListener). It carries TCP alone, and a Service
 * with a port of another protocol has none.
 */
export function classicListeners(service: Service, annotations: Annotations): readonly ListenerPort[] {
  const seconds = idleTimeout(annotations);
  const hasCertificate = tlsPorts(annotations);
  const backend = annotations.text('backend-protocol');
  return service.spec.ports.map((port) => ({
    port,
    ...protocols(hasCertificate(port), backend),
    idleTimeout: seconds,
  }));
}

type Protocols = { readonly protocol: Listener['protocol']; readonly behind: Listener['protocol'] };

function protocols(hasCertificate: boolean, backend: string | undefined): Protocols {
  if (!hasCertificate)
    return backend === 'http' ? { protocol: 'HTTP', behind: 'HTTP' } : { protocol: 'TCP', behind: 'TCP' };
  switch (backend) {
    case 'http':
      return { protocol: 'HTTPS', behind: 'HTTP' };
    case 'https':
      return { protocol: 'HTTPS', behind: 'HTTPS' };
    case 'ssl':
      return { protocol: 'TLS', behind: 'TLS' };
    default:
      return { protocol: 'TLS', behind: 'TCP' };
  }
}

function idleTimeout(annotations: Annotations): number {
  const said = annotations.text('connection-idle-timeout');
  if (said === undefined || said === '') return IDLE.usual;
  const seconds = Number(said);
  if (isInteger(said) && seconds >= 1 && seconds <= IDLE.most) return seconds;
  annotations.refuse('connection-idle-timeout', { expected: `expected seconds from 1 to ${IDLE.most}` });
  return IDLE.usual;
}
