import { describe, expect, test } from 'vitest';
import { lbc, webhooks } from '../../../test/controllers/load-balancer-controller.ts';
import { CLASS, only, PORT, settled, type Wanted } from '../../../test/controllers/service-load-balancer.ts';

const NEW: Wanted = { spec: PORT };
const started = (args: readonly string[], image?: string): string =>
  `---\n${lbc({ args, ...(image === undefined ? {} : { image }) })}`;

const made = (wanted: Wanted, rest: string): string => {
  const { cluster } = settled({ ...wanted, rest });
  return cluster.loadBalancers.map(({ by, type, scheme }) => [by, type, scheme].join(' ')).join();
};
const why = (wanted: Wanted, rest: string): string => settled({ ...wanted, rest }).cluster.assumptions.join('\n');

describe('a Service under a controller that is told otherwise', () => {
  test.each<readonly [string, Wanted, readonly string[], string]>([
    ['the scheme', NEW, ['--default-load-balancer-scheme=internet-facing'], 'network internet-facing'],
    [
      'the scheme it asks for itself',
      { annotations: { scheme: 'internal' } },
      ['--default-load-balancer-scheme=internet-facing'],
      'network internal',
    ],
    [
      'the scheme by the older annotation',
      { annotations: { internal: 'true' } },
      ['--default-load-balancer-scheme=internet-facing'],
      'network internal',
    ],
    ['its class, which is written', NEW, ['--load-balancer-class=example.com/lb'], 'network internal'],
  ])('%s', (_, wanted, args, of) => {
    expect(made(wanted, started(args))).toBe(`aws-load-balancer-controller ${of}`);
  });
  test.each<readonly [string, Wanted, readonly string[], string]>([
    ['default', {}, ['--default-target-type=ip'], 'ip'],
    ['its own word', { annotations: { 'nlb-target-type': 'instance' } }, ['--default-target-type=ip'], 'instance'],
  ])('the type of its targets: %s', (_, wanted, args, targetType) => {
    expect(only({ ...wanted, rest: started(args) }).group.targetType).toBe(targetType);
  });
  test.each<readonly [string, Wanted, readonly string[], string]>([
    [
      'another class',
      { spec: `${CLASS}, ${PORT}` },
      ['--load-balancer-class=example.com/lb'],
      'that of the AWS Load Balancer Controller is --load-balancer-class=example.com/lb (service.yaml:',
    ],
    [
      'another namespace',
      NEW,
      ['--watch-namespace=apps'],
      'looks at namespace apps alone: --watch-namespace=apps (service.yaml:',
    ],
    [
      'no Service at all',
      NEW,
      ['--feature-gates=EnableServiceController=false'],
      'looks at no Service: feature gate EnableServiceController (service.yaml:',
    ],
    [
      'no targets of type ip',
      { annotations: { 'nlb-target-type': 'ip' } },
      ['--feature-gates=EnableIPTargetType=false'],
      'takes no targets of type ip',
    ],
    ['fewer targets', NEW, ['--max-targets-per-target-group=2'], 'which 2 of its 3 targets'],
    [
      'a value it does not start with',
      NEW,
      ['--default-target-type=pod'],
      'does not start with --default-target-type=pod',
    ],
  ])('%s: it has none, and it is said why', (_, wanted, args, said) => {
    expect(made(wanted, started(args))).toBe('');
    expect(why(wanted, started(args))).toContain(said);
  });
});

describe('who is given the class', () => {
  const CLASSIC = 'cloud-controller-manager classic internet-facing';
  const OLD = 'amazon/aws-alb-ingress-controller:v2.2.4';
  test('nobody by a release before v2.5.0, and by one without that webhook', () => {
    expect(made(NEW, started([], OLD))).toBe(CLASSIC);
    expect(why(NEW, started([], OLD))).toContain('its release v2.2.4 writes its class into no Service');
    expect(made(NEW, `${started([])}---\n${webhooks('mpod.elbv2.k8s.aws')}`)).toBe(CLASSIC);
  });
  test('a class it has is read by the older ones too', () => {
    expect(made({}, started([], OLD))).toBe('aws-load-balancer-controller network internal');
  });
  test('those its webhook hears of', () => {
    const hears = (selector: string): string =>
      made(NEW, `${started([])}---\n${webhooks('mservice.elbv2.k8s.aws').replace('aws }', `aws, ${selector} }`)}`);
    expect(hears('objectSelector: { matchExpressions: [{ key: a, operator: NotIn, values: [b] }] }')).toContain(
      'network',
    );
    expect(hears('objectSelector: { matchLabels: { a: b } }')).toBe(CLASSIC);
    expect(hears('namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: shop } }')).toContain('network');
    expect(hears('namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: other } }')).toBe(CLASSIC);
  });
});

test('gates for groups and listeners, and a group of its own that targets let in', () => {
  const NODE = `---
apiVersion: packetwalk.dev/v1alpha1
kind: SecurityGroup
spec: { id: sg-node }
---
apiVersion: packetwalk.dev/v1alpha1
kind: NodeNetwork
spec: { node: node-51, securityGroups: [sg-node] }
`;
  const groups = (...args: readonly string[]) => {
    const { cluster } = settled({ rest: `${NODE}${started(args)}` });
    const rules = cluster.filters.securityGroups.find(({ id }) => id === 'sg-node')?.ingress ?? [];
    const peers = rules.map(({ peer }) => (peer.kind === 'cidr' ? peer.cidr.text : peer.id));
    return { worn: cluster.loadBalancers[0]?.securityGroups ?? [], peers: [...new Set(peers)] };
  };
  const own = groups('--enable-backend-security-group=false');
  expect(own.worn).toHaveLength(1);
  expect(own.peers).toEqual(own.worn);
  const given = groups('--backend-security-group=sg-back');
  expect(given.worn[1]).toBe('sg-back');
  expect(given.peers).toEqual(['sg-back']);
  expect(groups('--feature-gates=NLBSecurityGroup=false').worn).toEqual([]);
  const both = 'ports: [{ name: t, port: 53, protocol: TCP }, { name: u, port: 53, protocol: UDP }]';
  const { balancer } = only({
    spec: `${CLASS}, ${both}`,
    rest: started(['--feature-gates=EnableTCPUDPListener=true']),
  });
  expect(balancer.listeners.map(({ protocol }) => protocol)).toEqual(['TCP_UDP']);
});
