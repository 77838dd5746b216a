import { familyOf, parseIp } from '../../net/index.ts';
import type { Endpoint, EndpointSlice } from '../objects.ts';
import { type Fields, maybe } from '../read/fields.ts';
import { endpointFields, endpointSliceFields } from './api-fields.ts';
import { readMetadata } from './metadata.ts';
import { checkName, checkUnique, LABEL } from './names.ts';

const protocols = ['TCP', 'UDP', 'SCTP'] as const;

export function readEndpointSlice(fields: Fields): EndpointSlice {
  fields.known(endpointSliceFields, 'warning');
  const metadata = readMetadata(fields, true);
  const serviceName = metadata.labels['kubernetes.io/service-name'] ?? '';
  if (serviceName === '') {
    fields.complain(['metadata', 'labels'], {
      code: 'slice-without-service',
      severity: 'warning',
      message: `EndpointSlice "${metadata.name}" belongs to no Service`,
      expected: 'expected the label "kubernetes.io/service-name"',
    });
  }
  checkUnique(fields.children('ports'), 'Port name');
  if (!fields.has('addressType')) fields.missing('addressType');
  return {
    kind: 'EndpointSlice',
    metadata,
    source: fields.document.source,
    serviceName,
    addressType: fields.oneOf('addressType', ['IPv4', 'IPv6', 'FQDN']) ?? 'IPv4',
    ports: fields.each('ports', readPort),
    endpoints: fields.each('endpoints', readEndpoint),
  };
}

/** pkg/apis/discovery/validation, validatePorts; the same of a subset's. */
function readPort(port: Fields): EndpointSlice['ports'][number] {
  const name = port.string('name') ?? '';
  checkName(port, 'name', name, LABEL);
  return {
    name,
    protocol: port.oneOf('protocol', protocols) ?? 'TCP',
    ...maybe('port', port.port('port')),
  };
}

/** Filled field by field: a large cluster has tens of thousands. */
type Draft<T> = { -readonly [K in keyof T]: T[K] };

function readEndpoint(fields: Fields): Endpoint {
  fields.known(endpointFields, 'warning');
  const read: Draft<Endpoint> = {
    addresses: fields.strings('addresses'),
    conditions: readConditions(fields.child('conditions')),
  };
  const nodeName = fields.string('nodeName');
  const zone = fields.string('zone');
  const hostname = fields.string('hostname');
  const targetRef = readTarget(fields);
  const hints = fields.child('hints');
  if (nodeName !== undefined) read.nodeName = nodeName;
  if (zone !== undefined) read.zone = zone;
  if (hostname !== undefined) read.hostname = hostname;
  if (targetRef !== undefined) read.targetRef = targetRef;
  if (hints !== undefined)
    read.hints = {
      forZones: hints.each('forZones', (each) => each.required('name')),
      forNodes: hints.each('forNodes', (each) => each.required('name')),
    };
  return read;
}

function readConditions(fields: Fields | undefined): Endpoint['conditions'] {
  const read: Draft<Endpoint['conditions']> = {};
  const ready = fields?.boolean('ready');
  const serving = fields?.boolean('serving');
  const terminating = fields?.boolean('terminating');
  if (ready !== undefined) read.ready = ready;
  if (serving !== undefined) read.serving = serving;
  if (terminating !== undefined) read.terminating = terminating;
  return read;
}

function readTarget(fields: Fields): NonNullable<Endpoint['targetRef']> | undefined {
  const target = fields.child('targetRef');
  if (target === undefined) return undefined;
  return {
    kind: target.string('kind') ?? '',
    namespace: target.string('namespace') ?? '',
    name: target.string('name') ?? '',
  };
}

/**
 * Slices with the content of an `Endpoints` object, as the mirroring controller makes them (one a subset and family;
 * `pkg/controller/endpointslicemirroring`).
 */
export function readEndpoints(fields: Fields): readonly EndpointSlice[] {
  const metadata = readMetadata(fields, true);
  return fields.children('subsets').flatMap((subset, i) => {
    const ports = subset.each('ports', readPort);
    const endpoints = [
      ...subset.each('addresses', (address) => readAddress(address, true)),
      ...subset.each('notReadyAddresses', (address) => readAddress(address, false)),
    ];
    return (['IPv4', 'IPv6'] as const).flatMap((addressType): EndpointSlice[] => {
      const family = addressType === 'IPv4' ? 4 : 6;
      const mine = endpoints.filter((endpoint) => endpoint.addresses.some((text) => familyOfText(text) === family));
      if (mine.length === 0) return [];
      const name = `${metadata.name}-mirror-${i}-${addressType.toLowerCase()}`;
      return [
        {
          kind: 'EndpointSlice',
          metadata: { ...metadata, name },
          source: fields.document.source,
          serviceName: metadata.name,
          addressType,
          ports,
          endpoints: mine,
        },
      ];
    });
  });
}

function familyOfText(text: string): number | undefined {
  const address = parseIp(text);
  return address === undefined ? undefined : familyOf(address);
}

function readAddress(fields: Fields, ready: boolean): Endpoint {
  const address = fields.ip('ip');
  return {
    addresses: address === undefined ? [] : [address],
    conditions: { ready },
    ...maybe('nodeName', fields.string('nodeName')),
    ...maybe('hostname', fields.string('hostname')),
    ...maybe('targetRef', readTarget(fields)),
  };
}
