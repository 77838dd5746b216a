import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ingress, listeners, service, settled } from '../../../test/controllers/ingresses.ts';
import { settle } from '../settle.ts';

const services = [service('web'), service('api'), service('beta')];
const rules = (...documents: readonly string[]): readonly string[] => listeners(...services, ...documents);

describe('rules of one Ingress', () => {
  test('Exact as written, Prefix by length, the rest as written; hosts are never sorted', () => {
    const paths = [
      'Prefix / web',
      '- /x* api',
      'Prefix /long/er api',
      'Exact /z web',
      'Prefix /b/ api',
      'Exact /a web',
    ];
    expect(
      rules(
        ingress('i', {}, [
          ['', ...paths],
          ['a.example', 'Exact /a api'],
        ]),
      ),
    ).toEqual([
      'HTTP:80 1 path-pattern[/z] → web',
      'HTTP:80 2 path-pattern[/a] → web',
      'HTTP:80 3 path-pattern[/long/er /long/er/*] → api',
      'HTTP:80 4 path-pattern[/b /b/*] → api',
      'HTTP:80 5 path-pattern[/*] → web',
      'HTTP:80 6 path-pattern[/x*] → api',
      'HTTP:80 7 host-header[a.example] path-pattern[/a] → api',
      'HTTP:80 default → 404',
    ]);
  });
  test('conditions.NAME: hosts and paths are further values, others stand beside them', () => {
    const conditions = JSON.stringify([
      { field: 'host-header', hostHeaderConfig: { values: ['b.example'] } },
      { field: 'path-pattern', pathPatternConfig: { values: ['/y'] } },
      { field: 'http-header', httpHeaderConfig: { httpHeaderName: 'X-Beta', values: ['1'] } },
    ]);
    const more = conditions.replace(/]$/, ',{"field":"source-ip","sourceIPConfig":{"values":["10.0.0.0/8"]}}]');
    const made = rules(ingress('i', { 'conditions.api': conditions }, [['a.example', 'Exact /x api']]));
    expect(made[0]).toBe('HTTP:80 1 http-header(X-Beta)[1] host-header[a.example b.example] path-pattern[/x /y] → api');
    expect(
      settled(...services, ingress('i', { 'conditions.api': more }, [['a.example', 'Exact /x api']])).issues[0],
    ).toMatch(/more values to match than a listener rule may have/);
  });
  test('a regular expression only where the path has no type, without its slash', () => {
    const made = rules(ingress('i', { 'use-regex-path-match': 'true' }, [['', '- /^/v[0-9]+/ api', 'Exact /v1 api']]));
    expect(made.slice(0, 2)).toEqual(['HTTP:80 1 path-pattern[/v1] → api', 'HTTP:80 2 path-regex[^/v[0-9]+/] → api']);
  });
  test('conditions.NAME with regular expressions, as they are written', () => {
    const conditions = JSON.stringify([
      { field: 'host-header', hostHeaderConfig: { regexValues: ['^b\\\\.'] } },
      { field: 'path-pattern', pathPatternConfig: { regexValues: ['^/y'] } },
      { field: 'http-header', httpHeaderConfig: { httpHeaderName: 'X-Beta', regexValues: ['^1'] } },
    ]);
    const annotations = { 'conditions.api': conditions, 'use-regex-path-match': 'true' };
    expect(rules(ingress('i', annotations, [['', '- /^/x api']]))[0]).toBe(
      'HTTP:80 1 http-header-regex(X-Beta)[^1] host-regex[^b\\\\.] path-regex[^/x ^/y] → api',
    );
    const both =
      '[{"field":"http-header","httpHeaderConfig":{"httpHeaderName":"X","values":["1"],"regexValues":["1"]}}]';
    const { issues } = settled(...services, ingress('i', { 'conditions.api': both }, [['', '- /x api']]));
    expect(issues[0]).toMatch(/a list of "values" or one of "regexValues"/);
  });
  test('keys of JSON in either case, as Go reads them', () => {
    const annotations = {
      'actions.gone': '{"Type":"redirect","RedirectConfig":{"Host":"new.example","statuscode":"HTTP_302"}}',
      'conditions.api': '[{"field":"source-ip","sourceIpConfig":{"values":["10.0.0.0/8"]}}]',
    };
    expect(
      rules(ingress('i', annotations, [['', 'Exact /gone gone:use-annotation', 'Exact /x api']])).slice(0, 2),
    ).toEqual([
      'HTTP:80 1 path-pattern[/gone] → 302 #{protocol}://new.example:#{port}/#{path}?#{query}',
      expect.stringMatching(/source-ip\[10\.0\.0\.0\/8\].* → api/),
    ]);
  });
  test('actions.NAME', () => {
    const annotations = {
      'actions.split':
        '{"type":"forward","forwardConfig":{"targetGroups":[{"serviceName":"web","servicePort":"80","weight":9},{"serviceName":"beta","servicePort":80,"weight":1}]}}',
      'actions.gone': '{"type":"redirect","redirectConfig":{"host":"new.example","statusCode":"HTTP_302"}}',
      'actions.stop': '{"type":"fixed-response","fixedResponseConfig":{"statusCode":"403","messageBody":"no"}}',
      'actions.arn': '{"type":"forward","targetGroupARN":"arn:x"}',
      'actions.named': '{"type":"forward","targetGroupName":"blue"}',
      'actions.mixed':
        '{"type":"forward","forwardConfig":{"targetGroups":[{"serviceName":"web","servicePort":80,"weight":9},{"targetGroupName":"blue","weight":1}]}}',
    };
    const paths = ['split', 'gone', 'stop', 'arn', 'named', 'mixed', 'none'].map(
      (name) => `Exact /${name} ${name}:use-annotation`,
    );
    expect(rules(ingress('i', annotations, [['', ...paths]]))).toEqual([
      'HTTP:80 1 path-pattern[/split] → web*9 beta*1',
      'HTTP:80 2 path-pattern[/gone] → 302 #{protocol}://new.example:#{port}/#{path}?#{query}',
      'HTTP:80 3 path-pattern[/stop] → 403 no',
      'HTTP:80 4 path-pattern[/arn] → arn:x',
      'HTTP:80 5 path-pattern[/named] → name:blue',
      'HTTP:80 6 path-pattern[/mixed] → web*9 name:blue*1',
      'HTTP:80 7 path-pattern[/none] → 503 Backend action does not exist',
      'HTTP:80 default → 404',
    ]);
  });
  test('a target group that clients keep by cookie, for as long as it says', () => {
    const kept = (sticky: string) => {
      const groups =
        '[{"serviceName":"web","servicePort":80,"weight":1},{"serviceName":"api","servicePort":80,"weight":1}]';
      const split = `{"type":"forward","forwardConfig":{"targetGroups":${groups},"targetGroupStickinessConfig":${sticky}}}`;
      const { albs, issues } = settled(
        ...services,
        ingress('i', { 'actions.split': split }, [['', 'Exact /a split:use-annotation']]),
      );
      const action = albs[0]?.listeners[0]?.rules[0]?.action;
      return [action?.kind === 'forward' ? action.stickinessSeconds : undefined, issues[0]];
    };
    expect(kept('{"enabled":true,"durationSeconds":60}')).toEqual([60, undefined]);
    expect(kept('{"enabled":false,"durationSeconds":60}')).toEqual([undefined, undefined]);
    expect(kept('{"enabled":true}')[1]).toMatch(/"durationSeconds" of 1 to 604800/);
  });
  test('a Service that is not there answers 503; a default backend takes what no rule does', () => {
    const spec = ', defaultBackend: {service: {name: api, port: {name: http}}}';
    expect(rules(ingress('i', {}, [['', 'Exact /a nobody']], spec))).toEqual([
      'HTTP:80 1 path-pattern[/a] → 503 Backend service does not exist',
      'HTTP:80 default → api',
    ]);
  });
  test('an identity provider goes first on HTTPS only', () => {
    const annotations = {
      'listen-ports': '[{"HTTP": 80}, {"HTTPS": 443}]',
      'auth-type': 'oidc',
      'auth-idp-oidc': '{}',
    };
    expect(rules(ingress('i', annotations, [['', 'Prefix / web']]))).toEqual([
      'HTTP:80 1 path-pattern[/*] → web',
      'HTTP:80 default → 404',
      'HTTPS:443 1 path-pattern[/*] → unmodelled: auth-type oidc: an identity provider decides first',
      'HTTPS:443 default → 404',
    ]);
  });
});

