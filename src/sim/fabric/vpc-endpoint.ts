import type { Packet } from '../packet.ts';
import { deliverTo, isInVpc } from './deliver.ts';
import { type Crossing, die, type FabricWalk, type Next, OUTSIDE, recordFabric } from './fabric-walk.ts';

/** By a route to the service's prefix list: the service sees the private source (VPC guide, Gateway endpoints). */
export function intoGatewayEndpoint(on: FabricWalk, id: string, packet: Packet): Crossing | Next {
  const endpoint = on.index.connections.endpoint(id);
  on.enter({ kind: 'vpc-endpoint', name: id });
  if (endpoint === undefined)
    return die(on, packet, 'dropped', { kind: 'missing-gateway', id }, `endpoint ${id} does not exist`, id);
  // Nobody outside the VPC reaches the service by its endpoint (AWS PrivateLink guide, gateway endpoints, considerations).
  if (!isInVpc(on, endpoint.vpc, packet.src)) {
    const { vpc } = endpoint;
    const cause = {
      kind: 'endpoint-from-outside',
      endpoint: id,
      service: endpoint.service,
      vpc,
      address: packet.src,
    } as const;
    const because = `${packet.src} is not an address of ${vpc}: a gateway endpoint takes nothing from outside its VPC`;
    return die(on, packet, 'dropped', cause, because, `${id}: ${endpoint.service}`);
  }
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
