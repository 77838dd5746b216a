import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cidr, cidrOf, type Ip, ip } from '../../src/net/index.ts';
import { EMPTY_DIRECTORY } from '../../src/world/directory-json.ts';
import { EMPTY_FABRIC } from '../../src/world/fabric-json.ts';
import { readWorld, type World, worldFiles } from '../../src/world/index.ts';
import { list, netns } from '../generate/arbitrary-netns.ts';
import { anyMac, ip4 } from '../generate/arbitrary-values.ts';

const SEED = 20240611;
const absentPods = (own: Ip): World['directory']['absent'] => [
  { namespace: 'a', name: 'b', phase: 'Pending', addresses: [], node: 'n', services: ['a/c'] },
  { namespace: 'a', name: 'd', phase: 'Failed', why: 'Evicted', addresses: [own], services: [] },
];

const nodePorts: NonNullable<World['directory']['nodePorts']> = {
  mode: 'iptables',
  localhostNodePorts: false,
  nodePortAddresses: ['10.0.0.0/8'],
  said: { localhostNodePorts: { file: 'a', line: 1 } },
};

const world: fc.Arbitrary<World> = fc
  .tuple(
    fc.string(),
    fc.uniqueArray(netns, { selector: (made) => made.id, maxLength: 4 }),
    list(fc.string()),
    ip4,
    anyMac,
  )
  .map(([name, all, assumptions, own, hardware]) => ({
    name,
    assumptions,
    directory: {
      ...EMPTY_DIRECTORY,
      apiserver: [own],
      absent: absentPods(own),
      nodePorts,
      serviceCidrs: [cidrOf(own, 16), cidr('fd30::/108')],
    },
    netns: new Map(all.map((made) => [made.id, made])),
    fabric: {
      ...EMPTY_FABRIC,
      vpcs: [{ id: 'vpc-1', region: 'r', cidrs: [cidr('10.0.0.0/16'), cidr('fd00::/56')] }],
      routeTables: [
        {
          id: 'rtb-1',
          vpc: 'vpc-1',
          routes: [{ destination: cidr('0.0.0.0/0'), target: { kind: 'unsupported', text: 'tgw-1' }, state: 'active' }],
        },
      ],
      subnets: [
        {
          id: 'subnet-1',
          vpc: 'vpc-1',
          zone: 'a',
          cidrs: [cidr('10.0.0.0/24')],
          routeTable: 'rtb-1',
          router: ip('10.0.0.1'),
          routerMac: hardware,
        },
      ],
      enis: [
        {
          id: 'eni-1',
          subnet: 'subnet-1',
          mac: hardware,
          addresses: [own],
          prefixes: [],
          publicAddresses: new Map<Ip, Ip>([[own, ip('3.3.3.3')]]),
          sourceDestCheck: true,
          attachment: null,
          deviceIndex: 0,
          owner: 'node/a',
          securityGroups: [],
          mtu: 9001,
          origin: { by: 'vpc' },
        },
      ],
      dns: {
        ...EMPTY_FABRIC.dns,
        cluster: [
          { name: 'a', type: 'A', addresses: [own], ttl: 5 },
          { name: 's', type: 'SRV', ttl: 5, targets: [{ priority: 0, weight: 1, port: 2, target: 't' }] },
        ],
      },
    },
  }));

const filesOf = (made: World): Map<string, string> =>
  new Map([...worldFiles(made)].map(({ path, text }) => [path, text]));

test('a World survives being written to a folder and read back', () => {
  fc.assert(
    fc.property(world, (made) => {
      const back = readWorld(filesOf(made));
      expect(back.issues.filter((issue) => issue.severity === 'error')).toEqual([]);
      expect(back.value).toStrictEqual(made);
    }),
    { seed: SEED, numRuns: 100 },
  );
});
