import type { NetnsId } from '../linux/index.ts';
import { familyOf } from '../net/index.ts';
import type { World } from '../world/index.ts';
import type { End } from './end.ts';
import { findLoadBalancer } from './load-balancer-end.ts';
import { found, missing, type Resolved } from './resolved.ts';
import type { Sender } from './target.ts';

// Senders without a namespace: a probe names the owner of the interface instead, which is what the data plane looks for.
const asNetns = (owner: string): NetnsId => owner as NetnsId;

/**
 * What the API server calls goes out by an interface in the cluster's subnets (EKS guide, VPC and subnet requirements): the
 * kubelets, webhooks, aggregated APIs. Which of the interfaces, nobody is told.
 */
export function apiServerSender({ directory, fabric }: World): Resolved<Sender> {
  const [address, ...others] = directory.apiserver;
  const eni = fabric.enis.find(
    ({ owner, addresses }) =>
      owner.startsWith('control-plane/') && address !== undefined && addresses.includes(address),
  );
  if (address === undefined || eni === undefined)
    return missing(
      'The control plane has no interface in the input',
      'give a Cluster its controlPlane, or a cluster two subnets',
    );
  const notes =
    others.length === 0
      ? []
      : [`the API server may call from ${others.join(' and ')} as well: ${address} is walked from`];
  return found({ kind: 'apiserver', name: 'apiserver', netns: asNetns(eni.owner), address, ofFabric: true, notes });
}

/** A node of a load balancer: its health checks and, of one that ends connections, those it opens, come from the same address. */
export function loadBalancerSender(world: World, end: End & { readonly kind: 'lb' }): Resolved<Sender> {
  const of = findLoadBalancer(world, end);
  if (!of.ok) return of;
  const { id, zones } = of.value;
  const node = end.zone === undefined ? zones[0] : zones.find(({ zone }) => zone === end.zone);
  const eni = world.fabric.enis.find(({ id: each }) => each === node?.eni);
  const address = eni?.addresses.find((each) => familyOf(each) === 4) ?? eni?.addresses[0];
  if (node === undefined || address === undefined) return missing(`lb/${id} has no node to send from`);
  const notes =
    end.zone === undefined && zones.length > 1
      ? [`lb/${id} has a node in each of ${zones.map(({ zone }) => zone).join(', ')}: the first is walked from`]
      : [];
  return found({
    kind: 'lb',
    name: `lb/${id}@${node.zone}`,
    netns: asNetns(`lb/${id}`),
    address,
    ofFabric: true,
    notes,
  });
}
