import type { World } from '../world/index.ts';
import { found, type Resolved } from './resolved.ts';
import type { Sender, Target } from './target.ts';

/**
 * The API server as a sender calls it: by the endpoint's name, as kubelets and kubectl do; a pod by its interfaces, which is
 * where the ClusterIP of default/kubernetes leads.
 */
export function targetApiServer(
  { directory, fabric }: World,
  sender: Sender | undefined,
  port: number,
): Resolved<Target> {
  const [address] = directory.apiserver;
  const [control] = fabric.controlPlanes;
  const target = { kind: 'apiserver', name: 'apiserver', port } as const;
  if (sender === undefined || sender.kind === 'pod' || control === undefined)
    return found({ ...target, address, dnsName: undefined, notes: [] });
  const notes = control.standsIn
    ? [`the endpoint of ${control.id} is called ${control.dnsName} here: see "endpoint" of the kind Cluster`]
    : [];
  return found({ ...target, address: undefined, dnsName: control.dnsName, notes });
}
