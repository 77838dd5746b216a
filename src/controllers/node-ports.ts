import type { Issue } from '../base/index.ts';
import type { Service } from '../cluster/index.ts';
import { keyOf } from './labels.ts';
import { hash32 } from './seeded-names.ts';

const FIRST = 30000;
const LAST = 32767;
/** min(max(16, 2768/32), 128): dynamic picks start above (`portallocator/allocator.go` calculateRangeOffset). */
const BAND = 86;

/**
 * Node ports (`pkg/registry/core/service/portallocator`): one space for all protocols, 86 ports kept for static use. The
 * real pick is random; ours starts at a hash of the Service and port.
 */
export class NodePortAllocator {
  private readonly owners = new Map<number, string>();

  hold(port: number, protocol: string, service: Service): Issue | undefined {
    const key = keyOf(service);
    const owner = this.owners.get(port);
    this.owners.set(port, key);
    if (owner === undefined || owner === key) return undefined;
    return {
      code: 'node-port-taken',
      severity: 'error',
      rests: ['services'],
      at: service.source,
      message: `Service "${key}" has node port ${port}/${protocol}, which Service "${owner}" has too`,
      expected: 'one Service per node port',
    };
  }

  allocate(service: Service, what: string): number | undefined {
    const key = keyOf(service);
    const found =
      this.probe(`${key}:${what}`, FIRST + BAND, LAST) ?? this.probe(`${key}:${what}`, FIRST, FIRST + BAND - 1);
    if (found !== undefined) this.owners.set(found, key);
    return found;
  }

  private probe(seed: string, first: number, last: number): number | undefined {
    const count = last - first + 1;
    const start = hash32(seed) % count;
    for (let step = 0; step < count; step++) {
      const port = first + ((start + step) % count);
      if (!this.owners.has(port)) return port;
    }
    return undefined;
  }
}

export const wantsNodePorts = (service: Service): boolean =>
  service.spec.type === 'NodePort' ||
  (service.spec.type === 'LoadBalancer' && service.spec.allocateLoadBalancerNodePorts);

/** `apiservice.NeedsHealthCheck`. */
export const wantsHealthCheckPort = (service: Service): boolean =>
  service.spec.type === 'LoadBalancer' && service.spec.externalTrafficPolicy === 'Local';
