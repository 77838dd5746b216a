import { describe } from 'vitest';
import { policyObject, STANDARD } from './manifests.ts';
import { fromWeb, n1Out, plainOut, plainToClient, testRows, toWeb } from './rows.ts';

const annotated = (annotations: string): readonly (readonly [string, string])[] => [
  ['labels: { app: web } }\nspec', `labels: { app: web }, annotations: ${annotations} }\nspec`],
];

describe('pods', () =>
  testRows([
    {
      what: 'SecurityGroupPolicy whose groups nobody describes',
      extra:
        STANDARD +
        policyObject(
          'vpcresources.k8s.aws/v1beta1',
          'SecurityGroupPolicy',
          '{ podSelector: { matchLabels: { app: web } }, securityGroups: { groupIds: [sg-1] } }',
        ),
      touched: [toWeb, fromWeb],
      says: ['what sg-1 lets through at the branch interface of pod shop/web is not known', 'base.yaml:'],
      untouched: [plainOut, plainToClient],
    },
    {
      what: 'a pod on several network cards',
      extra: STANDARD.replace('ENABLE_POD_ENI', 'ENABLE_MULTI_NIC'),
      replace: annotated('{ k8s.amazonaws.com/nicConfig: multi-nic-attachment }'),
      touched: [toWeb, fromWeb],
      says: ['k8s.amazonaws.com/nicConfig', 'base.yaml:'],
      untouched: [plainOut],
    },
    {
      what: "a pod with more interfaces, Multus'",
      replace: annotated('{ k8s.v1.cni.cncf.io/networks: storage }'),
      touched: [toWeb, fromWeb],
      says: ['k8s.v1.cni.cncf.io/networks', 'base.yaml:'],
      untouched: [plainOut],
    },
    {
      what: 'a pod whose sidecar takes its traffic',
      replace: annotated('{ sidecar.istio.io/status: "{}" }'),
      touched: [toWeb, fromWeb],
      says: ['sidecar.istio.io/status', 'base.yaml:'],
      untouched: [plainOut],
    },
    {
      what: 'an init container that may rewrite the pod',
      replace: [
        [
          'containers: [{ name: main, image: shop/web:1',
          'initContainers: [{ name: redirect, image: "mesh/init:1", securityContext: { capabilities: { add: [NET_ADMIN] } } }], containers: [{ name: main, image: shop/web:1',
        ],
      ],
      touched: [toWeb, fromWeb],
      says: ['init container "redirect"', 'NET_ADMIN', 'base.yaml:'],
      untouched: [plainOut],
    },
    {
      what: 'a namespace a service mesh has',
      replace: [
        [
          'kind: Namespace\nmetadata: { name: shop }',
          'kind: Namespace\nmetadata: { name: shop, labels: { istio-injection: enabled } }',
        ],
      ],
      touched: [toWeb, plainOut],
      says: ['istio-injection', 'base.yaml:'],
      untouched: [n1Out],
    },
    {
      what: 'a hostPort',
      replace: [
        [
          'image: shop/web:1, ports: [{ containerPort: 8080 }]',
          'image: shop/web:1, ports: [{ containerPort: 8080, hostPort: 9000 }]',
        ],
      ],
      touched: [['pod/shop/client', 'node/n2:9000']],
      says: ['CNI-HOSTPORT-DNAT', 'nodes/n2/iptables-save'],
      untouched: [toWeb, plainOut],
    },
    {
      what: 'IPv6 egress of a pod in an IPv4 cluster',
      extra: STANDARD.replace('ENABLE_POD_ENI', 'ENABLE_V6_EGRESS'),
      touched: [['pod/shop/client', '[2001:db8::9]:443']],
      says: ['ENABLE_V6_EGRESS', 'extra.yaml:11'],
      untouched: [toWeb, plainOut],
    },
  ]));
