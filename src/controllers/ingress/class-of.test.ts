import { describe, expect, test } from 'vitest';
import { ingress, service, settled } from '../../../test/controllers/ingresses.ts';

const WEB = service('web', ', type: NodePort');
const ALB = ingress('i', { scheme: 'internal', 'target-type': 'instance', 'inbound-cidrs': '10.0.0.0/8' }, [
  ['', 'Prefix / web'],
]);
const klass = (parameters: string, controller = 'ingress.k8s.aws/alb'): string => `apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: alb}
spec: {controller: ${controller}${parameters}}
`;
const WITH = ', parameters: {apiGroup: elbv2.k8s.aws, kind: IngressClassParams, name: p}';
const params = (spec: string): string => `apiVersion: elbv2.k8s.aws/v1beta1
kind: IngressClassParams
metadata: {name: p}
spec: ${spec}
`;
const under = (spec: string, ...ingresses: readonly string[]) =>
  settled(WEB, ...(ingresses.length === 0 ? [ALB] : ingresses), klass(WITH), params(spec));

describe('parameters of a class overrule annotations', () => {
  test('scheme, targets, families, and who may call', () => {
    const { albs, cluster, errors } = under(
      '{scheme: internet-facing, targetType: ip, inboundCIDRs: [192.0.2.0/24], wafv2AclArn: "", namespaceSelector: {}, loadBalancerAttributes: [{key: deletion_protection.enabled, value: "true"}, {key: access_logs.s3.bucket, value: b}], tags: [{key: a, value: b}]}',
    );
    expect(errors).toEqual([]);
    const [alb] = albs;
    expect(alb?.scheme).toBe('internet-facing');
    expect(under('{ipAddressType: dualstack}').albs[0]?.ipAddressType).toBe('dualstack');
    expect(cluster.targetGroups[0]?.targetType).toBe('ip');
    const peers = alb?.guard?.own?.ingress.map(({ peer }) => (peer.kind === 'cidr' ? peer.cidr.text : peer.id));
    expect(peers).toEqual(['192.0.2.0/24']);
  });
  test('the type of targets a Service asks for, too', () => {
    const own = service('web', ', type: NodePort').replace(
      'namespace: shop',
      'namespace: shop, annotations: {alb.ingress.kubernetes.io/target-type: instance}',
    );
    const { cluster } = settled(own, ALB, klass(WITH), params('{targetType: ip}'));
    expect(cluster.targetGroups[0]?.targetType).toBe('ip');
  });
  test('the group, whatever group is asked for; what it is silent of is as annotated', () => {
    const two = ['a', 'b'].map((name) => ingress(name, { 'group.name': name }, [['', `Prefix /${name} web`]]));
    const { albs } = under('{group: {name: shared}}', ...two);
    expect(albs.map(({ madeFor }) => madeFor)).toEqual([['shop/a', 'shop/b']]);
    expect(under('{group: {name: shared}}').albs[0]?.scheme).toBe('internal');
  });
  test('certificates have it listen on 443', () => {
    expect(under('{certificateArn: [arn:x]}').albs[0]?.listeners.map(({ port }) => port)).toEqual([443]);
  });
  test('a value nobody reads is told by its field', () => {
    const { albs, issues } = under('{inboundCIDRs: [nowhere]}');
    expect(albs[0]?.unbuilt).toBe(true);
    expect(issues.join()).toContain('Field "spec.inboundCIDRs" of IngressClassParams "p" is "nowhere"');
  });
});

describe('a class that is not followed leaves the load balancer unknown', () => {
  test.each<readonly [string, readonly string[], string]>([
    ['EKS Auto Mode', [klass('', 'eks.amazonaws.com/alb')], "is EKS Auto Mode's"],
    ['parameters that are not there', [klass(WITH)], 'IngressClassParams "p", which the input does not have'],
    [
      'parameters of another kind',
      [klass(', parameters: {apiGroup: x.io, kind: Foo, name: p}')],
      'Foo "p" of "x.io", which the controller does not know',
    ],
    ...(
      [
        'namespaceSelector: {matchLabels: {a: b}}',
        'subnets: {ids: [subnet-1]}',
        'loadBalancerAttributes: [{key: a, value: b}]',
        'later: 1',
      ] as const
    ).map(
      (field) =>
        [
          field,
          [klass(WITH), params(`{${field}}`)],
          `whose spec.${field.split(':')[0]} is not followed (in.yaml:`,
        ] as const,
    ),
  ])('%s', (_, documents, why) => {
    const { albs, errors, issues } = settled(WEB, ALB, ...documents);
    expect(errors).toEqual([]);
    expect(albs).toMatchObject([{ unbuilt: true, unbuiltFor: ['shop/web'], madeFor: ['shop/i'] }]);
    expect(albs[0]?.unmodelled).toContain(why);
    expect(albs[0]?.unmodelled).toMatch(/Ingress "shop\/i" is not known: its class, IngressClass "alb" \(in\.yaml:\d/);
    expect(issues.filter((each) => each.includes(why))).toHaveLength(1);
  });
  test('of other controllers none is made', () => {
    expect(settled(WEB, ALB, klass('', 'k8s.io/ingress-nginx')).albs).toEqual([]);
  });
});

test('of two default classes the newest counts, and of those as old the first by name', () => {
  const of = (name: string, controller: string, at: string): string => `apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: ${name}, annotations: {ingressclass.kubernetes.io/is-default-class: "true"}${at === '' ? '' : `, creationTimestamp: "${at}"`}}
spec: {controller: ${controller}}
`;
  const bare = ALB.replace(/ *ingressClassName: [^,\n}]*,?/, '');
  const made = (...classes: readonly string[]): number => settled(WEB, bare, ...classes).albs.length;
  const [nginx, alb] = ['k8s.io/ingress-nginx', 'ingress.k8s.aws/alb'];
  expect(made(of('nginx', nginx, ''), of('alb', alb, ''))).toBe(1);
  expect(made(of('a-nginx', nginx, ''), of('alb', alb, ''))).toBe(0);
  expect(made(of('nginx', nginx, '2026-02-01T00:00:00Z'), of('alb', alb, '2026-01-01T00:00:00Z'))).toBe(0);
  expect(made(of('a-nginx', nginx, '2026-01-01T00:00:00Z'), of('alb', alb, '2026-02-01T00:00:00Z'))).toBe(1);
});