test.each([
  ['auth-type', 'cognito', 'auth-type cognito: an identity provider decides first', { 'auth-idp-cognito': '{}' }],
  [
    'jwt-validation',
    '{"jwksEndpoint":"https://j","issuer":"https://i"}',
    'jwt-validation: the token of the request decides first',
    {},
  ],
])('%s goes before every action of HTTPS, and a redirect behind it covers as ever', (key, value, what, beside) => {
  const annotations = {
    'listen-ports': '[{"HTTP": 80}, {"HTTPS": 443}]',
    [key]: value,
    ...beside,
    'actions.stop': '{"type":"fixed-response","fixedResponseConfig":{"statusCode":"403"}}',
    'actions.away': '{"type":"redirect","redirectConfig":{"host":"other.example","statusCode":"HTTP_302"}}',
    'actions.up': '{"type":"redirect","redirectConfig":{"protocol":"HTTPS","port":"443","statusCode":"HTTP_301"}}',
  };
  const paths = ['stop', 'away', 'up', 'none'].map((name) => `Exact /${name} ${name}:use-annotation`);
  const spec = ', defaultBackend: {service: {name: stop, port: {name: use-annotation}}}';
  const made = rules(ingress('i', annotations, [['', ...paths, 'Exact /gone nobody', '- /away web']], spec));
  const https = made.filter((line) => line.startsWith('HTTPS'));
  expect(https).toEqual([
    `HTTPS:443 1 path-pattern[/stop] → unmodelled: ${what}`,
    `HTTPS:443 2 path-pattern[/away] → unmodelled: ${what}`,
    `HTTPS:443 3 path-pattern[/none] → unmodelled: ${what}`,
    `HTTPS:443 4 path-pattern[/gone] → unmodelled: ${what}`,
    `HTTPS:443 default → unmodelled: ${what}`,
  ]);
  expect(made[0]).toBe('HTTP:80 1 path-pattern[/stop] → 403');
});

