import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { loadCluster } from '../../cluster/index.ts';
import { settle } from '../settle.ts';

const BASE = readFileSync(new URL('../../../examples/four-ways-in/cluster.yaml', import.meta.url), 'utf8');
const LBC = 'loadBalancerClass: service.k8s.aws/nlb, ';
const PORT = 'ports: [{ name: web, port: 80, targetPort: 8080 }]';
const UDP = 'ports: [{ name: q, port: 443, targetPort: 8080, protocol: UDP }]';

const BOTH = 'ports: [{ name: t, port: 53, targetPort: 53 }, { name: u, port: 53, targetPort: 53, protocol: UDP }]';
const SCTP = 'ports: [{ name: s, port: 9, targetPort: 9, protocol: SCTP }]';
const SECOND_SCTP =
  'ports: [{ name: t, port: 80, targetPort: 80 }, { name: s, port: 80, targetPort: 80, protocol: SCTP }]';

/** The load balancers made of `shop/web` with these annotations, and what is said of them. */
function made(annotations: Readonly<Record<string, string>>, spec = LBC + PORT) {
  const lines = Object.entries(annotations).map(
    ([key, value]) =>
      `    ${key.includes('/') ? key : `service.beta.kubernetes.io/${key.startsWith('=') ? key.slice(1) : `aws-load-balancer-${key}`}`}: ${JSON.stringify(value)}`,
  );
  const text = `apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
  annotations:
    none: ""
${lines.join('\n')}
spec: { type: LoadBalancer, selector: { app: web }, ${spec} }
`;
  const loaded = loadCluster(
    [
      { path: 'cluster.yaml', text: BASE },
      { path: 'service.yaml', text },
    ],
    [],
  );
  const { value, issues } = settle(loaded.value);
  const ports = issues.filter(({ code }) => code === 'load-balancer-not-made');
  const ranges = issues.filter(({ code }) => code.endsWith('-source-range'));
  return {
    ...value,
    ports,
    ranges,
    unfollowed: issues.filter(({ code, message }) => code === 'not-modelled' && message.includes('attributes')),
    told: issues.filter(({ code }) => code === 'wrong-annotation' || code === 'no-node-port'),
  };
}

const OUT = { scheme: 'internet-facing' };
const NLB = { type: 'nlb' };
const SIX = { 'ip-address-type': 'dualstack' };

