import { describe, expect, test } from 'vitest';
import { calico, daemonSet } from './manifests.ts';
import { fromWeb, n1Out, plainOut, plainToClient, testRows, toWeb } from './rows.ts';
import { worldWith } from './testing.ts';

describe('nodes, and what runs on them', () =>
  testRows([
    {
      what: "kube-proxy's ConfigMap in nftables mode, with pods told by their device",
      extra:
        'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: kube-proxy-config, namespace: kube-system }\ndata:\n  config: |\n    mode: nftables\n    detectLocalMode: InterfaceNamePrefix\n    detectLocal: { interfaceNamePrefix: eni }\n',
      touched: [toWeb, plainOut],
      says: ['nftables', 'extra.yaml:5'],
      untouched: [],
    },
    {
      what: 'another network plugin',
      extra: calico('vxlan').replace('---\n', ''),
      touched: [toWeb, plainOut, n1Out],
      says: ['DaemonSet kube-system/calico-node', 'extra.yaml:1'],
      untouched: [],
    },
    {
      what: 'a node AWS runs (Auto Mode)',
      replace: [['name: n2\n  labels: { ', 'name: n2\n  labels: { eks.amazonaws.com/compute-type: auto, ']],
      touched: [toWeb],
      says: ['Auto Mode', 'base.yaml:'],
      untouched: [plainOut],
    },
    {
      what: 'a Windows node',
      replace: [['name: n2\n  labels: { ', 'name: n2\n  labels: { kubernetes.io/os: windows, ']],
      touched: [toWeb],
      says: ['Windows', 'base.yaml:'],
      untouched: [plainOut],
    },
    {
      what: 'a hybrid node and the pod on it',
      replace: [
        ['name: n2\n  labels: { ', 'name: n2\n  labels: { eks.amazonaws.com/compute-type: hybrid, '],
        ['address: 10.0.0.12', 'address: 192.168.5.12'],
        ['podIP: 10.0.1.21', 'podIP: 192.168.6.21'],
        [
          'routes: [{ destination: 0.0.0.0/0, target: nat-a }]',
          'routes: [{ destination: 0.0.0.0/0, target: nat-a }, { destination: 192.168.0.0/16, target: tgw-1 }]',
        ],
      ],
      touched: [toWeb, fromWeb],
      says: [],
      untouched: [plainOut, plainToClient],
    },
    {
      what: 'the pod on a hybrid node itself',
      replace: [
        ['name: n2\n  labels: { ', 'name: n2\n  labels: { eks.amazonaws.com/compute-type: hybrid, '],
        ['address: 10.0.0.12', 'address: 192.168.5.12'],
        ['podIP: 10.0.1.21', 'podIP: 192.168.6.21'],
      ],
      touched: [fromWeb],
      says: ['Node "n2" is not modelled', 'base.yaml:'],
      untouched: [plainOut],
    },
    {
      what: 'a live pod with an address of no subnet, which another CNI gave it',
      extra:
        'apiVersion: v1\nkind: Pod\nmetadata: { name: over, namespace: shop, uid: u-1, labels: { app: web } }\nspec: { nodeName: n2, containers: [{ name: main, image: "shop/web:1", ports: [{ containerPort: 8080 }] }] }\nstatus: { phase: Running, podIP: 192.168.77.5 }\n',
      touched: [toWeb, ['node/n1', '192.168.77.5:8080']],
      says: ['OTHER-CNI', '192.168.77.5'],
      untouched: [plainOut, plainToClient],
    },
    {
      what: 'what such a pod sends',
      extra:
        'apiVersion: v1\nkind: Pod\nmetadata: { name: over, namespace: shop, uid: u-1 }\nspec: { nodeName: n2, containers: [{ name: main, image: "shop/web:1" }] }\nstatus: { phase: Running, podIP: 192.168.77.5 }\n',
      touched: [['pod/shop/over', 'host/legacy']],
      says: ['Another CNI gave pod "shop/over" 192.168.77.5', 'extra.yaml:1'],
      untouched: [toWeb, plainOut, plainToClient],
    },
    {
      what: 'a pod on a node nobody described',
      extra:
        'apiVersion: v1\nkind: Pod\nmetadata: { name: lost, namespace: shop, labels: { app: web } }\nspec: { nodeName: n9, containers: [{ name: main, image: "shop/web:1", ports: [{ containerPort: 8080 }] }] }\nstatus: { phase: Running, podIP: 10.0.1.99 }\n',
      touched: [toWeb, ['pod/shop/client', '10.0.1.99:8080'], ['pod/shop/lost', 'host/legacy']],
      says: ['n9', 'extra.yaml:1'],
      untouched: [plainOut, plainToClient],
    },
    {
      what: 'an agent that masquerades what leaves a node',
      extra: daemonSet('ip-masq-agent', 'registry.k8s.io/networking/ip-masq-agent:v2.12.0'),
      touched: [plainOut],
      says: ['IP-MASQ-AGENT', 'nodes/n1/iptables-save'],
      untouched: [],
    },
    {
      what: 'an agent that stands in front of the metadata service: other packets pass it by',
      extra: daemonSet('kube2iam', 'jtblin/kube2iam:0.11.1'),
      touched: [],
      says: [],
      untouched: [toWeb, plainOut, n1Out],
    },
    {
      what: 'a Service another proxy serves',
      replace: [
        [
          'metadata: { name: web, namespace: shop }\nspec',
          'metadata: { name: web, namespace: shop, labels: { service.kubernetes.io/service-proxy-name: other } }\nspec',
        ],
      ],
      touched: [toWeb],
      says: ['OTHER-SERVICE-PROXY', 'nodes/n1/iptables-save'],
      untouched: [plainOut, plainToClient],
    },
  ]));

describe('a DaemonSet with NET_ADMIN in the network of its nodes', () => {
  const allowed = ', securityContext: { capabilities: { add: [NET_ADMIN] } }';
  test.each([
    ['one nobody knows', 'shop/tuner:1', allowed, true],
    ['privileged', 'shop/tuner:1', ', securityContext: { privileged: true }', true],
    ['without the capability', 'shop/tuner:1', '', false],
    ['one known to leave the network alone', 'eks/aws-ebs-csi-driver:v1.40', allowed, false],
  ])('%s', (_what, image, more, said) => {
    const { assumptions } = worldWith(daemonSet('tuner', image, more));
    const found = assumptions.filter((line) => line.includes('DaemonSet kube-system/tuner'));
    expect(found).toEqual(said ? [expect.stringContaining('extra.yaml:1:1')] : []);
  });
});
