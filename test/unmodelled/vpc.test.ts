import { describe } from 'vitest';
import { plainOut, plainToClient, testRows, toWeb } from './rows.ts';

describe('the VPC', () =>
  testRows([
    {
      what: 'a SecurityGroup',
      extra: 'apiVersion: packetwalk.dev/v1alpha1\nkind: SecurityGroup\nmetadata: { name: web }\nspec: {}\n',
      touched: [toWeb, ['node/n1', 'node/n2:10250']],
      says: ['SecurityGroup', 'extra.yaml:1'],
      untouched: [plainToClient],
    },
    {
      what: 'network ACLs of another VPC',
      replace: [
        [
          '    - id: vpc-main\n',
          '    - { id: vpc-2, cidrs: [10.2.0.0/16], subnets: [{ id: other, cidr: 10.2.0.0/24, zone: us-east-1a, routeTable: r2 }], routeTables: [{ id: r2, routes: [] }], networkAcls: [] }\n    - id: vpc-main\n',
        ],
      ],
      extra:
        'apiVersion: packetwalk.dev/v1alpha1\nkind: Server\nmetadata: { name: a }\nspec: { kind: server, subnet: other, addresses: [10.2.0.9], listens: [{ port: 80 }] }\n---\napiVersion: packetwalk.dev/v1alpha1\nkind: Server\nmetadata: { name: b }\nspec: { kind: server, subnet: other, addresses: [10.2.0.10], listens: [{ port: 80 }] }\n',
      touched: [['host/a', 'host/b']],
      says: ['networkAcls', 'base.yaml:7:173'],
      untouched: [toWeb, plainOut],
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