describe('a value its controller refuses: a warning at its line, and no load balancer', () => {
  test.each<[string, Record<string, string>, string?]>([
    ['scheme', { scheme: 'internet-facin' }],
    ['scheme', { internal: 'yes', scheme: '' }],
    ['internal', { internal: 'yes' }],
    ['ip-address-type', { 'ip-address-type': 'ipv6' }],
    ['ssl-ports', { 'ssl-ports': '*' }],
    ['ssl-ports', { 'ssl-ports': '8443' }],
    ['proxy-protocol', { 'proxy-protocol': 'true' }],
    ['proxy-protocol-per-target-group', { 'proxy-protocol-per-target-group': 'web' }],
    ['inbound-sg-rules-on-private-link-traffic', { 'inbound-sg-rules-on-private-link-traffic': 'yes' }],
    ['enable-prefix-for-ipv6-source-nat', { 'enable-prefix-for-ipv6-source-nat': 'on' }],
    ['source-nat-ipv6-prefixes', { 'source-nat-ipv6-prefixes': 'auto_assigned' }],
    ['name', { name: 'a'.repeat(33) }],
    ['access-log-enabled', { 'access-log-enabled': 'yes' }],
    ['multi-cluster-target-group', { 'multi-cluster-target-group': 'yes' }],
    ['additional-resource-tags', { 'additional-resource-tags': 'a=b,c' }],
    ['minimum-load-balancer-capacity', { 'minimum-load-balancer-capacity': 'Units=5' }],
    ['healthcheck-interval', { 'healthcheck-interval': '10s' }],
    ['healthcheck-port', { 'healthcheck-port': 'metrics' }],
    ['healthcheck-port', { 'healthcheck-port': '70000' }],
    ['healthcheck-port', { ...NLB, 'healthcheck-port': 'web' }, PORT],
    ['healthcheck-protocol', { 'healthcheck-protocol': 'HTTP2' }],
    ['healthcheck-protocol', { 'healthcheck-protocol': '' }],
    ['healthcheck-protocol', { ...NLB, 'healthcheck-protocol': 'HTTP2' }, PORT],
    ['healthcheck-interval', { ...NLB, 'healthcheck-interval': '10s' }, PORT],
    ['attributes', { attributes: 'dns_record.client_routing_policy=zone' }],
    ['attributes', { attributes: 'load_balancing.cross_zone.enabled=maybe' }],
    ['attributes', { attributes: 'load_balancing.cross_zone.enabled=True' }],
    ['attributes', { attributes: 'load_balancing.cross_zone.enabled' }],
    ['attributes', { attributes: 'ipv6.deny_all_igw_traffic=true' }],
    ['target-group-attributes', { 'target-group-attributes': 'preserve_client_ip.enabled=True' }],
    ['target-group-attributes', { 'target-group-attributes': 'preserve_client_ip.enabled=' }],
    ['target-group-attributes', { 'target-group-attributes': 'proxy_protocol_v2.enabled=yes' }],
    ['target-group-attributes', { 'target-group-attributes': 'stickiness.enabled=on' }],
    ['target-group-attributes', { 'target-group-attributes': 'load_balancing.cross_zone.enabled=maybe' }],
    ['target-group-attributes', { 'target-group-attributes': 'preserve_client_ip.enabled' }],
    ['target-group-attributes.80', { 'target-group-attributes.80': 'preserve_client_ip.enabled=maybe' }],
    [
      'target-group-attributes',
      {
        'target-group-attributes.80': 'preserve_client_ip.enabled=true',
        'target-group-attributes': 'preserve_client_ip.enabled=maybe',
      },
    ],
    ['target-node-labels', { 'target-node-labels': 'edge' }],
    ['listener-attributes.TCP-80', { 'listener-attributes.TCP-80': 'tcp.idle_timeout.seconds=7' }],
    ['listener-attributes.UDP-443', { 'listener-attributes.UDP-443': 'tcp' }, LBC + UDP],
    ['name', { name: 'a b' }],
    ['name', { name: '' }],
    ['private-ipv4-addresses', { 'private-ipv4-addresses': '10.0.1.9,10.0.1.10' }],
    ['private-ipv4-addresses', { 'private-ipv4-addresses': '10.0.1.9,192.0.2.1' }],
    ['private-ipv4-addresses', { 'private-ipv4-addresses': '10.0.1.9,10.0.2' }],
    ['connection-idle-timeout', { 'connection-idle-timeout': '5000' }, PORT],
    ['connection-draining-timeout', { 'connection-draining-timeout': 'soon' }, PORT],
    ['eip-allocations', { ...NLB, 'eip-allocations': 'eipalloc-1' }, PORT],
    ['target-group-attributes', { 'target-group-attributes': 'preserve_client_ip.enabled=true' }, PORT],
    ['target-group-attributes', { ...NLB, 'target-group-attributes': 'stickiness.enabled=true' }, PORT],
    ['target-group-attributes', { ...NLB, 'target-group-attributes': 'preserve_client_ip.enabled' }, PORT],
    ['target-group-attributes', { ...NLB, 'target-group-attributes': 'preserve_client_ip.enabled=false' }, UDP],
    ['eip-allocations', { 'eip-allocations': 'eipalloc-1,eipalloc-2' }],
    ['eip-allocations', { ...OUT, 'eip-allocations': 'eipalloc-1' }],
    ['private-ipv4-addresses', { ...OUT, 'private-ipv4-addresses': '10.0.1.9,10.0.2.9' }],
    ['private-ipv4-addresses', { 'private-ipv4-addresses': '10.0.1.9' }],
    ['ipv6-addresses', { 'ipv6-addresses': '2001:db8::1,2001:db8::2' }],
    ['subnets', { ...SIX, subnets: 'private-a' }],
    ['subnets', { subnets: 'private-a,nowhere' }],
    ['subnets', { subnets: 'nowhere' }, PORT],
    ['subnets', { ...NLB, subnets: 'nowhere' }, PORT],
    ['quic-enabled-ports', { 'quic-enabled-ports': 'web' }],
    ['alpn-policy', { 'ssl-cert': 'arn:1', 'alpn-policy': 'h2' }],
    ['disable-nlb-sg', { 'disable-nlb-sg': 'yes' }],
    ['manage-backend-security-group-rules', { 'manage-backend-security-group-rules': 'yes' }],
    ['proxy-protocol', { 'proxy-protocol': 'true' }, PORT],
    ['backend-protocol', { 'ssl-cert': 'arn:1', 'backend-protocol': 'grpc' }, PORT],
    ['cross-zone-load-balancing-enabled', { 'cross-zone-load-balancing-enabled': 'yes' }, PORT],
    ['cross-zone-load-balancing-enabled', { ...NLB, 'cross-zone-load-balancing-enabled': 'yes' }, PORT],
    ['connection-draining-enabled', { 'connection-draining-enabled': 'yes' }, PORT],
  ])('%s: %j', (name, annotations, spec) => {
    const { loadBalancers, told } = made(annotations, spec);
    expect(loadBalancers).toEqual([]);
    expect(told).toMatchObject([{ severity: 'warning', at: { file: 'service.yaml' } }]);
    expect(told[0]?.message).toContain(`aws-load-balancer-${name}"`);
    expect(told[0]?.at?.line).toBe(7 + Object.keys(annotations).length);
  });
  test('instances without a node port', () => {
    const { loadBalancers, told } = made({}, `${LBC}allocateLoadBalancerNodePorts: false, ${PORT}`);
    expect([loadBalancers, told.map(({ code }) => code)]).toEqual([[], ['no-node-port']]);
  });
});

