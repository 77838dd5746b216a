import { expect, test } from 'vitest';
import { ingress, service, settled } from '../../../test/controllers/ingresses.ts';
import { lbc } from '../../../test/controllers/load-balancer-controller.ts';

const WEB = service('web', ', type: NodePort');
const PLAIN = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: i, namespace: shop }
spec: { ingressClassName: alb, defaultBackend: { service: { name: web, port: { number: 80 } } } }
`;
const made = (args: readonly string[], of = PLAIN) => settled(WEB, of, lbc({ args }));
const unknown = (args: readonly string[], of = PLAIN) => {
  const { albs, issues, errors } = made(args, of);
  expect(errors).toEqual([]);
  return { why: albs[0]?.unmodelled, said: issues.join('\n'), isUnbuilt: albs[0]?.unbuilt === true };
};

test('the scheme and the type of targets are those it is started with', () => {
  const args = ['--default-load-balancer-scheme=internet-facing', '--default-target-type=ip'];
  expect(made(args).albs[0]?.scheme).toBe('internet-facing');
  expect(made(args).cluster.targetGroups[0]?.targetType).toBe('ip');
  const asked = ingress('i', { scheme: 'internal', 'target-type': 'instance' }, [['', 'Prefix / web']]);
  expect(made(args, asked).albs[0]?.scheme).toBe('internal');
  expect(made(args, asked).cluster.targetGroups[0]?.targetType).toBe('instance');
});

test('whose an Ingress is', () => {
  const by = (args: readonly string[], spec: string): number =>
    made(args, PLAIN.replace('ingressClassName: alb, ', spec)).albs.length;
  expect(by(['--ingress-class=inner'], 'ingressClassName: inner, ')).toBe(1);
  expect(by(['--ingress-class=inner'], 'ingressClassName: alb, ')).toBe(0);
  expect(by([], '')).toBe(0);
  expect(by(['--ingress-class='], '')).toBe(1);
  const annotated = (value: string): string =>
    PLAIN.replace('namespace: shop', `namespace: shop, annotations: { kubernetes.io/ingress.class: ${value} }`);
  expect(made(['--ingress-class=inner'], annotated('inner')).albs).toHaveLength(1);
  expect(made(['--ingress-class=inner'], annotated('alb')).albs).toEqual([]);
});

test('in a namespace it does not look at there is none, and it is said', () => {
  const { albs, cluster } = made(['--watch-namespace=apps']);
  expect(albs).toEqual([]);
  expect(cluster.assumptions.join()).toMatch(
    /Ingress shop\/i has no load balancer here: .*--watch-namespace=apps \(in\.yaml:\d/,
  );
});

test.each([
  ['--default-target-type=pod', PLAIN, 'it does not start with --default-target-type=pod (in.yaml:'],
  ['--feature-gates=EnableIPTargetType=false', ingress('i', {}, [['', 'Prefix / web']]), 'takes no targets of type ip'],
  [
    '--disable-ingress-class-annotation',
    PLAIN.replace('namespace: shop', 'namespace: shop, annotations: { kubernetes.io/ingress.class: alb }'),
    '--disable-ingress-class-annotation=true (in.yaml:',
  ],
  [
    '--disable-ingress-group-name-annotation',
    ingress('i', { 'group.name': 'g' }, [['', 'Prefix / web']]),
    '--disable-ingress-group-name-annotation=true (in.yaml:',
  ],
  [
    '--feature-gates=EnableCertificateManagement=true',
    ingress('i', { 'create-acm-cert': 'true' }, [['', 'Prefix / web']]),
    'feature gate EnableCertificateManagement (in.yaml:',
  ],
  ['--tolerate-non-existent-backend-service=false', PLAIN.replace('name: web', 'name: gone'), 'no Service "shop/gone"'],
  [
    '--tolerate-non-existent-backend-action=false',
    PLAIN.replace('number: 80', 'name: use-annotation'),
    'no annotation actions.web',
  ],
  [
    '--enable-backend-security-group=false',
    ingress('i', { 'security-groups': 'sg-a', 'manage-backend-security-group-rules': 'true' }, [['', 'Prefix / web']]),
    '--enable-backend-security-group=false (in.yaml:',
  ],
])('%s leaves it unknown, and says so', (arg, of, why) => {
  expect(made([], of).albs[0]?.unbuilt).toBeUndefined();
  const found = unknown([arg], of);
  expect(found.isUnbuilt).toBe(true);
  expect(found.why).toContain(why);
  expect(found.said).toContain(why);
});

test('a live Ingress is older than what is refused of new ones', () => {
  const live = PLAIN.replace(
    'namespace: shop',
    'namespace: shop, uid: u, annotations: { kubernetes.io/ingress.class: alb }',
  );
  expect(unknown(['--disable-ingress-class-annotation'], live).why).toBeUndefined();
});
