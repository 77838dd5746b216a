import { describe, expect, test } from 'vitest';
import { LABEL, PORT_NAME, SUBDOMAIN } from '../../src/cluster/kinds/names.ts';
import { loadWorld } from '../../src/load/index.ts';

const said = (text: string): string[] =>
  loadWorld([{ path: 'in.yaml', text }], [], [], [])
    .issues.filter(({ code }) => code === 'wrong-value' || code === 'duplicate-name' || code === 'port-name')
    .map(({ severity, at, message }) => `${severity} ${at.line}:${at.column} ${message}`);
const object = (kind: string, metadata: string, rest = '', apiVersion = 'v1'): string =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {${metadata}}\n${rest}`;
const pod = (spec: string, metadata = 'name: p'): string => object('Pod', metadata, `spec: {${spec}}\n`);

describe('what the API server takes for a name', () => {
  test.each([
    [LABEL, 'a', true],
    [LABEL, '0-a', true],
    [LABEL, 'a-', false],
    [LABEL, 'A', false],
    [LABEL, 'a.b', false],
    [LABEL, 'a'.repeat(64), false],
    [SUBDOMAIN, 'a.b-c.0', true],
    [SUBDOMAIN, 'a..b', false],
    [SUBDOMAIN, 'a_b', false],
    [SUBDOMAIN, `${'a'.repeat(250)}.abc`, false],
    [PORT_NAME, 'http-metrics', true],
    [PORT_NAME, '8080', false],
    [PORT_NAME, 'a--b', false],
    [PORT_NAME, 'sixteen-letters-', false],
    [PORT_NAME, 'sixteen-letters1', false],
  ])('%#: %j %s', (rule, text, is) => {
    expect(rule.is(text)).toBe(is);
  });
});

describe('an object the API server refuses', () => {
  test.each([
    ['a pod', pod('containers: []', 'name: My_Pod'), 'error 3:18 Field "metadata.name" is the text "My_Pod"'],
    ['a namespace with dots', object('Namespace', 'name: a.b'), 'error 3:18 Field "metadata.name" is the text "a.b"'],
    [
      'the namespace of a pod',
      pod('', 'name: p, namespace: Shop'),
      'error 3:32 Field "metadata.namespace" is the text "Shop"',
    ],
    [
      'a label key',
      pod('', 'name: p, labels: {"a b": c}'),
      'error 3:37 Key "a b" of field "metadata.labels" is no label key',
    ],
    ['a label value', pod('', 'name: p, labels: {a: "b c"}'), 'error 3:33 Field "metadata.labels.a" is the text "b c"'],
    [
      'the name of a port',
      pod('containers: [{name: c, ports: [{name: metrics_port, containerPort: 80}]}]'),
      'error 4:46 Field "spec.containers[0].ports[0].name" is the text "metrics_port"',
    ],
    [
      'one name for two ports',
      pod('containers: [{name: c, ports: [{name: http, containerPort: 80}, {name: http, containerPort: 81}]}]'),
      'error 4:79 Port name "http" is used twice, at "spec.containers[0].ports[1].name"',
    ],
    [
      'one name for two containers',
      pod('containers: [{name: c}, {name: c}]'),
      'error 4:39 Container name "c" is used twice, at "spec.containers[1].name"',
    ],
    [
      "the template's labels, and what selects them",
      object(
        'Deployment',
        'name: d',
        'spec: {selector: {matchLabels: {a: "-"}}, template: {metadata: {labels: {a: "-"}}, spec: {containers: []}}}\n',
        'apps/v1',
      ),
      'error 4:77 Field "spec.template.metadata.labels.a" is the text "-"',
      'error 4:36 Field "spec.selector.matchLabels.a" is the text "-"',
    ],
    [
      'a target port',
      object('Service', 'name: s', 'spec: {ports: [{port: 80, targetPort: Http}]}\n'),
      'error 4:39 Field "spec.ports[0].targetPort" is the text "Http"',
    ],
    [
      'a port of a policy',
      object(
        'NetworkPolicy',
        'name: n',
        'spec: {podSelector: {}, ingress: [{ports: [{port: web_1}]}]}\n',
        'networking.k8s.io/v1',
      ),
      'error 4:51 Field "spec.ingress[0].ports[0].port" is the text "web_1"',
    ],
    [
      'a host of an Ingress',
      object('Ingress', 'name: i', 'spec: {rules: [{host: "10.0.0.1"}]}\n', 'networking.k8s.io/v1'),
      'error 4:23 Field "spec.rules[0].host" is the text "10.0.0.1"',
    ],
    [
      'a port of a slice',
      object(
        'EndpointSlice',
        'name: e, labels: {kubernetes.io/service-name: s}',
        'addressType: IPv4\nports: [{name: Http, port: 80}]\nendpoints: []\n',
        'discovery.k8s.io/v1',
      ),
      'error 5:16 Field "ports[0].name" is the text "Http"',
    ],
  ])('%s', (_, text, ...want) => {
    expect(said(text).toSorted()).toEqual(want.toSorted());
  });
  test('two containers may call their ports the same, and a name may be long', () => {
    const ports = 'ports: [{name: http, containerPort: 80}]';
    expect(said(pod(`containers: [{name: a, ${ports}}, {name: b, ${ports}}]`, `name: ${'a.'.repeat(60)}b`))).toEqual(
      [],
    );
  });
  test('of a live object it is a warning: its server took it', () => {
    expect(said(pod('containers: []', 'name: My_Pod, uid: 7f'))).toEqual([
      'warning 3:18 Field "metadata.name" is the text "My_Pod"',
    ]);
  });
});
