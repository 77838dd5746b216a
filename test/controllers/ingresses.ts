import { showIssue } from '../../src/base/index.ts';
import { loadCluster } from '../../src/cluster/index.ts';
import { settle } from '../../src/controllers/settle.ts';
import type { Listener, ListenerAction, ListenerCondition } from '../../src/fabric/index.ts';

// Ingresses as manifests, and the listeners they come to, a line a rule.

const CLUSTER = `apiVersion: eksctl.io/v1alpha5
kind: ClusterConfig
metadata: {name: c, region: eu-west-1, version: "1.34"}
managedNodeGroups: [{name: ng, desiredCapacity: 1}]
`;

export const service = (name: string, more = ''): string => `apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: shop}
spec: {selector: {app: ${name}}, ports: [{name: http, port: 80, targetPort: 8080}]${more}}
`;

/** `paths` as `TYPE PATH SERVICE[:PORT]`, grouped by host. */
export function ingress(
  name: string,
  annotations: Readonly<Record<string, string>>,
  hosts: readonly (readonly [host: string, ...paths: string[]])[],
  spec = '',
): string {
  const rules = hosts.map(([host, ...paths]) => {
    const items = paths.map((text) => {
      const [type, path, backend = ''] = text.split(' ');
      const [to, port = '80'] = backend.split(':');
      const named = /^\d+$/.test(port) ? `number: ${port}` : `name: ${port}`;
      const typed = type === '-' ? '' : `pathType: ${type}, `;
      return `{path: "${path}", ${typed}backend: {service: {name: ${to}, port: {${named}}}}}`;
    });
    return `{${host === '' ? '' : `host: "${host}", `}http: {paths: [${items.join(', ')}]}}`;
  });
  const notes = Object.entries({ 'target-type': 'ip', ...annotations }).map(
    ([key, value]) => `    alb.ingress.kubernetes.io/${key}: '${value}'`,
  );
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: ${name}
  namespace: shop
  annotations:
${notes.join('\n')}
spec: {ingressClassName: alb, rules: [${rules.join(', ')}]${spec}}
`;
}

/** The listeners of every load balancer, and every problem. */
export function settled(...documents: readonly string[]) {
  const loaded = loadCluster([{ path: 'in.yaml', text: [CLUSTER, ...documents].join('---\n') }], []);
  const { value, issues } = settle(loaded.value);
  const all = [...loaded.issues, ...issues].filter(({ code }) => code !== 'service-selects-nothing');
  const errors = all.filter(({ severity }) => severity === 'error').map(showIssue);
  return { cluster: value, albs: value.loadBalancers, issues: all.map(showIssue), errors };
}

export const listeners = (...documents: readonly string[]): readonly string[] =>
  settled(...documents).albs.flatMap((alb) => alb.listeners.flatMap(showListener));

export const showListener = ({ protocol, port, rules }: Listener): readonly string[] =>
  rules.map(({ priority, conditions, action }) =>
    [`${protocol}:${port}`, priority, ...conditions.map(condition), '→', outcome(action)].join(' '),
  );

function condition(of: ListenerCondition): string {
  const values = of.values.map((value) =>
    typeof value === 'string' ? value : 'text' in value ? value.text : `${value.key ?? ''}=${value.value}`,
  );
  return `${of.field}${'name' in of ? `(${of.name})` : ''}[${values.join(' ')}]`;
}

function outcome(action: ListenerAction): string {
  switch (action.kind) {
    case 'forward':
      return action.targetGroups
        .map(({ id, weight }) => `${id.split('-')[2] ?? id}${action.targetGroups.length > 1 ? `*${weight}` : ''}`)
        .join(' ');
    case 'redirect':
      return `${action.statusCode} ${action.protocol}://${action.host}:${action.port}${action.path}?${action.query}`;
    case 'fixed-response':
      return `${action.statusCode} ${action.body}`.trim();
    case 'unmodelled':
      return `unmodelled: ${action.what}`;
  }
}