test.each<[Record<string, string>, string?]>([
  [{ 'ssl-cert': 'arn:1', 'ssl-ports': 'web' }],
  [{ 'ssl-cert': 'arn:1', 'ssl-ports': '80', 'alpn-policy': 'HTTP2Only' }],
  [{ 'ssl-cert': 'arn:1', 'ssl-ports': '*' }, PORT],
  [{ 'proxy-protocol': '*', 'additional-resource-tags': 'a=b', 'healthcheck-interval': '10' }],
  [{ 'proxy-protocol-per-target-group': '80, 81' }],
  [{ ...OUT, 'eip-allocations': 'eipalloc-1,eipalloc-2' }],
  [{ ...OUT, internal: 'yes' }],
  [{ 'nlb-target-type': 'pods' }, PORT],
  [{ 'healthcheck-protocol': 'Http' }],
  [
    {
      'target-group-attributes.80': 'proxy_protocol_v2.enabled=',
      'target-group-attributes': 'proxy_protocol_v2.enabled=',
    },
  ],
  [{ 'proxy-protocol': '*', 'target-group-attributes': 'proxy_protocol_v2.enabled=yes' }],
  [{ 'connection-idle-timeout': '' }, PORT],
  [{ ...NLB, 'listener-attributes.TCP-80': 'tcp.idle_timeout.seconds=7', attributes: 'a' }, PORT],
])('%j is as it should be', (annotations, spec) => {
  const { loadBalancers, told } = made(annotations, spec);
  expect([loadBalancers.length, told]).toEqual([1, []]);
});

