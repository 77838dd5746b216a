import type { Service, ServicePort } from '../objects.ts';
import { type Fields, maybe } from '../read/fields.ts';
import { objectFields, servicePortFields, serviceSpecFields } from './api-fields.ts';
import { readMetadata } from './metadata.ts';
import { checkLabels, checkName, LABEL, PORT_NAME } from './names.ts';
import { checkServiceRules } from './service-rules.ts';

/** ClientIP affinity lasts three hours unless said otherwise (`DefaultClientIPServiceAffinitySeconds`, pkg/apis/core/v1/defaults.go). */
const AFFINITY_SECONDS = 10_800;

/** A Service's spec with the API server's defaults and nothing of its own. */
export const emptyServiceSpec: Service['spec'] = {
  type: 'ClusterIP',
  clusterIPs: [],
  ipFamilies: [],
  ports: [],
  externalIPs: [],
  externalTrafficPolicy: 'Cluster',
  internalTrafficPolicy: 'Cluster',
  sessionAffinity: 'None',
  sessionAffinityTimeout: AFFINITY_SECONDS,
  loadBalancerSourceRanges: [],
  allocateLoadBalancerNodePorts: true,
  publishNotReadyAddresses: false,
};

const policies = ['Cluster', 'Local'] as const;

export function readService(fields: Fields): Service {
  fields.known(objectFields, 'warning');
  const metadata = readMetadata(fields, true);
  const spec = fields.child('spec');
  if (spec === undefined && !fields.has('spec')) fields.missing('spec');
  spec?.known(serviceSpecFields, 'warning');
  if (spec !== undefined) checkServiceRules(fields, spec);
  return {
    kind: 'Service',
    metadata,
    source: fields.document.source,
    spec: readServiceSpec(spec ?? fields),
    status: {
      ingress: (fields.child('status')?.child('loadBalancer')?.children('ingress') ?? []).map((ingress) => ({
        ...maybe('ip', ingress.ip('ip')),
        ...maybe('hostname', ingress.string('hostname')),
        ...maybe('ipMode', ingress.oneOf('ipMode', ['VIP', 'Proxy'])),
      })),
    },
    ...maybe('annotationsAt', annotationsAt(fields, Object.keys(metadata.annotations))),
  };
}