describe('listeners', () => {
  test.each([
    ['HTTP 80', {}, ['HTTP:80']],
    ['a certificate makes it HTTPS', { 'certificate-arn': 'arn:c' }, ['HTTPS:443']],
    ['as they are listed', { 'listen-ports': '[{"HTTP": 8080, "HTTPS": 8443}]' }, ['HTTP:8080', 'HTTPS:8443']],
  ])('%s', (_, annotations, want) => {
    const { albs } = settled(...services, ingress('i', annotations as Record<string, string>, [['', 'Prefix / web']]));
    expect(albs[0]?.listeners.map(({ protocol, port }) => `${protocol}:${port}`)).toEqual(want);
  });
  test('ssl-redirect replaces every rule of every HTTP listener of the group', () => {
    const one = { 'group.name': 'g', 'listen-ports': '[{"HTTP": 80}, {"HTTPS": 443}]', 'ssl-redirect': '443' };
    const other = { 'group.name': 'g', 'listen-ports': '[{"HTTP": 8080}]' };
    expect(rules(ingress('a', one, [['', 'Exact /a web']]), ingress('b', other, [['', 'Exact /b api']]))).toEqual([
      'HTTP:80 default → 301 HTTPS://#{host}:443/#{path}?#{query}',
      'HTTPS:443 1 path-pattern[/a] → web',
      'HTTPS:443 default → 404',
      'HTTP:8080 default → 301 HTTPS://#{host}:443/#{path}?#{query}',
    ]);
  });
  test('redirects that lead back are left out, and so is what a redirect before it covers', () => {
    const annotations = {
      'listen-ports': '[{"HTTP": 80}, {"HTTPS": 443}]',
      'actions.up': '{"type":"redirect","redirectConfig":{"protocol":"HTTPS","port":"443","statusCode":"HTTP_301"}}',
    };
    const paths = ['- /* up:use-annotation', '- /a web'];
    expect(rules(ingress('i', annotations, [['', ...paths]]))).toEqual([
      'HTTP:80 1 path-pattern[/*] → 301 HTTPS://#{host}:443/#{path}?#{query}',
      'HTTP:80 default → 404',
      'HTTPS:443 1 path-pattern[/a] → web',
      'HTTPS:443 default → 404',
    ]);
  });
});

