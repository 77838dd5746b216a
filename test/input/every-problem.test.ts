import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createRng, showIssue } from '../../src/base/index.ts';
import { loadWorld } from '../../src/load/index.ts';
import { EKS, node, pod, service } from '../cli/manifests.ts';

/** Errors of one text, without its name. */
const errors = (text: string, sets: readonly string[] = [], unread: readonly string[] = []): readonly string[] =>
  loadWorld(
    [{ path: 'in.yaml', text }],
    sets.map((set) => {
      const [key = '', value = ''] = set.split('=');
      return { key, value, source: { file: `--set ${key}` } };
    }),
    [],
    unread.map((file) => ({
      code: 'no-such-file',
      severity: 'error',
      at: { file },
      message: 'No such file or folder',
    })),
  )
    .issues.filter(({ severity }) => severity === 'error')
    .map((issue) => showIssue(issue).replace(/^in\.yaml:/, ''));

const LOAD_BALANCER = `---
apiVersion: v1
kind: Service
metadata:
  name: lb
  namespace: shop
  annotations:
    service.beta.kubernetes.io/aws-load-balancer-nlb-target-type: ip
    service.beta.kubernetes.io/aws-load-balancer-type: external
    service.beta.kubernetes.io/load-balancer-source-ranges: 10.0.0.0/80
spec: {type: LoadBalancer, ports: [{port: 80, nodePort: 30080}]}
`;
const DEPLOYMENT = `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: d, namespace: shop}
spec:
  selector: {matchExpressions: [{key: a, operator: Inn, values: [x]}]}
  template: {metadata: {labels: {a: x}}, spec: {containers: [{name: c, image: i}]}}
`;
const PATCH = `---
apiVersion: packetwalk.dev/v1alpha1
kind: NodePatch
metadata: {name: p}
spec: {node: n1, artefact: iptables-sav, remove: ["-A KUBE-MARK-MASQ"]}
`;
const NETWORK = `apiVersion: packetwalk.dev/v1alpha1
kind: Network
spec:
  region: us-east-1
  clusterVpc: vpc-a
  vpcs:
    - id: vpc-a
      cidrs: [10.0.0.0/16]
      subnets:
        - {id: a, cidrs: [10.0.0.0/24], zone: us-east-1a, routeTable: rtb}
        - {id: c, cidrs: [10.9.0.0/24], zone: us-east-1a, routeTable: rtb}
      routeTables: [{id: rtb, routes: []}]
---
apiVersion: packetwalk.dev/v1alpha1
kind: NodeNetwork
spec: {node: n2, instanceType: m5.large, enis: [{id: eni-1, deviceIndex: 0, subnet: a, primaryIp: 10.0.0.20}]}
---
apiVersion: packetwalk.dev/v1alpha1
kind: Server
metadata: {name: db}
spec: {kind: server, subnet: a, addresses: [10.0.0.30], listens: [{port: 5432}]}
${node('n1', '10.0.0.10')}${pod('p', '10.0.0.40')}`;