/** Places are looked up for the annotations somebody checks: the few of load balancer controllers. */
function annotationsAt(fields: Fields, keys: readonly string[]): Service['annotationsAt'] {
  const checked = keys.filter((key) => /^service\.(?:beta\.)?kubernetes\.io\//.test(key));
  if (checked.length === 0) return undefined;
  return Object.fromEntries(checked.map((key) => [key, fields.place('metadata', 'annotations', key)]));
}

function readServiceSpec(spec: Fields): Service['spec'] {
  const affinity = spec.child('sessionAffinityConfig')?.child('clientIP');
  const type = spec.oneOf('type', ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName']) ?? 'ClusterIP';
  const healthCheckNodePort = spec.integer('healthCheckNodePort', 0, 65_535);
  if (type === 'ExternalName' && !spec.has('externalName')) spec.missing('externalName');
  return {
    type,
    clusterIPs: readClusterIps(spec),
    ipFamilies: readFamilies(spec),
    ...maybe('ipFamilyPolicy', spec.oneOf('ipFamilyPolicy', ['SingleStack', 'PreferDualStack', 'RequireDualStack'])),
    ...maybe('selector', readServiceSelector(spec)),
    ports: readPorts(spec),
    externalIPs: spec.ips('externalIPs'),
    ...maybe('externalName', spec.string('externalName')),
    externalTrafficPolicy: spec.oneOf('externalTrafficPolicy', policies) ?? 'Cluster',
    internalTrafficPolicy: spec.oneOf('internalTrafficPolicy', policies) ?? 'Cluster',
    ...maybe(
      'trafficDistribution',
      spec.oneOf('trafficDistribution', ['PreferClose', 'PreferSameZone', 'PreferSameNode']),
    ),
    sessionAffinity: spec.oneOf('sessionAffinity', ['None', 'ClientIP']) ?? 'None',
    sessionAffinityTimeout: affinity?.integer('timeoutSeconds', 1, 86_400) ?? AFFINITY_SECONDS,
    ...maybe('healthCheckNodePort', healthCheckNodePort === 0 ? undefined : healthCheckNodePort),
    ...maybe('loadBalancerClass', spec.string('loadBalancerClass')),
    ...maybe('loadBalancerIP', spec.ip('loadBalancerIP')),
    loadBalancerSourceRanges: spec.cidrs('loadBalancerSourceRanges').map((block) => block.text),
    allocateLoadBalancerNodePorts: spec.boolean('allocateLoadBalancerNodePorts') ?? true,
    publishNotReadyAddresses: spec.boolean('publishNotReadyAddresses') ?? false,
  };
}

/** An empty selector selects nothing for a Service: the same as none (`pkg/controller/endpointslice`: no selector, no slices). */
function readServiceSelector(spec: Fields): Readonly<Record<string, string>> | undefined {
  if (!spec.has('selector')) return undefined;
  checkLabels(spec, 'selector');
  const selector = spec.record('selector');
  return Object.keys(selector).length === 0 ? undefined : selector;
}

function readClusterIps(spec: Fields): readonly string[] {
  const several = spec.get('clusterIPs');
  if (Array.isArray(several) && several.length > 0) {
    const first = spec.get('clusterIP') ?? '';
    // ValidateServiceClusterIPsRelatedFields: the API server takes no other pair.
    if (first !== '' && first !== several[0])
      spec.complain(['clusterIP'], {
        code: 'two-addresses',
        message: `Field "spec.clusterIP" is ${String(first)}, and "spec.clusterIPs" begins with ${String(several[0])}`,
        expected: 'expected the same address in both',
      });
    return several[0] === 'None' ? ['None'] : spec.ips('clusterIPs');
  }
  if (spec.get('clusterIP') === 'None') return ['None'];
  const one = spec.ip('clusterIP');
  return one === undefined ? [] : [one];
}

function readFamilies(spec: Fields): readonly ('IPv4' | 'IPv6')[] {
  const families: ('IPv4' | 'IPv6')[] = [];
  for (const [i, family] of spec.list('ipFamilies').entries()) {
    if (family === 'IPv4' || family === 'IPv6') families.push(family);
    else {
      spec.complain(['ipFamilies', i], {
        code: 'wrong-value',
        message: `Field "${spec.name('ipFamilies', i)}" is not an IP family`,
        expected: 'expected "IPv4" or "IPv6"',
      });
    }
  }
  return families;
}

function readPorts(spec: Fields): readonly ServicePort[] {
  const seen = new Set<string>();
  const several = spec.list('ports').length > 1;
  return spec.children('ports').map((port) => {
    port.known(servicePortFields, 'warning');
    if (!port.has('port')) port.missing('port');
    const name = port.string('name') ?? '';
    checkName(port, 'name', name, LABEL);
    if (several && (name === '' || seen.has(name))) {
      port.complain(name === '' ? [] : ['name'], {
        code: 'port-name',
        message:
          name === '' ? `Port "${port.name()}" has no name` : `Port name "${name}" is used twice in this Service`,
        expected: 'expected a name of its own for every port where there is more than one',
      });
    }
    seen.add(name);
    const number = port.port('port') ?? 0;
    const nodePort = port.integer('nodePort', 0, 65_535);
    return {
      name,
      protocol: port.oneOf('protocol', ['TCP', 'UDP', 'SCTP']) ?? 'TCP',
      port: number,
      targetPort: readTargetPort(port) ?? number,
      ...maybe('nodePort', nodePort === 0 ? undefined : nodePort),
      ...maybe('appProtocol', port.string('appProtocol')),
    };
  });
}

/** A number, or the name of a container port. */
function readTargetPort(port: Fields): number | string | undefined {
  const value = port.get('targetPort');
  if (typeof value === 'string') {
    if (value === '') return undefined;
    if (!/^\d+$/.test(value)) checkName(port, 'targetPort', value, PORT_NAME);
    return /^\d+$/.test(value)
      ? port.wrong('targetPort', value, 'a number without quotes, or the name of a container port')
      : value;
  }
  return value === 0 ? undefined : port.port('targetPort');
}