describe('groups', () => {
  test('by order, then by name; an earlier wide rule wins over a later exact one', () => {
    const of = (order: string) => ({ 'group.name': 'g', ...(order === '' ? {} : { 'group.order': order }) });
    const documents = [
      ingress('c', of(''), [['', 'Exact /c web']]),
      ingress('z', of('-5'), [['', 'Prefix / api']]),
      ingress('b', of(''), [['', 'Exact /b web']]),
      ingress('a', of('10'), [['', 'Exact /a web']]),
    ];
    expect(rules(...documents).map((line) => line.split(' ')[2])).toEqual([
      'path-pattern[/*]',
      'path-pattern[/b]',
      'path-pattern[/c]',
      'path-pattern[/a]',
      '→',
    ]);
    expect(settled(...services, ...documents).albs[0]?.madeFor).toEqual(['shop/z', 'shop/b', 'shop/c', 'shop/a']);
  });
  test.each<[string, Record<string, string>, Record<string, string>, RegExp]>([
    [
      'scheme',
      { scheme: 'internal' },
      { scheme: 'internet-facing' },
      /"shop\/a" and "shop\/b" .* scheme \(internal and internet-facing\)/,
    ],
    [
      'protocol',
      { 'listen-ports': '[{"HTTP": 80}]' },
      { 'listen-ports': '[{"HTTPS": 80}]' },
      /"shop\/a" and "shop\/b" .* HTTP and HTTPS on port 80/,
    ],
    [
      'attributes',
      { 'load-balancer-attributes': 'idle_timeout.timeout_seconds=30' },
      { 'load-balancer-attributes': 'idle_timeout.timeout_seconds=60' },
      /"shop\/a" and "shop\/b" .* idle_timeout.timeout_seconds/,
    ],
  ])('two that disagree on %s are named, with the place', (_, a, b, want) => {
    const { issues } = settled(
      ...services,
      ingress('a', { ...a, 'group.name': 'g' }, [['', 'Exact /a web']]),
      ingress('b', { ...b, 'group.name': 'g' }, [['', 'Exact /b web']]),
    );
    expect(issues).toHaveLength(1);
    expect(issues[0]).toMatch(want);
    expect(issues[0]).toMatch(/^in\.yaml:\d+:\d+: /);
  });
  test('two default backends', () => {
    const spec = ', defaultBackend: {service: {name: api, port: {number: 80}}}';
    const { issues } = settled(
      ...services,
      ingress('a', { 'group.name': 'g' }, [['', 'Exact /a web']], spec),
      ingress('b', { 'group.name': 'g' }, [['', 'Exact /b web']], spec),
    );
    expect(issues.join()).toMatch(/"shop\/a" and "shop\/b" .* spec.defaultBackend/);
  });
});

