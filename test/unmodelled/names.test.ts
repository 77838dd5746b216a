import { describe } from 'vitest';
import { daemonSet } from './manifests.ts';
import { n1Out, plainOut, plainToClient, testRows, toWeb } from './rows.ts';

describe('names', () =>
  testRows([
    {
      what: 'a name nobody in the input knows',
      touched: [['pod/shop/client', 'www.example.org']],
      says: ['www.example.org', 'DnsName'],
      untouched: [toWeb],
    },
    {
      what: 'a Corefile that sends a zone elsewhere',
      extra:
        'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: coredns, namespace: kube-system }\ndata:\n  Corefile: |\n    .:53 {\n        kubernetes cluster.local in-addr.arpa ip6.arpa {\n          pods insecure\n        }\n        forward . /etc/resolv.conf\n    }\n    example.com:53 {\n        forward . 10.9.9.9\n    }\n',
      touched: [['pod/shop/client', 'far.example.com:443']],
      says: ['Corefile', 'example.com', 'extra.yaml:1:1'],
      untouched: [toWeb],
    },
    {
      what: 'a DNS cache on every node',
      extra: daemonSet('node-local-dns', 'registry.k8s.io/dns/k8s-dns-node-cache:1.26.4'),
      touched: [
        ['pod/shop/client', '172.20.0.10:53'],
        ['node/n1', '172.20.0.10:53'],
      ],
      says: ['NODE-LOCAL-DNS', 'nodes/n1/iptables-save'],
      untouched: [plainOut, plainToClient, n1Out],
    },
    {
      what: "a DNS cache on every node, its image from a registry of one's own",
      extra: daemonSet('node-local-dns', 'registry.example.com/base/dns-cache:7'),
      touched: [['pod/shop/client', '172.20.0.10:53']],
      says: ['NODE-LOCAL-DNS', 'nodes/n1/iptables-save'],
      untouched: [plainOut, plainToClient],
    },
  ]));
