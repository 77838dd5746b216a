import type { OnPremisesSpec, TransitGatewaySpec, VpcEndpointSpec } from '../connections.ts';
import { type Fields, maybe } from '../read/fields.ts';
import { checkOwn } from './check-own.ts';
import { requiredName } from './required-name.ts';

/** Of a VPN; a Direct Connect interface has it too, unless jumbo frames are set up (EC2 guide, network MTU). */
const CONNECTION_MTU = 1500;

export function readTransitGateway(fields: Fields): TransitGatewaySpec | undefined {
  const id = requiredName(fields, 'TransitGateway');
  const spec = checkOwn(fields, 'TransitGateway');
  if (spec === undefined) return undefined;
  return {
    id,
    attachments: spec.attachments.map((attachment, i) => ({
      ...attachment,
      applianceMode: attachment.applianceMode ?? false,
      source: fields.place('spec', 'attachments', i),
    })),
    routeTables: (spec.routeTables ?? []).map((table, i) => ({
      id: table.id,
      routes: (table.routes ?? []).map((route, j) => ({
        ...route,
        source: fields.place('spec', 'routeTables', i, 'routes', j),
      })),
      propagations: table.propagations ?? [],
      source: fields.place('spec', 'routeTables', i),
    })),
    source: fields.document.source,
  };
}

export function readOnPremises(fields: Fields): OnPremisesSpec | undefined {
  const name = requiredName(fields, 'OnPremises');
  const spec = checkOwn(fields, 'OnPremises');
  if (spec === undefined) return undefined;
  return {
    name,
    cidrs: spec.cidrs,
    ...maybe('gatewayIp', spec.gatewayIp),
    connections: spec.connections.map((connection, i) => ({
      ...connection,
      mtu: connection.mtu ?? CONNECTION_MTU,
      source: fields.place('spec', 'connections', i),
    })),
    source: fields.document.source,
  };
}

/** HTTPS: every interface endpoint of an AWS API. */
const API_PORTS = [443] as const;

export function readVpcEndpoint(fields: Fields): VpcEndpointSpec | undefined {
  const id = requiredName(fields, 'VpcEndpoint');
  const spec = checkOwn(fields, 'VpcEndpoint');
  if (spec === undefined) return undefined;
  const needs = spec.type === 'Gateway' ? 'cidrs' : 'subnets';
  if ((spec[needs] ?? []).length === 0) {
    const expected =
      needs === 'cidrs' ? "expected the blocks of the service's prefix list" : 'expected a subnet for each of its ENIs';
    fields.complain(['spec'], {
      code: 'missing-field',
      message: `${spec.type} endpoint "${id}" has no "${needs}"`,
      expected,
    });
  }
  if (spec.type === 'Gateway' && (spec.dnsNames ?? []).length > 0)
    fields.complain(['spec', 'dnsNames'], {
      code: 'endpoint-type',
      severity: 'warning',
      message: `Gateway endpoint "${id}" has "dnsNames", which are passed over: DNS of its service stays as it is`,
      expected: 'expected the name and its public addresses in "dnsNames" of a Server of kind internet',
    });
  return {
    id,
    vpc: spec.vpc,
    type: spec.type,
    service: spec.service,
    cidrs: spec.cidrs ?? [],
    routeTables: spec.routeTables ?? [],
    subnets: spec.subnets ?? [],
    ports: spec.ports ?? API_PORTS,
    dnsNames: spec.dnsNames ?? [],
    securityGroups: spec.securityGroups ?? [],
    source: fields.document.source,
  };
}
