import type { WireEnd } from '../../../fabric/index.ts';
import type { Link, Netns } from '../../../linux/index.ts';
import type { World } from '../../../world/index.ts';
import type { LabPlan } from '../types.ts';
import { numbersOf, viewCables } from './netns-view.ts';

/**
 * A World whose devices and namespaces have the numbers they have in a lab that holds `old`: a kernel gives neither another one
 * while it lasts (net/core/dev.c, net/core/net_namespace.c), whoever comes or goes beside it. What is new has its own number,
 * or where that is taken the next that is free.
 */
export function keepNumbers(old: LabPlan, world: World): World {
  const names = new Map<string, string>(
    old.namespaces.flatMap(({ id, name }) => (id === undefined ? [] : [[id, name] as const])),
  );
  const known = numbersOf(old);
  const had = new Map<string, number>();
  for (const { ends } of viewCables(old))
    for (const { netns, dev, ifindex } of ends) if (ifindex !== undefined) had.set(`${netns} ${dev}`, ifindex);
  const peers = new Map<string, WireEnd>();
  for (const { a, b } of world.fabric.wires) peers.set(`${a.netns} ${a.dev}`, b).set(`${b.netns} ${b.dev}`, a);
  const indexes = new Map<string, number>();
  for (const { id, links } of world.netns.values()) {
    const indexOf = numbered(links, 'ifindex', ({ ifname }) => had.get(`${names.get(id)} ${ifname}`));
    for (const link of links) indexes.set(`${id} ${link.ifname}`, indexOf(link) ?? link.ifindex);
  }
  const linksOf = ({ id, links }: Netns): readonly Link[] => {
    const peerOf = ({ ifname }: Link): WireEnd | undefined => peers.get(`${id} ${ifname}`);
    const nsidOf = numbered(links, 'link_netnsid', (link) =>
      known.get(names.get(id) ?? '')?.get(names.get(peerOf(link)?.netns ?? '') ?? ''),
    );
    const farOf = (link: Link): number | undefined => {
      const under =
        link.link_netnsid === undefined ? links.find((each) => each.ifindex === link.link_index) : undefined;
      const far = under === undefined ? peerOf(link) : { netns: id, dev: under.ifname };
      return (far && indexes.get(`${far.netns} ${far.dev}`)) ?? link.link_index;
    };
    const kept = links.map((link): Link => {
      const [ifindex = link.ifindex, far, nsid] = [indexes.get(`${id} ${link.ifname}`), farOf(link), nsidOf(link)];
      return {
        ...{ ...link, ifindex },
        ...(far === undefined ? {} : { link_index: far }),
        ...(nsid === undefined ? {} : { link_netnsid: nsid }),
      };
    });
    return kept.sort((a, b) => a.ifindex - b.ifindex);
  };
  return { ...world, netns: new Map([...world.netns].map(([id, each]) => [id, { ...each, links: linksOf(each) }])) };
}

/** The numbers of links: those they had, and of new ones their own, or else the next one nobody has. */
function numbered(
  links: readonly Link[],
  key: 'ifindex' | 'link_netnsid',
  had: (link: Link) => number | undefined,
): (link: Link) => number | undefined {
  const kept = new Map(links.flatMap((link) => (had(link) === undefined ? [] : [[link, had(link)] as const])));
  const taken = new Set(kept.values());
  const given = new Map<number, number>();
  for (const link of links) {
    const own = link[key];
    if (kept.has(link) || own === undefined || given.has(own)) continue;
    let free = own;
    while (taken.has(free)) free++;
    taken.add(free);
    given.set(own, free);
  }
  return (link) => kept.get(link) ?? given.get(link[key] ?? -1);
}
