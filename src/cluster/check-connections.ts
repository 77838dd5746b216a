import { didYouMean, type SourceRef } from '../base/index.ts';
import { cidrContains, cidrsOverlap } from '../net/index.ts';
import type { Cluster } from './cluster.ts';
import type { Complain } from './complain.ts';
import type { OnPremisesSpec, TransitGatewaySpec, VpcEndpointSpec } from './connections.ts';

type Known = (what: string, id: string, among: readonly string[], as: string, at: SourceRef) => void;

/** Transit gateways, on-premises networks and endpoints: what they name is described, and in the right place. */
export function checkConnections(cluster: Cluster, complain: Complain): void {
  const known: Known = (what, id, among, as, at) => {
    if (among.includes(id)) return;
    complain('unknown-reference', at, `${what} names ${as} "${id}", which is not described`, {
      rests: ['network', 'connections'],
      ...didYouMean(id, among),
    });
  };
  twice(
    cluster.transitGateways.map(({ id, source }) => ({ name: id, source })),
    'TransitGateway',
    complain,
  );
  twice(cluster.onPremises, 'OnPremises', complain);
  twice(
    cluster.vpcEndpoints.map(({ id, source }) => ({ name: id, source })),
    'VpcEndpoint',
    complain,
  );
  for (const gateway of cluster.transitGateways) checkTransitGateway(gateway, cluster, known, complain);
  for (const network of cluster.onPremises) checkOnPremises(network, cluster, known, complain);
  for (const endpoint of cluster.vpcEndpoints) checkEndpoint(endpoint, cluster, known, complain);
  checkHosts(cluster, known, complain);
}

function twice(
  items: readonly { readonly name: string; readonly source: SourceRef }[],
  what: string,
  complain: Complain,
): void {
  const seen = new Set<string>();
  for (const { name, source } of items) {
    if (seen.has(name)) complain('duplicate', source, `${what} "${name}" is given twice`);
    seen.add(name);
  }
}

function checkTransitGateway(
  { id, attachments, routeTables }: TransitGatewaySpec,
  { network, onPremises }: Cluster,
  known: Known,
  complain: Complain,
): void {
  const vpcs = network.vpcs.map((vpc) => vpc.id);
  const tables = routeTables.map((table) => table.id);
  const connections = onPremises.flatMap((each) => each.connections).filter(({ gateway }) => gateway === id);
  const ids = [...attachments.map((each) => each.id), ...connections.map((each) => each.id)];
  for (const { id: name, vpc, subnets, routeTable, source } of attachments) {
    const what = `Attachment "${name}"`;
    known(what, vpc, vpcs, 'VPC', source);
    if (routeTable !== undefined) known(what, routeTable, tables, 'route table', source);
    const own = network.vpcs.find((each) => each.id === vpc)?.subnets ?? [];
    const zones = new Set<string>();
    for (const subnet of subnets) {
      const described = own.map((each) => each.id);
      known(what, subnet, described, `subnet of ${vpc}`, source);
      const zone = own.find((each) => each.id === subnet)?.zone;
      if (zone !== undefined && zones.has(zone))
        complain('attachment-zones', source, `${what} has two subnets in ${zone}`, {
          expected: 'expected at most one a zone',
        });
      if (zone !== undefined) zones.add(zone);
    }
  }
  for (const { id: table, routes, propagations, source } of routeTables) {
    const what = `Route table "${table}" of "${id}"`;
    for (const { attachment, source: at } of routes)
      if (attachment !== 'blackhole') known(what, attachment, ids, 'attachment', at);
    for (const attachment of propagations) known(what, attachment, ids, 'attachment', source);
  }
}

function checkOnPremises(
  { name, cidrs, gatewayIp, connections, source }: OnPremisesSpec,
  { network, transitGateways }: Cluster,
  known: Known,
  complain: Complain,
): void {
  const vpn = network.vpcs.flatMap(({ vpnGateway }) => vpnGateway ?? []);
  const transit = transitGateways.map(({ id }) => id);
  for (const { id, gateway, routeTable, source: at } of connections) {
    known(`Connection "${id}"`, gateway, [...vpn, ...transit], 'gateway', at);
    if (routeTable === undefined) continue;
    const tables = transitGateways.find((each) => each.id === gateway)?.routeTables ?? [];
    known(
      `Connection "${id}"`,
      routeTable,
      tables.map((table) => table.id),
      `route table of ${gateway}`,
      at,
    );
  }
  if (gatewayIp !== undefined && !cidrs.some((block) => cidrContains(block, gatewayIp)))
    complain('address-outside-network', source, `OnPremises "${name}" has gateway ${gatewayIp}, outside its blocks`);
  for (const vpc of network.vpcs) {
    const both = vpc.cidrs.find((block) => cidrs.some((own) => cidrsOverlap(own, block)));
    if (both === undefined) continue;
    const message = `OnPremises "${name}" overlaps ${both.text} of VPC "${vpc.id}": addresses of the block are the VPC's wherever its local route is read`;
    complain('cidrs-overlap', source, message, { severity: 'warning' });
  }
}

function checkEndpoint(
  { id, vpc, type, routeTables, subnets, source }: VpcEndpointSpec,
  { network }: Cluster,
  known: Known,
  complain: Complain,
): void {
  const what = `Endpoint "${id}"`;
  known(
    what,
    vpc,
    network.vpcs.map((each) => each.id),
    'VPC',
    source,
  );
  const own = network.vpcs.find((each) => each.id === vpc);
  for (const table of routeTables)
    known(
      what,
      table,
      (own?.routeTables ?? []).map((each) => each.id),
      'route table',
      source,
    );
  for (const { subnet, ip } of subnets) {
    known(
      what,
      subnet,
      (own?.subnets ?? []).map((each) => each.id),
      'subnet',
      source,
    );
    const blocks = own?.subnets.find((each) => each.id === subnet)?.cidrs;
    if (ip !== undefined && blocks !== undefined && !blocks.some((block) => cidrContains(block, ip)))
      complain('address-outside-subnet', source, `${what} has ${ip}, outside subnet "${subnet}"`);
  }
  if (type === 'Gateway' && subnets.length > 0)
    complain('endpoint-type', source, `${what} is a gateway endpoint: it has route tables, no subnets`);
}

function checkHosts({ servers, onPremises }: Cluster, known: Known, complain: Complain): void {
  const names = onPremises.map(({ name }) => name);
  for (const { name, kind, network, addresses, source } of servers) {
    if (kind !== 'on-premises' || network === undefined) continue;
    known(`Server "${name}"`, network, names, 'on-premises network', source);
    const blocks = onPremises.find((each) => each.name === network)?.cidrs;
    const outside = addresses.find((address) => blocks?.some((block) => cidrContains(block, address)) === false);
    if (outside !== undefined)
      complain('address-outside-network', source, `Server "${name}" has ${outside}, outside network "${network}"`);
  }
}
