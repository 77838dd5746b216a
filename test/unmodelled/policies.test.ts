import { describe } from 'vitest';
import { calico, policyObject, STANDARD } from './manifests.ts';
import { fromWeb, n1Out, plainOut, plainToClient, testRows, toWeb } from './rows.ts';

describe('network policies', () =>
  testRows([
    {
      what: 'NetworkPolicy, enforced by Calico',
      extra:
        calico('none') +
        policyObject('networking.k8s.io/v1', 'NetworkPolicy', '{ podSelector: { matchLabels: { app: web } } }'),
      touched: [toWeb, fromWeb],
      says: ['NetworkPolicy shop/deny', 'extra.yaml:10'],
      untouched: [plainOut, plainToClient],
    },
    {
      what: 'what EKS made of a NetworkPolicy, with the policy agent off',
      extra: policyObject(
        'networking.k8s.aws/v1alpha1',
        'PolicyEndpoint',
        '{ podIsolation: [Ingress], podSelector: { matchLabels: { app: web } }, policyRef: { name: deny, namespace: shop } }',
      ),
      touched: [],
      says: [],
      untouched: [toWeb, plainOut],
    },
    {
      what: "NetworkPolicy of Calico's own group",
      extra: policyObject('crd.projectcalico.org/v1', 'NetworkPolicy', `{ selector: "app == 'web'" }`),
      touched: [toWeb, plainOut],
      says: ['NetworkPolicy shop/deny', 'extra.yaml:1'],
      untouched: [n1Out],
    },
    {
      what: 'a cluster-wide policy',
      extra: policyObject(
        'policy.networking.k8s.io/v1alpha1',
        'AdminNetworkPolicy',
        '{ subject: { namespaces: { matchLabels: { kubernetes.io/metadata.name: shop } } } }',
      ),
      touched: [toWeb, plainOut],
      says: ['AdminNetworkPolicy deny', 'extra.yaml:1'],
      untouched: [n1Out],
    },
    {
      what: 'a cluster-wide policy for another namespace',
      extra: policyObject(
        'policy.networking.k8s.io/v1alpha1',
        'AdminNetworkPolicy',
        '{ subject: { namespaces: { matchLabels: { kubernetes.io/metadata.name: bank } } } }',
      ),
      touched: [],
      says: [],
      untouched: [toWeb, plainOut],
    },
    {
      what: 'a cluster-wide policy for some pods',
      extra: policyObject(
        'policy.networking.k8s.io/v1alpha2',
        'ClusterNetworkPolicy',
        '{ subject: { pods: { namespaceSelector: {}, podSelector: { matchLabels: { app: web } } } } }',
      ),
      touched: [toWeb],
      says: ['ClusterNetworkPolicy deny', 'extra.yaml:1'],
      untouched: [plainOut],
    },
    {
      what: 'more ports for one address than a map of the policy agent holds',
      extra:
        STANDARD +
        policyObject(
          'networking.k8s.io/v1',
          'NetworkPolicy',
          `{ podSelector: { matchLabels: { app: web } }, ingress: [{ ports: [${Array.from({ length: 25 }, (_, i) => `{ port: ${8080 + i} }`).join(', ')}] }] }`,
        ),
      touched: [toWeb],
      says: ['shop/deny: 25 ports for 0.0.0.0/0', 'extra.yaml:14:1'],
      untouched: [plainOut],
    },
    {
      what: "host veths by another name than the policy agent's",
      extra: STANDARD.replace(
        'NETWORK_POLICY_ENFORCING_MODE, value: standard',
        'AWS_VPC_K8S_CNI_VETHPREFIX, value: veth',
      ),
      touched: [toWeb, plainOut],
      says: ['AWS_VPC_K8S_CNI_VETHPREFIX is "veth"'],
      untouched: [n1Out],
    },
  ]));
