import { describe } from 'vitest';
import { plainOut, testRows, toWeb } from './rows.ts';

describe('the VPC', () =>
  testRows([
    {
      what: 'security groups that a server names and nobody describes',
      extra:
        'apiVersion: packetwalk.dev/v1alpha1\nkind: Server\nmetadata: { name: a }\nspec: { kind: server, subnet: private-a, addresses: [10.0.3.90], listens: [{ port: 80 }], securityGroups: [sg-known, sg-other] }\n---\napiVersion: packetwalk.dev/v1alpha1\nkind: SecurityGroup\nmetadata: { name: known }\nspec: { id: sg-known, ingress: [{ protocol: tcp, ports: 80, from: 10.0.0.0/16 }] }\n',
      touched: [['node/n1', 'host/a:8080']],
      says: ['sg-other', 'named and not described', 'extra.yaml:1'],
      untouched: [toWeb, ['node/n1', 'host/a:80']],
    },
    {
      what: 'a prefix list that a rule names and nobody describes',
      extra:
        'apiVersion: packetwalk.dev/v1alpha1\nkind: Server\nmetadata: { name: a }\nspec: { kind: server, subnet: private-a, addresses: [10.0.3.90], listens: [{ port: 80 }], securityGroups: [sg-known] }\n---\napiVersion: packetwalk.dev/v1alpha1\nkind: SecurityGroup\nmetadata: { name: known }\nspec: { id: sg-known, ingress: [{ protocol: tcp, ports: 443, from: pl-1 }, { protocol: tcp, ports: 80, from: 10.0.0.0/16 }] }\n',
      touched: [['node/n1', 'host/a:443']],
      says: ['sg-known', 'pl-1', 'extra.yaml:9'],
      untouched: [toWeb, ['node/n1', 'host/a:80']],
    },
    {
      what: 'a route to a transit gateway',
      replace: [
        [
          'routes: [{ destination: 0.0.0.0/0, target: nat-a }]',
          'routes: [{ destination: 0.0.0.0/0, target: nat-a }, { destination: 172.31.0.0/16, target: tgw-1 }]',
        ],
      ],
      touched: [['pod/shop/client', '172.31.0.5:80']],
      says: ['tgw-1', 'private: 172.31.0.0/16'],
      untouched: [toWeb, plainOut],
    },
  ]));