describe('a value its controller does not read: a warning at its line, and a load balancer', () => {
  const TLS = { 'ssl-cert': 'arn:1' };
  test.each<[string, Record<string, string>, string, string]>([
    ['backend-protocol', { ...TLS, 'backend-protocol': 'SSL' }, LBC + PORT, 'TLS → TCP'],
    ['backend-protocol', { ...NLB, ...TLS, 'backend-protocol': 'grpc' }, PORT, 'TLS → TCP'],
    ['enable-tcp-udp-listener', { 'enable-tcp-udp-listener': 'yes' }, LBC + BOTH, 'TCP → TCP'],
    ['type', { type: 'nbl' }, PORT, 'TCP → TCP'],
    ['type', { type: 'nbl' }, LBC + PORT, 'TCP → TCP'],
    ['nlb-target-type', { 'nlb-target-type': 'pods' }, LBC + PORT, 'TCP → TCP'],
  ])('%s: %j', (name, annotations, spec, want) => {
    const { loadBalancers, targetGroups, told } = made(annotations, spec);
    expect(`${loadBalancers[0]?.listeners[0]?.protocol} → ${targetGroups[0]?.protocol}`).toBe(want);
    expect(told).toMatchObject([{ severity: 'warning', at: { line: 7 + Object.keys(annotations).length } }]);
    expect(told[0]?.message).toContain(`aws-load-balancer-${name}"`);
  });
  test.each<[Record<string, string>, string]>([
    [{ 'backend-protocol': 'grpc' }, PORT],
    [{ 'backend-protocol': '', ...TLS }, PORT],
    [{ 'enable-tcp-udp-listener': 'yes' }, PORT],
    [{ ...NLB, 'enable-tcp-udp-listener': 'yes', 'cross-zone-load-balancing-enabled': '' }, PORT],
  ])('where nothing reads it, nothing is said: %j', (annotations, spec) => {
    const { loadBalancers, told } = made(annotations, spec);
    expect([loadBalancers.length, told.filter(({ severity }) => severity === 'error')]).toEqual([1, []]);
  });
});

describe('source ranges of a family the load balancer does not have', () => {
  const SIX_RANGES = 'loadBalancerSourceRanges: [2001:db8::/32], ';
  const RANGES = { '=load-balancer-source-ranges': '2001:db8::/32' };
  test.each<[Record<string, string>, string, number]>([
    [{}, LBC + SIX_RANGES + PORT, 1],
    [RANGES, LBC + PORT, 8],
    [RANGES, PORT, 8],
    [{ ...NLB, ...RANGES }, PORT, 9],
  ])('%j, %s: no load balancer, and a warning', (annotations, spec, line) => {
    const { loadBalancers, ranges } = made(annotations, spec);
    expect(loadBalancers).toEqual([]);
    expect(ranges).toMatchObject([{ code: 'refused-source-range', severity: 'warning', at: { line } }]);
  });
  test.each<[Record<string, string>, string]>([
    [{ ...SIX, 'ipv6-addresses': '' }, LBC + PORT],
    [{ 'security-groups': 'sg-1' }, LBC + SIX_RANGES + PORT],
    [{ 'security-groups': 'sg-1' }, SIX_RANGES + PORT],
    [{ 'disable-nlb-sg': 'true' }, LBC + SIX_RANGES + PORT],
  ])('%j, %s: nothing is refused for them', (annotations, spec) => expect(made(annotations, spec).ranges).toEqual([]));
  test.each([
    ['service.beta', 'error', 'wrong'],
    ['service', 'warning', 'refused'],
  ])('a range that is none, under %s.kubernetes.io/: %s', (prefix, severity, code) => {
    const { ranges } = made({ [`${prefix}.kubernetes.io/load-balancer-source-ranges`]: '10.0.0.0/80' });
    expect(ranges).toMatchObject([{ code: `${code}-source-range`, severity }]);
  });
});

