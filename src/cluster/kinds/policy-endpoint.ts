import type { EndpointInfo, EndpointPort, PolicyEndpoint } from '../network-policies.ts';
import { type Fields, maybe } from '../read/fields.ts';
import { readMetadata } from './metadata.ts';
import { readPolicyTypes } from './network-policy.ts';

/** `networking.k8s.aws/v1alpha1` PolicyEndpoint (aws-network-policy-agent, api/v1alpha1/policyendpoints_types.go). */
export function readPolicyEndpoint(fields: Fields): PolicyEndpoint {
  const metadata = readMetadata(fields, true);
  const spec = fields.child('spec');
  const ref = spec?.child('policyRef');
  return {
    kind: 'PolicyEndpoint',
    metadata,
    source: fields.document.source,
    spec: {
      policyRef: {
        namespace: ref?.string('namespace') ?? metadata.namespace,
        name: ref?.required('name') ?? metadata.name,
      },
      podIsolation: readPolicyTypes(spec, 'podIsolation') ?? [],
      podSelectorEndpoints:
        spec?.each('podSelectorEndpoints', (pod) => ({
          namespace: pod.string('namespace') ?? metadata.namespace,
          name: pod.required('name'),
          ...maybe('podIP', pod.ip('podIP')),
          ...maybe('hostIP', pod.ip('hostIP')),
        })) ?? [],
      ingress: readEndpoints(spec, 'ingress'),
      egress: readEndpoints(spec, 'egress'),
    },
  };
}

/** An entry with a name in place of a block is for EKS Auto Mode's agent: this one passes it over (deriveIngressAndEgressFirewallRules). */
const readEndpoints = (spec: Fields | undefined, key: 'ingress' | 'egress'): readonly EndpointInfo[] =>
  (spec?.children(key) ?? []).flatMap((info) => {
    if (!info.has('cidr') && !info.has('domainName')) info.missing('cidr');
    const cidr = info.cidr('cidr');
    return cidr === undefined ? [] : [{ cidr, except: info.cidrs('except'), ports: info.each('ports', readPort) }];
  });

function readPort(port: Fields): EndpointPort {
  const protocol = port.string('protocol');
  return {
    ...maybe(
      'protocol',
      (['TCP', 'UDP', 'SCTP'] as const).find((each) => each === protocol),
    ),
    ...maybe('port', port.integer('port', 0, 65_535)),
    ...maybe('endPort', port.integer('endPort', 0, 65_535)),
  };
}