test('every problem is told at once, at its place, with what would be right', () => {
  const annotations = {
    scheme: 'internet-facin',
    'group.order': '5000',
    'listen-ports': '{"HTTP": 80}',
    'actions.odd': '{"type":"froward"}',
    'target-typ': 'ip',
  };
  const paths = ['Prefix /a* web', 'Exact /b web:8080', 'Exact /c odd:use-annotation'];
  const { issues } = settled(...services, ingress('i', annotations, [['', ...paths]]));
  const told = issues.join('\n');
  expect(told).toMatch(
    /in\.yaml:\d+:\d+: Annotation "alb.ingress.kubernetes.io\/scheme" .* did you mean "internet-facing"/,
  );
  expect(told).toMatch(/group.order" of Ingress "shop\/i" is "5000" \(expected a whole number from -1000 to 1000\)/);
  expect(told).toMatch(/listen-ports" .*expected a list such as/);
  expect(told).toMatch(/Unknown annotation "alb.ingress.kubernetes.io\/target-typ" .*did you mean "target-type"/);
  const good = settled(...services, ingress('i', { 'actions.odd': annotations['actions.odd'] }, [['', ...paths]]));
  expect(good.issues.join('\n')).toMatch(/Path "\/a\*" of type Prefix .* has a wildcard/);
  expect(good.issues.join('\n')).toMatch(
    /names port 8080 of Service "shop\/web", which it does not have \(expected 80 \(http\)\)/,
  );
  expect(good.issues.join('\n')).toMatch(/actions.odd" .*"type" of "forward"/);
});

test('annotations that move no packet pass without a word', () => {
  const names = ['acm-pca-arn', 'dry-run-plan', 'frontend-nlb-tags'];
  const annotations = Object.fromEntries(names.map((name) => [name, 'true']));
  annotations['target-control-port.web.80'] = '3000';
  expect(settled(...services, ingress('i', annotations, [['', 'Exact /a web']])).issues).toEqual([]);
});

test.each<[string, Record<string, string>, boolean]>([
  ['asked for', { 'create-acm-cert': 'true' }, true],
  ['asked for, as Go reads it', { 'create-acm-cert': 'T' }, true],
  ['not asked for', { 'create-acm-cert': 'false' }, false],
  ['a value that is no bool', { 'create-acm-cert': 'yes' }, false],
  ['one that is named counts', { 'create-acm-cert': 'true', 'certificate-arn': 'arn:aws:acm:x' }, false],
])('a certificate the controller is to make is named as assumed: %s', (_, annotations, named) => {
  const { issues, cluster } = settled(...services, ingress('i', annotations, [['', 'Exact /a web']]));
  expect(issues).toEqual([]);
  expect(cluster.assumptions.some((text) => text.includes('EnableCertificateManagement'))).toBe(named);
});

test.each([
  ['another controller', 'ingressClassName: nginx'],
  ['no class', ''],
])('an Ingress of %s is left alone', (_, spec) => {
  const text = ingress('i', {}, [['', 'Prefix / web']]).replace(
    'ingressClassName: alb',
    spec === '' ? 'tls: []' : spec,
  );
  expect(settled(...services, text).albs).toEqual([]);
});

test('names are the ones the controller gives, and settling again changes nothing', () => {
  const { cluster, albs } = settled(
    ...services,
    ingress('i', { 'group.name': 'awesome-group' }, [['', 'Prefix / web']]),
  );
  expect(albs[0]?.id).toMatch(/^k8s-awesomegroup-[0-9a-f]{10}$/);
  expect(settle(cluster).value).toEqual(cluster);
});

test('of the rules of a listener priorities count up, and no rule stands behind a redirect that covers it', () => {
  const path = fc.tuple(
    fc.constantFrom('Exact', 'Prefix', 'ImplementationSpecific'),
    fc.constantFrom('/', '/a', '/a/b', '/a/b/c'),
    fc.constantFrom('web', 'api', 'up:use-annotation'),
  );
  const up = { 'actions.up': '{"type":"redirect","redirectConfig":{"host":"other.example","statusCode":"HTTP_301"}}' };
  fc.assert(
    fc.property(fc.array(path, { minLength: 1, maxLength: 8 }), (paths) => {
      const made = rules(ingress('i', up, [['', ...paths.map((each) => each.join(' '))]]));
      expect(made.map((line) => line.split(' ')[1])).toEqual([
        ...made.slice(1).map((_line, i) => String(i + 1)),
        'default',
      ]);
      const covering = made.findIndex((line) => line.includes('path-pattern[/*]') && line.includes('→ 301'));
      if (covering >= 0) expect(made.slice(covering + 1)).toEqual(['HTTP:80 default → 404']);
    }),
    { seed: 7, numRuns: 60 },
  );
});
