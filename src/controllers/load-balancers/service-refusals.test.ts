import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { loadCluster } from '../../cluster/index.ts';
import { settle } from '../settle.ts';

const BASE = readFileSync(new URL('../../../examples/four-ways-in/cluster.yaml', import.meta.url), 'utf8');
const LBC = 'loadBalancerClass: service.k8s.aws/nlb, ';
const PORT = 'ports: [{ name: web, port: 80, targetPort: 8080 }]';
const UDP = 'ports: [{ name: q, port: 443, targetPort: 8080, protocol: UDP }]';

/** The load balancers made of `shop/web` with these annotations, and what is said of them. */
function made(annotations: Readonly<Record<string, string>>, spec = LBC + PORT) {
  const lines = Object.entries(annotations).map(
    ([key, value]) =>
      `    service.beta.kubernetes.io/${key.startsWith('=') ? key.slice(1) : `aws-load-balancer-${key}`}: ${JSON.stringify(value)}`,
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
  return { ...value, told: issues.filter(({ code }) => code === 'wrong-annotation' || code === 'no-node-port') };
}

const OUT = { scheme: 'internet-facing' };
const SIX = { 'ip-address-type': 'dualstack' };

describe('a value its controller refuses: a warning at its line, and no load balancer', () => {
  test.each<[string, Record<string, string>, string?]>([
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
    ['attributes', { attributes: 'dns_record.client_routing_policy=zone' }],
    ['eip-allocations', { 'eip-allocations': 'eipalloc-1,eipalloc-2' }],
    ['eip-allocations', { ...OUT, 'eip-allocations': 'eipalloc-1' }],
    ['private-ipv4-addresses', { ...OUT, 'private-ipv4-addresses': '10.0.1.9,10.0.2.9' }],
    ['private-ipv4-addresses', { 'private-ipv4-addresses': '10.0.1.9' }],
    ['ipv6-addresses', { 'ipv6-addresses': '2001:db8::1,2001:db8::2' }],
    ['subnets', { ...SIX, subnets: 'private-a' }],
    ['quic-enabled-ports', { 'quic-enabled-ports': 'web' }],
    ['alpn-policy', { 'ssl-cert': 'arn:1', 'alpn-policy': 'h2' }],
    ['proxy-protocol', { 'proxy-protocol': 'true' }, PORT],
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
])('%j is as it should be', (annotations, spec) => {
  const { loadBalancers, told } = made(annotations, spec);
  expect([loadBalancers.length, told]).toEqual([1, []]);
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
  test('an action is for what the listener speaks', () => {
    const said = { 'ssl-cert': 'arn:1', '=actions.TLS-80': '{}' };
    expect(action(said)?.kind).toBe('unmodelled');
    expect(action({ ...said, 'ssl-ports': '' })?.kind).toBe('unmodelled');
    expect(action({ 'ssl-cert': 'arn:1', '=actions.TCP-80': '{}' })?.kind).toBe('forward');
  });
});
