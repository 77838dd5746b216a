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

describe('attributes of the class, each by itself', () => {
  const ATTRIBUTES = 'load-balancer-attributes';
  const annotated = (name: string, attributes: string, path = '/'): string =>
    ingress(name, { 'group.name': 'g', [ATTRIBUTES]: attributes }, [['', `Prefix ${path} web`]]);
  const CLASS = '{loadBalancerAttributes: [{key: idle_timeout.timeout_seconds, value: "600"}]}';
  test('they overrule the annotation, which counts for the others', () => {
    const { albs, errors } = under(
      CLASS,
      annotated('i', 'idle_timeout.timeout_seconds=30,routing.http.xff_header_processing.mode=remove'),
    );
    expect(errors).toEqual([]);
    expect(albs).toMatchObject([{ xForwardedFor: 'remove', listeners: [{ idleTimeout: 600 }] }]);
    expect(albs[0]?.unbuilt).toBeUndefined();
  });
  test('what members differ in they settle, and nothing else', () => {
    const two = (key: string) => ['1', '2'].map((value) => annotated(`i${value}`, `${key}=${value}`, `/${value}`));
    expect(under(CLASS, ...two('idle_timeout.timeout_seconds')).albs).toMatchObject([
      { listeners: [{ idleTimeout: 600 }] },
    ]);
    expect(under(CLASS, ...two('other')).albs[0]?.unmodelled).toContain('disagree on other');
  });
  test('a value AWS refuses is told where it stands', () => {
    const { albs, issues } = under(
      '{loadBalancerAttributes: [{key: a, value: b}, {key: idle_timeout.timeout_seconds, value: "9999"}]}',
    );
    expect(albs[0]?.unbuilt).toBe(true);
    expect(issues.join()).toMatch(
      /in\.yaml:\d+:\d+: Field "spec\.loadBalancerAttributes\[1\]" of IngressClassParams "p" is "idle_timeout\.timeout_seconds=9999"/,
    );
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
    ...(['namespaceSelector: {matchLabels: {a: b}}', 'subnets: {ids: [subnet-1]}', 'later: 1'] as const).map(
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

describe('an Ingress that was created without a class', () => {
  const live = (text: string): string => text.replace('metadata:', 'metadata:\n  uid: "1"');
  const of = (name: string, controller: string): string => `apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: ${name}, annotations: {ingressclass.kubernetes.io/is-default-class: "true"}}
spec: {controller: ${controller}}
`;
  const alb = of('alb', 'ingress.k8s.aws/alb');
  const nginx = of('nginx', 'k8s.io/ingress-nginx');
  const bare = (text: string): string => text.replace(/ *ingressClassName: [^,\n}]*,?/, '');
  const other = ingress('other', {}, [['', 'Prefix / web']]);
  const hostname = (name: string): string =>
    `${other}status: {loadBalancer: {ingress: [{hostname: ${name}-1.eu-west-1.elb.amazonaws.com}]}}\n`;
  test('is of the default class, where there is one', () => {
    const { albs } = settled(WEB, live(bare(ALB)), alb);
    expect(albs).toHaveLength(1);
    expect(albs[0]?.unbuilt).toBeUndefined();
  });
  test('is not known where there are two, and the controller comes to no other group', () => {
    const { albs, errors } = settled(WEB, live(bare(ALB)), other, alb, nginx);
    expect(errors).toEqual([]);
    expect(albs).toMatchObject([
      { madeFor: ['shop/i'], unmodelled: expect.stringMatching(/created without a class.* "alb" \(in.*"nginx" \(in/) },
      {
        madeFor: ['shop/other'],
        unmodelled: expect.stringMatching(/nothing of any Ingress while Ingress shop\/i \(in/),
      },
    ]);
  });
  test('what was made of the others stays as it is described, which is said', () => {
    const { albs, cluster } = settled(WEB, live(bare(ALB)), hostname('internal-x'), alb, nginx);
    expect(albs.map(({ unbuilt }) => unbuilt)).toEqual([true, undefined]);
    expect(cluster.assumptions.join()).toMatch(
      /Ingress shop\/other is taken to be as it is described.*Ingress shop\/i \(in/,
    );
  });
  test('is others where no default is a class of the controller, which comes to no group all the same', () => {
    const { albs } = settled(
      WEB,
      live(bare(ALB)),
      other,
      nginx,
      of('b', 'k8s.io/b'),
      alb.replace(/, annotations: \{.*?\}/, ''),
    );
    expect(albs).toMatchObject([{ madeFor: ['shop/other'], unbuilt: true }]);
  });
});

describe('the name of a live load balancer tells its scheme', () => {
  const live = (name: string, annotations = {}): string =>
    `${ingress('i', annotations, [['', 'Prefix / web']])}status: {loadBalancer: {ingress: [{hostname: ${name}}]}}\n`;
  const PUBLIC = 'k8s-shop-i-0123456789-1102848343.eu-west-1.elb.amazonaws.com';
  test('where only the default does', () => {
    const { albs, cluster } = settled(WEB, live(PUBLIC));
    expect(albs).toMatchObject([{ scheme: 'internet-facing', id: 'k8s-shop-i-0123456789' }]);
    expect(cluster.assumptions.join()).toMatch(
      /Ingress shop\/i \(in\.yaml:\d+:1\) is internet-facing, as its name .*--default-load-balancer-scheme=internal/,
    );
    const internal = settled(WEB, live(`internal-${PUBLIC}`));
    expect(internal.albs[0]?.scheme).toBe('internal');
    expect(internal.cluster.assumptions.join()).not.toContain('as its name');
  });
  test('the name of a network load balancer does not', () => {
    expect(settled(WEB, live('k8s-x-0123456789abcdef.elb.eu-west-1.amazonaws.com')).albs[0]?.scheme).toBe('internal');
  });
  test('against an annotation it leaves it unknown, at its line', () => {
    const { albs, issues, errors } = settled(WEB, live(PUBLIC, { scheme: 'internal' }));
    expect(errors).toEqual([]);
    expect(albs[0]?.unmodelled).toContain(
      `scheme is internal, and the name of the one that is there, ${PUBLIC} (in.yaml:`,
    );
    expect(issues.join()).toMatch(
      /in\.yaml:\d+:\d+: The load balancer of Ingress "shop\/i" is not known: scheme is internal/,
    );
    expect(settled(WEB, live(PUBLIC, { scheme: 'internet-facing' })).albs[0]?.unbuilt).toBeUndefined();
  });
});
