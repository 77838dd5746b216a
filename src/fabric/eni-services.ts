import type { Fabric } from './types.ts';

/** Something that answers TCP behind ENIs no namespace is attached to. */
export interface EniService {
  /** `control-plane/CLUSTER`, `vpc-endpoint/ID`: the owner of its ENIs. */
  readonly owner: string;
  readonly process: string;
  readonly ports: readonly number[];
}

const API_PORTS = [443] as const;

/** The API server, and the services behind interface endpoints. */
export function eniServices({ enis, vpcEndpoints }: Fabric): readonly EniService[] {
  const endpoints = new Map(vpcEndpoints.map((endpoint) => [`vpc-endpoint/${endpoint.id}`, endpoint]));
  const owners = new Set(enis.flatMap(({ owner, attachment }) => (attachment === null ? [owner] : [])));
  return [...owners].flatMap((owner) => {
    if (owner.startsWith('control-plane/')) return [{ owner, process: 'kube-apiserver', ports: API_PORTS }];
    const endpoint = endpoints.get(owner);
    return endpoint === undefined ? [] : [{ owner, process: endpoint.service, ports: endpoint.ports }];
  });
}
