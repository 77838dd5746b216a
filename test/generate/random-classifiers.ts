import type { Rng } from '../../src/base/index.ts';
import type { Bpf, Classifier, Netns, NetnsId, PrefixEntries, TrieValue } from '../../src/linux/index.ts';
import { type Cidr, cidrOf, type Family, familyOf, type Ip, widthOf } from '../../src/net/index.ts';
import type { World } from '../../src/world/index.ts';

const PORTS = [53, 80, 443, 8080, 32_385];
const PROTOCOLS = [6, 17, 132, 1, 58, 254, 254, 255];

/** Classifiers on the devices of nodes that lead to pods, their entries at random over the addresses packets of a proof have. */
export function withRandomClassifiers(world: World, rng: Rng): World {
  const pods = new Map<NetnsId, string[]>();
  for (const { a, b } of world.fabric.wires)
    for (const [node, pod] of [
      [a, b],
      [b, a],
    ] as const) {
      if (!node.netns.startsWith('node/') || !pod.netns.startsWith('pod/')) continue;
      const id = node.netns as NetnsId; // wires are named by namespace ids
      pods.set(id, [...(pods.get(id) ?? []), node.dev]);
    }
  const addresses = addressesOf(world);
  return {
    ...world,
    netns: new Map(
      [...world.netns].map(([id, netns]): [NetnsId, Netns] => {
        const devices = pods.get(id);
        return [
          id,
          devices === undefined ? netns : { ...netns, bpf: randomBpf([...new Set(devices)], addresses, rng) },
        ];
      }),
    ),
  };
}

const addressesOf = ({ directory }: World): readonly Ip[] => [
  ...directory.pods.flatMap((pod) => pod.addresses),
  ...directory.nodes.flatMap((node) => node.addresses),
  ...directory.services.flatMap((service) => service.clusterIPs),
];

function randomBpf(devices: readonly string[], addresses: readonly Ip[], rng: Rng): Bpf {
  const families = [...new Set(addresses.map(familyOf))];
  const classifiers: Classifier[] = [];
  const entries: PrefixEntries[] = [];
  for (const dev of devices) {
    const family = rng.pick(families);
    const state = rng.pick(['POLICIES_APPLIED', 'POLICIES_APPLIED', 'DEFAULT_ALLOW', 'DEFAULT_DENY'] as const);
    for (const [side, program] of [
      ['ingress', 'handle_egress'],
      ['egress', 'handle_ingress'],
    ] as const) {
      if (rng.next() < 0.2) continue;
      const map = `${dev}_${program}`;
      classifiers.push({ dev, side, program, family, map, state });
      entries.push(...randomEntries(map, addresses, family, rng));
    }
  }
  return { classifiers, entries };
}

function randomEntries(map: string, addresses: readonly Ip[], family: Family, rng: Rng): readonly PrefixEntries[] {
  const own = addresses.filter((address) => familyOf(address) === family);
  const found = new Map<string, PrefixEntries>();
  for (let i = rng.int(0, 6); i > 0 && own.length > 0; i--) {
    const key = block(rng.pick(own), rng);
    found.set(key.text, { maps: [map], keys: [key], values: Array.from({ length: rng.int(1, 3) }, () => value(rng)) });
  }
  return [...found.values()];
}

function block(address: Ip, rng: Rng): Cidr {
  const width = widthOf(familyOf(address));
  return cidrOf(address, rng.pick([0, width - 16, width - 8, width - 4, width, width]));
}

function value(rng: Rng): TrieValue {
  const protocol = rng.pick(PROTOCOLS);
  const start_port = rng.pick([0, ...PORTS]);
  return { protocol, start_port, end_port: start_port === 0 ? 0 : rng.pick([0, start_port, start_port + 100]) };
}
