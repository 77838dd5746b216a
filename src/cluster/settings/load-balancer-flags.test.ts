import { describe, expect, test } from 'vitest';
import { lbc, webhooks } from '../../../test/controllers/load-balancer-controller.ts';
import { showIssue } from '../../base/index.ts';
import { loadCluster } from '../index.ts';

function load(...documents: readonly string[]) {
  const { value, issues } = loadCluster([{ path: 'lbc.yaml', text: documents.join('---\n') }], []);
  return {
    of: value.loadBalancerController,
    said: issues.filter(({ code }) => code === 'not-modelled').map(showIssue),
  };
}

const started = (...args: readonly string[]) => load(lbc({ args: ['--cluster-name=c', ...args] }));

describe('arguments of the AWS Load Balancer Controller', () => {
  test.each([
    [['--default-load-balancer-scheme=internet-facing'], { scheme: 'internet-facing' }],
    [['--default-target-type', 'ip', '--log-level=debug'], { targetType: 'ip' }],
    [['--ingress-class='], { ingressClass: '' }],
    [['--load-balancer-class=a/b', '--watch-namespace', 'apps'], { loadBalancerClass: 'a/b', watchNamespace: 'apps' }],
    [['--enable-backend-security-group', 'false'], { sharesBackendGroup: true }],
    [['--enable-backend-security-group=f'], { sharesBackendGroup: false }],
    [['--backend-security-group=sg-1', '--max-targets-per-target-group=3'], { backendGroup: 'sg-1', maxTargets: 3 }],
    [['--default-target-type=ip', '--default-target-type=instance'], { targetType: 'instance' }],
    [['--', '--default-target-type=ip'], { targetType: 'instance' }],
    [['--default-tags', '--default-target-type=ip'], { targetType: 'instance' }],
    [['--disable-ingress-class-annotation'], { refusesClassAnnotation: true }],
    [
      ['--feature-gates=NLBSecurityGroup=false,LBCapacityReservation=false', '--feature-gates', 'ALBSingleSubnet=1'],
      { gates: expect.objectContaining({ NLBSecurityGroup: false, ALBSingleSubnet: true, EnableIPTargetType: true }) },
    ],
  ])('%j', (args, wanted) => {
    const { of, said } = started(...args);
    expect(of).toMatchObject(wanted);
    expect(of?.unmodelled).toBeUndefined();
    expect(said).toEqual([]);
  });
  test.each([
    ['--default-load-balancer-scheme=public', 'it does not start with --default-load-balancer-scheme=public'],
    ['--default-target-type=$(TYPE)', 'what variable its --default-target-type=$(TYPE) stands for is not read'],
    ['--default-target-type', 'it does not start with --default-target-type'],
    ['--backend-security-group=web', 'it does not start with --backend-security-group=web'],
    ['--feature-gates=NLBSecurityGroup=off', 'it does not start with --feature-gates=NLBSecurityGroup=off'],
    ['--load-balancer-class=', 'it does not start with --load-balancer-class='],
  ])('%s: nothing it makes is known', (arg, what) => {
    expect(started(arg).of?.unmodelled).toMatchObject({ what, at: { file: 'lbc.yaml', line: 12 } });
  });
  test('rules of targets without a group to write', () => {
    const args = ['--enable-backend-security-group=false', '--enable-manage-backend-security-group-rules=true'];
    expect(started(...args).of?.unmodelled?.what).toContain('--enable-manage-backend-security-group-rules');
  });
  test.each([
    ['--disable-restricted-sg-rules', '--disable-restricted-sg-rules=true is not modelled'],
    ['--feature-gates=EndpointsFailOpen=false', '--feature-gates=EndpointsFailOpen=false is not modelled'],
    ['--default-load-balancer-shceme=internal', 'did you mean "default-load-balancer-scheme"?'],
    ['--feature-gates=Brand=true', 'Feature gate Brand'],
  ])('%s is warned of', (arg, what) => {
    expect(started(arg).said).toEqual([expect.stringContaining(what)]);
  });
});

describe('which of its releases runs, and with which webhooks', () => {
  const NONE = { what: expect.stringContaining('writes its class into no Service') };
  test.each([
    ['public.ecr.aws/eks/aws-load-balancer-controller:v2.5.0', undefined],
    ['amazon/aws-alb-ingress-controller:v2.2.4', NONE],
    ['mirror.example:5000/k8s/aws-load-balancer-controller:2.4.7@sha256:00', NONE],
    ['public.ecr.aws/eks/aws-load-balancer-controller@sha256:00', undefined],
    ['public.ecr.aws/eks/aws-load-balancer-controller:latest', undefined],
    ['mirror.example/lb:v2.2.0', undefined],
  ])('%s', (image, wanted) => {
    const { of } = load(lbc({ image }));
    expect(of?.unmodelled).toBeUndefined();
    if (wanted === undefined) expect(of?.writesNoClass).toBeUndefined();
    else expect(of?.writesNoClass).toMatchObject(wanted);
  });
  test.each([
    ['v2.5.4', false, false],
    ['v2.12.0', true, false],
    ['v2.13.0', true, true],
    ['latest', true, true],
  ])('gates that %s has on', (tag, groups, discovery) => {
    const gates = load(lbc({ image: `public.ecr.aws/eks/aws-load-balancer-controller:${tag}` })).of?.gates;
    expect([gates?.NLBSecurityGroup, gates?.SubnetDiscoveryByReachability]).toEqual([groups, discovery]);
  });
  test('pods that run no more are none of it', () => {
    const pod = (name: string, tag: string, status: string): string => `apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: kube-system }
spec: { containers: [{ name: c, image: public.ecr.aws/eks/aws-load-balancer-controller:${tag} }] }
status: { ${status} }
`;
    const [gone, here] = [pod('a', 'v2.4.0', 'phase: Failed, reason: Evicted'), pod('b', 'v2.13.4', 'phase: Running')];
    expect(load(gone, here).of?.unmodelled).toBeUndefined();
    expect(load(gone, here).of?.writesNoClass).toBeUndefined();
    expect(load(gone.replace('Failed', 'Running'), here).of?.unmodelled?.what).toContain('two of it run');
  });
  test('the first, which was another program', () => {
    const { of } = load(lbc({ image: 'docker.io/amazon/aws-alb-ingress-controller:v1.1.9' }));
    expect(of?.unmodelled?.what).toContain('v1.1.9');
  });
  test('without the one for Services, with it, and with none of its own', () => {
    const hooked = (...names: readonly string[]) => load(lbc({}), webhooks(...names)).of?.writesNoClass?.what;
    expect(hooked('mpod.elbv2.k8s.aws')).toContain('mservice.elbv2.k8s.aws is missing');
    expect(hooked('mpod.elbv2.k8s.aws', 'mservice.elbv2.k8s.aws')).toBeUndefined();
    expect(hooked('istio.io')).toBeUndefined();
  });
  test('two that run alike are one; two that do not are none that is known', () => {
    const other = (args: readonly string[]) => load(lbc({}), lbc({ name: 'second', args })).of?.unmodelled?.what;
    expect(other(['--cluster-name=x'])).toBeUndefined();
    expect(other(['--default-target-type=ip'])).toContain('two of it run');
  });
  test('nobody is not there', () => {
    expect(load(lbc({ name: 'web', image: 'aws-loads:v1' })).of).toBeUndefined();
  });
});