describe('ports a load balancer cannot have', () => {
  const MERGED = { 'enable-tcp-udp-listener': 'true' };
  const GROUP = { 'security-groups': 'sg-1' };
  test.each<[string, Record<string, string>, string]>([
    ['a target group of SCTP', {}, LBC + SCTP],
    ['a target group of SCTP', GROUP, LBC + SCTP],
    ['a security group rule of SCTP', {}, LBC + SECOND_SCTP],
    ['one listener of TCP and SCTP', { ...MERGED, ...GROUP }, LBC + SECOND_SCTP],
    ['its ports are of TCP and UDP', NLB, BOTH],
    ['its ports are of TCP and UDP', {}, BOTH],
    ['port 9/SCTP', NLB, SCTP],
    ['has no port 443/UDP', {}, UDP],
    ['session affinity', {}, `sessionAffinity: ClientIP, ${PORT}`],
    ['address 192.0.2.9', NLB, `loadBalancerIP: 192.0.2.9, ${PORT}`],
  ])('%s: %j', (why, annotations, spec) => {
    const { loadBalancers, targetGroups, ports } = made(annotations, spec);
    expect([loadBalancers, targetGroups]).toEqual([[], []]);
    expect(ports).toMatchObject([{ code: 'load-balancer-not-made', severity: 'warning' }]);
    expect(ports[0]?.message).toContain(why);
  });
  test.each<[string, Record<string, string>, string]>([
    ['TCP 80', GROUP, LBC + SECOND_SCTP],
    ['TCP 53', {}, LBC + BOTH],
    ['TCP_UDP 53', MERGED, LBC + BOTH],
    ['UDP 443', NLB, UDP],
  ])('%s: %j', (want, annotations, spec) => {
    const { loadBalancers, targetGroups, ports } = made(annotations, spec);
    expect(loadBalancers.map(({ listeners }) => listeners.map(({ protocol, port }) => `${protocol} ${port}`))).toEqual([
      [want],
    ]);
    expect([targetGroups.length, ports]).toEqual([1, []]);
  });
  test('the cloud controller manager passes over a port without a node port', () => {
    const none = `allocateLoadBalancerNodePorts: false, ${PORT}`;
    expect(made(NLB, none).loadBalancers.map(({ listeners }) => listeners)).toEqual([[]]);
    expect(made({}, none).loadBalancers).toEqual([]);
    expect(made({}, none).told.map(({ code }) => code)).toEqual(['no-node-port']);
  });
});

describe('ports by name or number', () => {
  const action = (annotations: Readonly<Record<string, string>>, spec?: string) =>
    made(annotations, spec).loadBalancers[0]?.listeners[0]?.rules[0]?.action;
  test.each(['q', '443'])('quic-enabled-ports: %s', (port) =>
    expect(action({ 'quic-enabled-ports': port }, LBC + UDP)).toMatchObject({ what: expect.stringMatching(/^QUIC/) }),
  );
  test('healthcheck-port: the node port of instances, the target port of addresses', () => {
    const port = (type: string) => {
      const { targetGroups, services } = made({ 'nlb-target-type': type, 'healthcheck-port': 'web' });
      const own = services.find(({ metadata }) => metadata.name === 'web')?.spec.ports[0];
      return [targetGroups[0]?.healthCheck.port, type === 'ip' ? 8080 : own?.nodePort];
    };
    for (const [got, want] of [port('ip'), port('instance')]) expect(got).toBe(want);
  });
  test('an empty list of TLS ports is none', () =>
    expect(made({ 'ssl-cert': 'arn:1', 'ssl-ports': '' }).loadBalancers[0]?.listeners[0]?.protocol).toBe('TLS'));
  test('an empty list of certificates is none', () =>
    expect(made({ 'ssl-cert': '' }).loadBalancers[0]?.listeners[0]?.protocol).toBe('TCP'));
  test('an action is for what the listener speaks', () => {
    const said = { 'ssl-cert': 'arn:1', '=actions.TLS-80': '{}' };
    expect(action(said)?.kind).toBe('unmodelled');
    expect(action({ ...said, 'ssl-ports': '' })?.kind).toBe('unmodelled');
    expect(action({ 'ssl-cert': 'arn:1', '=actions.TCP-80': '{}' })?.kind).toBe('forward');
  });
});

test.each([
  ['any_availability_zone', 0],
  ['availability_zone_affinity', 1],
  ['partial_availability_zone_affinity', 1],
])(
  'names answered by zone, %s: a load balancer is made, and %i times it is said that they are not',
  (policy, times) => {
    const { loadBalancers, unfollowed } = made({ attributes: `dns_record.client_routing_policy=${policy}` });
    expect(loadBalancers).toHaveLength(1);
    expect(unfollowed).toHaveLength(times);
  },
);
