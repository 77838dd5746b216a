import { expect, test } from 'vitest';
import type { Subnet } from '../../../fabric/index.ts';
import { cidr, ip, mac } from '../../../net/index.ts';
import { mappingService } from './mapping-service.ts';
import type { Port } from './port.ts';

const SUBNET: Subnet = {
  id: 'private-a',
  vpc: 'vpc',
  zone: 'us-east-1a',
  cidrs: [cidr('10.0.0.0/16')],
  router: ip('10.0.0.1'),
  routerMac: mac('0a:00:00:00:00:01'),
  routeTable: 'private',
};

const portNumber = (n: number): Port => ({
  subnet: SUBNET,
  dev: `eni${n}`,
  mac: mac(`0a:00:00:00:01:${(n % 256).toString(16).padStart(2, '0')}`),
  owned: [cidr(`10.0.${1 + Math.floor(n / 256)}.${n % 256}/32`)],
  sourceDestCheck: true,
  groups: [],
  via: { 4: undefined, 6: undefined },
});

// nf_tables_parse_netdev_hooks refuses a list of NFT_NETDEVICE_MAX (256) devices.
test.each([1, 255, 256, 600])('%i cards of a VPC: each is on one chain a direction, and no chain has 256', (count) => {
  const ports = Array.from({ length: count }, (_, n) => portNumber(n));
  const text = mappingService(ports, [], undefined);
  for (const hook of ['ingress', 'egress']) {
    const lists = [...text.matchAll(new RegExp(`hook ${hook} devices = \\{ ([^}]*) \\}`, 'g'))].map(([, list = '']) =>
      list.split(', '),
    );
    expect(Math.max(...lists.map((list) => list.length))).toBeLessThan(256);
    expect(lists.flat()).toEqual(ports.map(({ dev }) => dev));
  }
});