describe('one run names the problems of every stage, in the order of the input', () => {
  test('a file, a setting, a field, a type, a contradiction, a refusal and a patch', () => {
    const text =
      EKS.replace('name: ng', 'name: ng, instanceType: m5.lrge') +
      service('s', 'type: NodePort, ports: [{port: 80, nodePort: 30080}]') +
      LOAD_BALANCER +
      DEPLOYMENT +
      PATCH;
    const said = errors(text, ['kubeProxy.mod=ipvs'], ['gone.yaml']);
    expect(said.map((line) => line.replace(/ of .*node.*| \(.*/, ''))).toEqual([
      '5:21: Unknown instance type "m5.lrge"',
      '12:1: Services "shop/s" and "shop/lb" both have NodePort 30080 TCP',
      '20:61: Source range "10.0.0.0/80" of Service "shop/lb" is refused by its controller',
      '27:52: Field "spec.selector.matchExpressions[0].operator" is the text "Inn"',
      '30:1: Cannot patch artefact "iptables-sav"',
      'gone.yaml: No such file or folder',
      '--set kubeProxy.mod: Unknown setting "kubeProxy.mod"',
    ]);
  });

  test('a subnet outside its VPC, and a refusal', () => {
    expect(errors(NETWORK + LOAD_BALANCER).map((line) => line.replace(/ \(.*/, ''))).toEqual([
      '11:11: Subnet "c" is 10.9.0.0/24, outside every CIDR of VPC "vpc-a"',
      expect.stringMatching(/Source range "10.0.0.0\/80" of Service "shop\/lb" is refused by its controller$/),
    ]);
  });
});

describe('a problem that may echo another is not told', () => {
  const sound = NETWORK.replace(/\n.*id: c.*\n/, '\n');
  test.each([
    ['a subnet that cannot be read: no word of what is in it', sound.replace('[10.0.0.0/24]', '[10.0.0.0/240]'), 1],
    ['a Network that does not parse', sound.replace('region: us-east-1', 'region: [us-east-1'), 3],
    ['a node that cannot be read: no word of its pod', sound.replace('name: n1,', 'name: [n1],'), 1],
    [
      'a VPC whose CIDR cannot be read',
      EKS.replace('{cidr: 10.0.0.0/16}', '{cidr: 10.0.0.0/160}') + node('n1', '10.0.0.10'),
      1,
    ],
  ])('%s', (_, text, count) => {
    expect(errors(sound)).toEqual([]);
    const said = errors(text);
    expect(said).toHaveLength(count);
    for (const line of said) expect(line).toMatch(/is the text "10\.0\.0|is a list|sequence|mapping|keys/);
  });

  test('what stands is judged all the same', () => {
    const said = errors(sound.replace('[10.0.0.0/24]', '[10.0.0.0/240]') + LOAD_BALANCER);
    expect(said).toHaveLength(2);
    expect(said[1]).toMatch(/Source range .* is refused/);
  });
});

const EXAMPLES = new URL('../../examples/', import.meta.url).pathname;
const RUNS = 60;

describe('one value that cannot be read', () => {
  const inputs = readdirSync(EXAMPLES, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) =>
      readdirSync(`${EXAMPLES}${name}`)
        .filter((file) => file.endsWith('.yaml'))
        .map((file) => ({ path: `${name}/${file}`, text: readFileSync(`${EXAMPLES}${name}/${file}`, 'utf8') })),
    )
    .filter((files) => files.length > 0);

  test('of any example is told where it stands, nothing elsewhere, and nothing throws (seed 20261121)', () => {
    const rng = createRng(20261121);
    const pick = <T>(items: readonly T[]): T | undefined => items[rng.int(0, items.length - 1)];
    let told = 0;
    for (let run = 0; run < RUNS; run++) {
      const files = pick(inputs) ?? [];
      const broken = pick(files);
      if (broken === undefined) continue;
      const lines = broken.text.split('\n');
      const values = lines.flatMap((line, index) =>
        [...line.matchAll(/([\w.-]+: )([^,{}[\]|>\s][^,{}[\]]*)(?=[,}]|$)/g)].map((found) => ({ index, found })),
      );
      const value = pick(values);
      if (value === undefined) continue;
      const { index, found } = value;
      const start = found.index + (found[1] ?? '').length;
      const line = lines[index] ?? '';
      const text = lines.with(index, `${line.slice(0, start)}[{}]${line.slice(found.index + found[0].length)}`);
      const first = lines.lastIndexOf('---', index) + 1;
      const next = lines.indexOf('---', index);
      const { issues } = loadWorld(
        files.map((file) => (file === broken ? { path: file.path, text: text.join('\n') } : file)),
        [],
      );
      for (const issue of issues.filter(({ severity }) => severity === 'error')) {
        told++;
        const at = issue.at.file === broken.path ? (issue.at.line ?? first + 1) - 1 : -1;
        const why = `${broken.path}:${index + 1} ${text[index]?.trim()}\n${issues.map(showIssue).join('\n')}`;
        expect(at >= first && at <= (next < 0 ? lines.length : next), why).toBe(true);
      }
    }
    expect(told).toBeGreaterThan(RUNS / 2);
  });
});
