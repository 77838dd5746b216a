import { describe, expect, test } from 'vitest';
import { ingress, service, settled } from '../../../test/controllers/ingresses.ts';

const services = [service('web'), service('api')];
const LOAD_BALANCER = 'load-balancer-attributes';
const TARGETS = 'target-group-attributes';
const HTTPS = { 'listen-ports': '[{"HTTPS": 443}]' };
const OIDC = { ...HTTPS, 'auth-type': 'oidc', 'auth-idp-oidc': '{}' };
const VERIFIES = '{"port": 443, "mode": "verify", "trustStore": "t"}';

/** Of one Ingress that forwards a path to a Service and one to a redirect: what is wrong with it, and whether nothing is known of its load balancer. */
function made(annotations: Readonly<Record<string, string>>) {
  const paths = ['- /a web', '- /b up:use-annotation'];
  const up = '{"type":"redirect","redirectConfig":{"host":"new.example","statusCode":"HTTP_302"}}';
  const { albs, errors, issues } = settled(
    ...services,
    ingress('i', { 'actions.up': up, ...annotations }, [['', ...paths]]),
  );
  expect(errors).toEqual([]);
  return { said: issues.join('\n'), isRefused: albs[0]?.unbuilt === true, alb: albs[0] };
}

describe('there and empty is not absent', () => {
  test.each<[string, Record<string, string>?]>([
    ['listen-ports'],
    ['ssl-redirect'],
    ['group.order'],
    ['use-regex-path-match'],
    ['scheme'],
    ['target-type'],
    ['subnets'],
    ['load-balancer-name'],
    ['customer-owned-ipv4-pool'],
    ['shield-advanced-protection'],
    ['enable-frontend-nlb'],
    ['mutual-authentication'],
    ['healthcheck-port'],
    ['healthcheck-path'],
    ['success-codes'],
    ['healthcheck-interval-seconds'],
    ['multi-cluster-target-group'],
    ['target-control-port.web.80'],
    ['actions.up'],
    ['conditions.web'],
    ['transforms.web'],
    ['auth-type'],
    ['auth-idp-oidc'],
    ['auth-session-timeout'],
    ['jwt-validation'],
    ['ssl-policy', HTTPS],
    ['manage-backend-security-group-rules', { 'security-groups': 'sg-a' }],
  ])('%s: refused', (key, beside = {}) => {
    const { isRefused, said } = made({ ...beside, [key]: '' });
    expect(said).toContain(key === 'subnets' ? 'finds subnets in 0 zones' : key);
    expect(isRefused).toBe(true);
  });
  test.each([
    ['security-groups'],
    ['inbound-cidrs'],
    ['security-group-prefix-lists'],
    ['certificate-arn'],
    ['tags'],
    [LOAD_BALANCER],
    [TARGETS],
    ['target-node-labels'],
    ['minimum-load-balancer-capacity'],
    ['ipam-ipv4-pool-id'],
    ['wafv2-acl-name'],
    ['wafv2-acl-arn'],
    ['waf-acl-id'],
    ['create-acm-cert'],
    // Read on HTTPS, and beside security-groups.
    ['ssl-policy'],
    ['manage-backend-security-group-rules'],
  ])('%s: as if it were not there', (key) => {
    expect(made({ [key]: '' })).toMatchObject({ said: '', isRefused: false });
  });
  test('group.name: in no group', () => {
    const { albs, errors, issues } = settled(...services, ingress('i', { 'group.name': '' }, [['', '- /a web']]));
    expect([albs, errors]).toEqual([[], []]);
    expect(issues.join()).toMatch(/group.name" of Ingress "shop\/i" is "" .*it has no load balancer/);
  });
  test('healthcheck-port: a port without a name is called that', () => {
    const nameless = service('web').replace('name: http, ', '');
    const { albs, cluster } = settled(nameless, ingress('i', { 'healthcheck-port': '' }, [['', '- /a web']]));
    expect(albs[0]?.unbuilt).toBeUndefined();
    expect(cluster.targetGroups[0]?.healthCheck.port).toBe(8080);
  });
  test("of a Service's and an Ingress' the Service's counts, empty or not", () => {
    const own = (key: string, value: string): string =>
      service('web').replace(
        'namespace: shop',
        `namespace: shop, annotations: {alb.ingress.kubernetes.io/${key}: '${value}'}`,
      );
    const beside = ingress('i', { [TARGETS]: 'stickiness.enabled=true' }, [['', '- /a web']]);
    expect(settled(service('web'), beside).cluster.targetGroups[0]?.stickiness).toBe('lb_cookie');
    expect(settled(own(TARGETS, ''), beside).cluster.targetGroups[0]?.stickiness).toBe('none');
    const { albs, issues } = settled(
      own('success-codes', ''),
      ingress('i', { 'success-codes': '200' }, [['', '- /a web']]),
    );
    expect(albs[0]?.unbuilt).toBe(true);
    expect(issues.join()).toMatch(/^in\.yaml:\d+:\d+: Annotation ".*success-codes" of Service "shop\/web" is ""/);
  });
});

describe('values that are none', () => {
  test.each<[string, string, RegExp, Record<string, string>?]>([
    ['use-regex-path-match', ' true', /expected "true" or "false"/],
    ['group.order', ' 1', /whole number/],
    ['load-balancer-name', 'a-name-that-is-longer-than-32-letters', /up to 32 letters/],
    ['load-balancer-name', 'internal-shop', /without "internal-" in front/],
    ['load-balancer-name', 'shop-', /stands neither first nor last/],
    ['load-balancer-name', 'shop_1', /letters, digits and "-"/],
    ['inbound-cidrs', '10.0.0.0/8,203.0.113.7', /is "203.0.113.7" .*blocks such as/],
    ['inbound-cidrs', 'all', /blocks such as/, { 'security-groups': 'sg-a' }],
    ['healthcheck-port', '70000', /a port from 1 to 65535/],
    ['healthcheck-port', '0', /a port from 1 to 65535/],
    ['healthcheck-port', '-1', /a port from 1 to 65535/],
    ['healthcheck-interval-seconds', '301', /from 5 to 300/],
    ['healthcheck-interval-seconds', '5', /longer than the timeout, and they are 5 and 5 seconds/],
    ['healthcheck-timeout-seconds', '15', /longer than the timeout, and they are 15 and 15 seconds/],
    ['success-codes', '200-500', /codes from 200 to 499/],
    ['success-codes', 'ok', /codes from 200 to 499/],
    ['success-codes', '100', /codes from 0 to 99/, { 'backend-protocol-version': 'GRPC' }],
    ['target-control-port.web.80', '70000', /from 1 to 65535/],
    ['minimum-load-balancer-capacity', 'Units=5', /CapacityUnits=NUMBER/],
    ['minimum-load-balancer-capacity', 'CapacityUnits=many', /CapacityUnits=NUMBER/],
    ['tags', 'a,b', /key=value/],
    ['transforms.web', '{}', /a list of transforms/],
    ['jwt-validation', '{"issuer": "https://i"}', /jwksEndpoint/],
    ['mutual-authentication', '[{"port": 443, "mode": "on"}]', /a list such as/],
    ['mutual-authentication', '[{"port": 443, "mode": "verify"}]', /a list such as/],
    ['mutual-authentication', '[{"port": 0, "mode": "off"}]', /a list such as/],
    ['mutual-authentication', '[{"port": 443, "mode": "off", "trustStore": "t"}]', /a list such as/],
    ['auth-session-timeout', '604801', /from 1 to 604800/, OIDC],
    ['auth-type', 'cognito', /does not say which .*auth-idp-cognito/, HTTPS],
    [
      'actions.up',
      '{"type":"redirect","redirectConfig":{"port":"70000","statusCode":"HTTP_302"}}',
      /"port" of 1 to 65535/,
    ],
    [
      LOAD_BALANCER,
      'idle_timeout.timeout_seconds=abc',
      /idle_timeout.timeout_seconds to be a whole number from 1 to 4000/,
    ],
    [LOAD_BALANCER, 'idle_timeout.timeout_seconds=4001', /from 1 to 4000/],
    [LOAD_BALANCER, 'idle_timeout.timeout_seconds=', /from 1 to 4000/],
    [LOAD_BALANCER, 'idle_timeout.timeout_seconds=60,', /is "idle_timeout.timeout_seconds=60,"/],
    [LOAD_BALANCER, 'client_keep_alive.seconds=59', /from 60 to 604800/],
    [LOAD_BALANCER, 'routing.http.xff_header_processing.mode=removed', /did you mean "remove"/],
    [LOAD_BALANCER, 'routing.http2.enabled=yes', /routing.http2.enabled to be "true", "false"/],
    [TARGETS, 'deregistration_delay.timeout_seconds=3601', /from 0 to 3600/],
    [TARGETS, 'slow_start.duration_seconds=29', /0 or a whole number from 30 to 900/],
    [TARGETS, 'stickiness.lb_cookie.duration_seconds=0', /from 1 to 604800/],
    [TARGETS, 'stickiness.app_cookie.duration_seconds=week', /from 1 to 604800/],
    [TARGETS, 'stickiness.type=source_ip', /"lb_cookie", "app_cookie"/],
  ])('%s: %s', (key, value, wish, beside = {}) => {
    const { said, isRefused, alb } = made({ ...beside, [key]: value });
    expect(said).toMatch(wish);
    expect(isRefused).toBe(true);
    expect(alb?.unmodelled).toContain('the controller refuses this group of Ingresses');
  });
  test.each<[Record<string, string>]>([
    [{ 'group.order': '+5' }],
    [{ 'load-balancer-name': 'a-name-that-is-of-32-letters-ok1' }],
    [{ 'healthcheck-port': '65535' }],
    [{ 'healthcheck-interval-seconds': '5', 'healthcheck-timeout-seconds': '4' }],
    [{ 'success-codes': '200, 301-399' }],
    [{ 'success-codes': '0-99', 'backend-protocol-version': 'GRPC' }],
    [{ 'conditions.web': 'null', 'transforms.web': 'null' }],
    [{ 'auth-session-timeout': '0' }],
    [{ 'auth-type': 'oidc' }],
    [{ ...HTTPS, 'mutual-authentication': `[${VERIFIES}]` }],
    [{ 'actions.up': '{"type":"redirect","redirectConfig":{"port":"8443","statusCode":"HTTP_302"}}' }],
    [{ [LOAD_BALANCER]: 'idle_timeout.timeout_seconds=4000,routing.http2.enabled=false' }],
    [{ [TARGETS]: 'slow_start.duration_seconds=0,deregistration_delay.timeout_seconds=0' }],
  ])('%j is right', (annotations) => {
    expect(made(annotations)).toMatchObject({ said: '', isRefused: false });
  });
  test('idle seconds are those that are given', () =>
    expect(made({ [LOAD_BALANCER]: 'idle_timeout.timeout_seconds=7' }).alb?.listeners[0]?.idleTimeout).toBe(7));
});

describe('two of a group', () => {
  const conflict = (key: string, one: string, other: string, beside: Record<string, string> = {}): string => {
    const of = (name: string, value: string): string =>
      ingress(name, { ...beside, 'group.name': 'g', [key]: value }, [['', `- /${name} web`]]);
    const { issues } = settled(...services, of('a', one), of('b', other));
    return issues.filter((issue) => issue.includes('disagree')).join();
  };
  test.each<[string, string, string, Record<string, string>?]>([
    ['security-groups', 'sg-a,sg-b', ' sg-a, sg-b,'],
    ['security-groups', '', ' , '],
    ['subnets', 'x,y', ' y, x'],
    ['inbound-cidrs', '10.0.0.0/8, 10.0.0.0/8,192.0.2.0/24', '192.0.2.0/24,10.0.0.0/8'],
    ['inbound-cidrs', '10.0.0.0/8', ''],
    ['security-group-prefix-lists', 'pl-1,pl-2', 'pl-2, pl-1,pl-1'],
    ['tags', 'a=1,b=2', 'b=2, c=3'],
    ['manage-backend-security-group-rules', 'true', 'T', { 'security-groups': 'sg-a' }],
    ['manage-backend-security-group-rules', 'true', 'false'],
    [
      LOAD_BALANCER,
      'idle_timeout.timeout_seconds=60',
      ' idle_timeout.timeout_seconds = 60, routing.http2.enabled=true',
    ],
    ['waf-acl-id', 'x', ''],
    ['ssl-redirect', '443', '+443', { 'listen-ports': '[{"HTTP": 80}, {"HTTPS": 443}]' }],
    ['ssl-policy', 'one', 'two'],
    ['mutual-authentication', `[${VERIFIES}]`, `[ ${VERIFIES} ]`, HTTPS],
    ['listener-attributes.HTTP-81', 'a=1', 'a=2'],
  ])('%s: "%s" and "%s" are the same', (key, one, other, beside) => {
    expect(conflict(key, one, other, beside)).toBe('');
  });
  test.each<[string, string, string, Record<string, string>?]>([
    ['security-groups', 'sg-a,sg-b', 'sg-b,sg-a'],
    ['security-groups', 'sg-a', ''],
    ['subnets', 'x,y', 'x'],
    ['subnets', 'x', ''],
    ['inbound-cidrs', '10.0.0.0/8', '192.0.2.0/24'],
    ['inbound-cidrs', '10.0.0.0/8', '192.0.2.0/24', { 'security-groups': 'sg-a' }],
    ['security-group-prefix-lists', 'pl-1', 'pl-2'],
    ['tags', 'a=1,b=2', 'b=3'],
    ['minimum-load-balancer-capacity', 'CapacityUnits=5', 'CapacityUnits=6'],
    ['manage-backend-security-group-rules', 'true', 'false', { 'security-groups': 'sg-a' }],
    ['load-balancer-name', 'a', 'b'],
    [LOAD_BALANCER, 'routing.http2.enabled=true', 'routing.http2.enabled=false'],
    ['customer-owned-ipv4-pool', 'a', 'b'],
    ['ipam-ipv4-pool-id', 'a', 'b'],
    ['shield-advanced-protection', 'true', 'false'],
    ['enable-frontend-nlb', 'true', 'false'],
    ['wafv2-acl-name', 'a', 'b'],
    ['wafv2-acl-arn', 'a', ''],
    ['waf-acl-id', 'a', 'b'],
    ['web-acl-id', 'a', 'b'],
    ['ssl-policy', 'one', 'two', HTTPS],
    ['mutual-authentication', `[${VERIFIES}]`, '[{"port": 443, "mode": "off"}]', HTTPS],
    ['listener-attributes.HTTP-80', 'a=1', 'a=2'],
  ])('%s: "%s" and "%s" are a conflict', (key, one, other, beside) => {
    expect(conflict(key, one, other, beside)).toContain('disagree on');
  });
});

describe('whom it lets in', () => {
  const inbound = (annotations: Record<string, string>): readonly string[] | undefined =>
    made(annotations).alb?.guard?.own?.ingress.map(({ peer }) => (peer.kind === 'cidr' ? peer.cidr.text : peer.id));
  test.each<[string, Record<string, string>, readonly string[]]>([
    ['everybody where nobody is named', {}, ['0.0.0.0/0']],
    ['blocks of its own family', { 'inbound-cidrs': '10.0.0.0/8,2001:db8::/32' }, ['10.0.0.0/8']],
    ['nobody where all are of the other', { 'inbound-cidrs': '2001:db8::/32' }, []],
    ['lists beside them', { 'inbound-cidrs': '2001:db8::/32', 'security-group-prefix-lists': 'pl-1' }, ['pl-1']],
    ['lists alone', { 'security-group-prefix-lists': 'pl-1, pl-1' }, ['pl-1']],
    ['everybody where the lists are empty', { 'inbound-cidrs': ',', 'security-group-prefix-lists': '' }, ['0.0.0.0/0']],
  ])('%s', (_, annotations, want) => expect(inbound(annotations)).toEqual(want));
  test('nobody is not everybody where the input describes no group', () => {
    const { cluster, albs } = settled(
      ...services,
      ingress('i', { 'inbound-cidrs': '2001:db8::/32' }, [['', '- /a web']]),
    );
    expect(albs[0]?.securityGroups).toHaveLength(1);
    expect(cluster.filters.securityGroups[0]?.ingress).toEqual([]);
  });
});

test.each([
  ['wafv2-acl-arn', 'none', false],
  ['wafv2-acl-arn', 'arn:x', true],
  ['web-acl-id', 'x', true],
  ['enable-frontend-nlb', 'false', false],
  ['enable-frontend-nlb', 'true', true],
])('%s: %s is named as not modelled only where it does something', (key, value, named) => {
  const { cluster } = settled(...services, ingress('i', { [key]: value }, [['', '- /a web']]));
  expect(cluster.assumptions.some((text) => text.includes(`${key} of Ingress`))).toBe(named);
});
