import type { SourceRef } from '../../base/index.ts';
import { parseIp } from '../../net/index.ts';
import type { Ingress, IngressBackend, IngressClass, IngressPath } from '../ingress-objects.ts';
import { type Fields, maybe } from '../read/fields.ts';
import {
  ingressClassSpecFields,
  ingressPathFields,
  ingressRuleFields,
  ingressSpecFields,
  objectFields,
} from './api-fields.ts';
import { readMetadata } from './metadata.ts';
import { checkName, LABEL_1035, type NameRule, PORT_NAME, SUBDOMAIN } from './names.ts';

const PATH_TYPES = ['Exact', 'Prefix', 'ImplementationSpecific'] as const;

/** `networking.k8s.io/v1` Ingress, with the place of every annotation: their values are configuration of their own. */
export function readIngress(fields: Fields): Ingress {
  fields.known(objectFields, 'warning');
  const spec = fields.child('spec');
  spec?.known(ingressSpecFields, 'warning');
  const backend = spec?.child('defaultBackend');
  return {
    kind: 'Ingress',
    metadata: readMetadata(fields, true),
    annotationPlaces: placesOf(fields),
    source: fields.document.source,
    spec: {
      ...maybe('ingressClassName', spec?.string('ingressClassName')),
      ...maybe('defaultBackend', backend === undefined ? undefined : readBackend(backend)),
      rules: (spec?.children('rules') ?? []).map((rule) => {
        rule.known(ingressRuleFields, 'warning');
        const http = rule.child('http');
        const host = rule.string('host') ?? '';
        checkName(rule, 'host', host, HOST);
        return { host, paths: (http?.children('paths') ?? []).map(readPath) };
      }),
    },
    status: {
      hostnames: (fields.child('status')?.child('loadBalancer')?.children('ingress') ?? []).flatMap(
        (each) => each.string('hostname') ?? [],
      ),
    },
  };
}

/** validateIngressRules: a name, `*.` in front of one, and no address. */
const HOST: NameRule = {
  is: (text) => SUBDOMAIN.is(text.replace(/^\*\./, '')) && parseIp(text) === undefined,
  expected: 'expected a lower-case DNS name, "*." in front of it at most, and no address',
};

function placesOf(fields: Fields): ReadonlyMap<string, SourceRef> {
  const names = Object.keys(fields.child('metadata')?.record('annotations') ?? {});
  return new Map(names.map((name) => [name, fields.place('metadata', 'annotations', name)]));
}

function readPath(path: Fields): IngressPath {
  path.known(ingressPathFields, 'warning');
  const text = path.string('path') ?? '';
  const pathType = path.oneOf('pathType', PATH_TYPES) ?? 'ImplementationSpecific';
  // pkg/apis/networking/validation: paths of these two types are absolute.
  if (pathType !== 'ImplementationSpecific' && !text.startsWith('/')) {
    const message = `Path "${text}" of type ${pathType} does not start with "/"`;
    path.complain(path.has('path') ? ['path'] : [], {
      code: 'wrong-value',
      message,
      expected: 'expected "/" or "/order"',
    });
  }
  const backend = path.child('backend');
  if (backend === undefined && !path.has('backend')) path.missing('backend');
  return { path: text, pathType, backend: readBackend(backend ?? path), source: path.place() };
}

function readBackend(fields: Fields): IngressBackend {
  const source = fields.place();
  const service = fields.child('service');
  if (service === undefined) {
    const resource = fields.child('resource');
    return {
      ...maybe('resource', resource && `${resource.string('kind') ?? ''}/${resource.string('name') ?? ''}`),
      source,
    };
  }
  const port = service.child('port');
  const number = port?.port('number');
  checkName(service, 'name', service.get('name'), LABEL_1035);
  if (port !== undefined) checkName(port, 'name', port.get('name'), PORT_NAME);
  return {
    service: { name: service.required('name'), port: port?.string('name') ?? number ?? 0 },
    source,
  };
}

export function readIngressClass(fields: Fields): IngressClass {
  const spec = fields.child('spec');
  const parameters = spec?.child('parameters');
  spec?.known(ingressClassSpecFields, 'warning');
  return {
    kind: 'IngressClass',
    metadata: readMetadata(fields, false),
    source: fields.document.source,
    spec: {
      controller: spec?.string('controller') ?? '',
      ...maybe('parameters', parameters && readParameters(parameters)),
    },
  };
}

const readParameters = (fields: Fields): NonNullable<IngressClass['spec']['parameters']> => ({
  apiGroup: fields.string('apiGroup') ?? '',
  kind: fields.string('kind') ?? '',
  name: fields.string('name') ?? '',
});
