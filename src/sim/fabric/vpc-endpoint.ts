import type { Packet } from '../packet.ts';
import { deliverTo } from './deliver.ts';
import { type Crossing, die, type FabricWalk, type Next, OUTSIDE, recordFabric } from './fabric-walk.ts';

/** By a route to the service's prefix list: the service sees the private source (VPC guide, Gateway endpoints). */
export function intoGatewayEndpoint(on: FabricWalk, id: string, packet: Packet): Crossing | Next {
  const endpoint = on.index.connections.endpoint(id);
  on.enter({ kind: 'vpc-endpoint', name: id });
  if (endpoint === undefined)
    return die(on, packet, 'dropped', { kind: 'missing-gateway', id }, `endpoint ${id} does not exist`, id);
  recordFabric(on, 'endpoint', packet, packet, {
    action: `to ${endpoint.service}`,
    because: 'no gateway of the internet is involved, the source stays as it is',
    text: id,
  });
  on.nat(id).remember(packet);
  const host = on.index.internetHost(packet.dst);
  return { kind: 'arrive', netns: host?.netns ?? `internet/${packet.dst}`, dev: host?.dev ?? 'eth0', packet };
}

/** What a service answers to what came by an endpoint goes back by it; undefined: nobody asked by one. */
export function backByEndpoint(on: FabricWalk, packet: Packet): Crossing | Next | undefined {
  const endpoint = on.index.connections.gatewayEndpoints.find(({ id }) => on.nat(id).remembers(packet));
  if (endpoint === undefined) return undefined;
  on.enter({ kind: 'vpc-endpoint', name: endpoint.id });
  on.enter({ kind: 'vpc', name: endpoint.vpc });
  return deliverTo(on, endpoint.vpc, packet, OUTSIDE);
}
