import { expect, test } from 'vitest';
import { ingress, service, settled } from '../../../test/controllers/ingresses.ts';

const services = [service('web'), service('api'), service('beta')];

test.each<[string, RegExp, string[]]>([
  [
    'a group that disagrees on its scheme',
    /disagree on scheme/,
    [
      ingress('i', { 'group.name': 'g', scheme: 'internal' }, [['', 'Exact /a web']]),
      ingress('j', { 'group.name': 'g', scheme: 'internet-facing' }, [['', 'Exact /b web']]),
    ],
  ],
  [
    'a scheme nobody has',
    /scheme" of Ingress "shop\/i" is "out"/,
    [ingress('i', { scheme: 'out' }, [['', 'Exact /a web']])],
  ],
  [
    'subnets nobody has',
    /No subnet of the cluster's VPC is "nowhere"/,
    [ingress('i', { subnets: 'nowhere' }, [['', 'Exact /a web']])],
  ],
  [
    'families nobody has',
    /ip-address-type" .* is "ipv6"/,
    [ingress('i', { 'ip-address-type': 'ipv6' }, [['', 'Exact /a web']])],
  ],
  [
    'a target type nobody has',
    /target-type" .* is "pods"/,
    [ingress('i', { 'target-type': 'pods' }, [['', 'Exact /a web']])],
  ],
  [
    'two default backends',
    /spec.defaultBackend/,
    ['i', 'j'].map((name) =>
      ingress(
        name,
        { 'group.name': 'g' },
        [['', `Exact /${name} web`]],
        ', defaultBackend: {service: {name: api, port: {number: 80}}}',
      ),
    ),
  ],
  ['a wildcard in a Prefix', /has a wildcard/, [ingress('i', {}, [['', 'Prefix /a* web']])]],
  [
    'a host by a name and by a regular expression',
    /matches its host by patterns and by regular expressions/,
    [
      ingress('i', { 'conditions.web': '[{"field":"host-header","hostHeaderConfig":{"regexValues":["^a"]}}]' }, [
        ['a.example', 'Exact /a web'],
      ]),
    ],
  ],
  [
    'a path by a pattern and by a regular expression',
    /matches its path by patterns and by regular expressions/,
    [
      ingress('i', { 'conditions.web': '[{"field":"path-pattern","pathPatternConfig":{"regexValues":["^/a"]}}]' }, [
        ['', 'Exact /a web'],
      ]),
    ],
  ],
  ['a redirect to no listener', /no HTTPS listener/, [ingress('i', { 'ssl-redirect': '443' }, [['', 'Exact /a web']])]],
  [
    'node ports nobody has',
    /sends to node ports/,
    [ingress('i', { 'target-type': 'instance' }, [['', 'Exact /a web']])],
  ],
  [
    'a type of authentication nobody has',
    /auth-type "saml"/,
    [ingress('i', { 'auth-type': 'saml' }, [['', 'Exact /a web']])],
  ],
  [
    'a token beside an identity provider',
    /auth-type oidc and jwt-validation/,
    [
      ingress(
        'i',
        {
          'auth-type': 'oidc',
          'auth-idp-oidc': '{}',
          'jwt-validation': '{"jwksEndpoint": "https://j", "issuer": "https://i"}',
          'listen-ports': '[{"HTTPS": 443}]',
        },
        [['', 'Exact /a web']],
      ),
    ],
  ],
  [
    'a health check of a port nobody has',
    /healthcheck-port names port "nope"/,
    [ingress('i', { 'healthcheck-port': 'nope' }, [['', 'Exact /a web']])],
  ],
  ['a port nobody has', /names port 8080/, [ingress('i', {}, [['', 'Exact /a web:8080']])]],
])('%s is refused: a warning, and a load balancer nothing is known of', (_, reason, documents) => {
  const fine = ingress('other', {}, [['', 'Exact /fine web']]);
  const { albs, errors, issues } = settled(...services, ...documents, fine);
  expect(errors).toEqual([]);
  expect(issues.join()).toMatch(reason);
  expect(albs.map(({ madeFor, unmodelled }) => [madeFor, unmodelled])).toContainEqual([['shop/other'], undefined]);
  const refused = albs.find(({ madeFor }) => madeFor.includes('shop/i'));
  expect(refused?.unmodelled).toMatch(reason);
  expect(refused?.listeners.flatMap(({ rules: made }) => made.map(({ action }) => action.kind))).toEqual(
    refused?.listeners.map(() => 'unmodelled'),
  );
  expect(refused?.unbuiltFor).toContain('shop/web');
});
