import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { lbc } from '../../../test/controllers/load-balancer-controller.ts';
import { loadCluster } from '../../cluster/index.ts';
import { settle } from '../settle.ts';

const BASE = readFileSync(new URL('../../../examples/four-ways-in/cluster.yaml', import.meta.url), 'utf8');
const OWN = 'apiVersion: packetwalk.dev/v1alpha1';
const ARN = 'arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/tg/0a';

const balancer = (name: string, groups: string): string => `${OWN}
kind: LoadBalancer
metadata: { name: ${name} }
spec: { subnets: [{ id: public-a }], listeners: [{ protocol: TCP, port: 80, targetGroup: tg }], targetGroups: [${groups}] }`;
const service = (type = 'ClusterIP'): string =>
  `apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { type: ${type}, selector: { app: web }, ports: [{ name: http, port: 80, targetPort: 8080, nodePort: 30080 }] }`.replace(
    type === 'ClusterIP' ? ', nodePort: 30080' : '',
    '',
  );
const binding = (spec: string, metadata = ''): string => `apiVersion: elbv2.k8s.aws/v1beta1
kind: TargetGroupBinding
metadata: { name: b, namespace: shop${metadata} }
spec: { serviceRef: { name: web, port: 80 }, ${spec} }`;

function settled(...documents: readonly string[]) {
  const { value, issues } = loadCluster([{ path: 'in.yaml', text: [BASE, ...documents].join('\n---\n') }], []);
  expect(issues.filter(({ severity }) => severity === 'error')).toEqual([]);
  const made = settle(value);
  expect(settle(made.value).value).toEqual(made.value);
  const said = made.issues.map(({ message }) => message);
  return { cluster: made.value, said };
}

/** The targets of the first target group, and what was said. */
function targets(...documents: readonly string[]): readonly string[] {
  const { cluster, said } = settled(...documents);
  const [group] = cluster.targetGroups;
  const reason = group?.unregistered === undefined ? [] : [`none: ${group.unregistered}`];
  return [...(group?.targets ?? []).map(({ ip, port, zone }) => `${ip}:${port} ${zone}`), ...reason, ...said];
}

const PODS = ['10.0.1.171:8080 us-east-1a', '10.0.2.191:8080 us-east-1b'];

describe('a binding of a described target group', () => {
  test.each([
    ['by its ARN', `arn: "${ARN}"`, `targetGroupARN: "${ARN}"`],
    ['by the name in an ARN', '', `targetGroupARN: "${ARN}"`],
    ['by its name', '', 'targetGroupName: tg'],
  ])('%s: the pods', (_, group, spec) =>
    expect(
      targets(
        balancer('a', `{ name: tg, targetType: ip${group === '' ? '' : `, ${group}`} }`),
        service(),
        binding(spec),
      ),
    ).toEqual(PODS),
  );
  test('with another ARN it is another group', () => {
    const group = `{ name: tg, targetType: ip, arn: "${ARN}b" }`;
    expect(targets(balancer('a', group), service(), binding(`targetGroupARN: "${ARN}"`))).toEqual([
      'TargetGroupBinding "shop/b" registers nobody: neither it nor the input says the type of its targets',
    ]);
  });
  test('nodes at the node port, those a selector leaves', () => {
    const selector = 'nodeSelector: { matchLabels: { topology.kubernetes.io/zone: us-east-1b } }';
    const group = '{ name: tg, targetType: instance }';
    expect(targets(balancer('a', group), service('NodePort'), binding(`targetGroupName: tg, ${selector}`))).toEqual([
      '10.0.2.91:30080 us-east-1b',
    ]);
  });
  test('in a namespace its controller does not look at it changes nothing', () => {
    const group = '{ name: tg, targetType: ip, targets: [{ address: 10.0.1.9, port: 1, zone: us-east-1a }] }';
    const elsewhere = lbc({ args: ['--watch-namespace=apps'] });
    const found = targets(balancer('a', group), service(), binding('targetGroupName: tg'), elsewhere);
    expect(found[0]).toBe('10.0.1.9:1 us-east-1a');
    expect(found.join()).toMatch(/"shop\/b" registers nobody: .*--watch-namespace=apps \(in\.yaml:\d/);
  });
  test('what else is in the group is taken out, unless clusters share it', () => {
    const group = '{ name: tg, targetType: ip, targets: [{ address: 10.0.1.9, port: 1, zone: us-east-1a }] }';
    const given = [balancer('a', group), service()];
    expect(targets(...given, binding('targetGroupName: tg'))).toEqual([
      ...PODS,
      'TargetGroupBinding "shop/b" takes 10.0.1.9:1 out of target group a-tg: its controller keeps there only what it registers',
    ]);
    expect(targets(...given, binding('targetGroupName: tg, multiClusterTargetGroup: true'))).toEqual([
      '10.0.1.9:1 us-east-1a',
      ...PODS,
    ]);
  });
  test.each([
    [
      'another type',
      service(),
      'targetType: instance',
      'its targets are of type instance, and those of a-tg of type ip',
    ],
    ['no such Service', '', 'targetType: ip', 'there is no Service "shop/web"'],
    [
      'no such port',
      service(),
      'targetType: ip, serviceRef: { name: web, port: 81 }',
      'Service "shop/web" has no port 81',
    ],
  ])('%s: nobody, and why', (_, given, spec, why) => {
    const of = `targetGroupName: tg, ${spec}`;
    const bound = spec.includes('serviceRef')
      ? binding(of).replace('serviceRef: { name: web, port: 80 }, ', '')
      : binding(of);
    expect(targets(balancer('a', '{ name: tg, targetType: ip }'), ...[given].filter(Boolean), bound)).toEqual([
      `none: ${why}`,
      `TargetGroupBinding "shop/b" registers nobody: ${why}`,
    ]);
  });
  test('two groups of its name: neither', () => {
    const group = '{ name: tg, targetType: ip }';
    const { said } = settled(balancer('a', group), balancer('c', group), service(), binding('targetGroupName: tg'));
    expect(said[0]).toBe('TargetGroupBinding "shop/b" names target group "tg", which a-tg and c-tg are called');
  });
});

describe('a binding its controller made', () => {
  const ingress = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: i, namespace: shop, annotations: { alb.ingress.kubernetes.io/target-type: ip, kubernetes.io/ingress.class: alb } }
spec: { rules: [{ http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] } }] }`;
  const labels = ', labels: { ingress.k8s.aws/stack-namespace: shop, ingress.k8s.aws/stack-name: i }';
  const spec = `targetType: ip, targetGroupARN: "${ARN}", networking: { ingress: [{ from: [{ securityGroup: { groupID: sg-x } }], ports: [{ protocol: TCP }] }] }`;

  test('stands for the target group of its Ingress', () => {
    const { cluster } = settled(service(), ingress, binding(spec, labels));
    expect(cluster.targetGroups).toHaveLength(1);
    expect(cluster.targetGroupBindings[0]).toMatchObject({ targetGroup: cluster.targetGroups[0]?.id, targets: [] });
  });
  test('without the Ingress it is nobody we know', () => {
    const { cluster } = settled(service(), binding(spec, labels));
    expect(cluster.targetGroupBindings[0]).not.toHaveProperty('targetGroup');
    expect(cluster.targetGroupBindings[0]?.targets.map(({ ip }) => ip)).toEqual(['10.0.1.171', '10.0.2.191']);
  });
  test('one a person made beside it is of another group', () =>
    expect(settled(service(), ingress, binding(spec)).cluster.targetGroupBindings[0]).not.toHaveProperty(
      'targetGroup',
    ));
});
