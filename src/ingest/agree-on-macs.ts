import { fewOf, LazyMap } from '../base/index.ts';
import type { Eni, Fabric } from '../fabric/index.ts';
import type { Neighbour, Netns, NetnsId } from '../linux/index.ts';
import { type Ip, type Mac, macOfLinkLocal, NO_MAC } from '../net/index.ts';
import type { PartialNetns, World } from '../world/index.ts';

/**
 * A World whose dumps are laid on, with one MAC a device. A compiled one is made up, so the other ends take what was collected:
 * the addresses of a dumped node's devices, and those its neighbour list, or a router's own announcement, has for the pods,
 * ENIs and routers around it. An entry that was learned beats a permanent one, which somebody wrote and nobody was asked about
 * (ip-neighbour(8), nud): where it alone speaks it is taken to be right, and that is said.
 */
export function agreeOnMacs(world: World, dumps: ReadonlyMap<NetnsId, PartialNetns>): World {
  const said = collected(world.fabric, dumps);
  if (said.devices.size === 0 && said.routers.size === 0) return world;
  return {
    ...world,
    assumptions: [...world.assumptions, ...taken(said)],
    netns: new LazyMap(world.netns, (netns, id) => withMacs(netns, dumps.get(id), said)),
    fabric: { ...world.fabric, enis: world.fabric.enis.map((eni) => withCard(eni, said)) },
  };
}

interface Collected {
  /** By namespace and device. */
  readonly devices: ReadonlyMap<string, Mac>;
  /** By the id of the ENI whose host has it. */
  readonly routers: ReadonlyMap<string, Mac>;
  /** Entries that were written by hand, by the device or the router they alone speak for. */
  readonly written: ReadonlyMap<string, string>;
  /** The other end of a wire. */
  peerOf(netns: string, dev: string): string | undefined;
}

const key = (netns: string, dev: string): string => `${netns} ${dev}`;

function collected(fabric: Fabric, dumps: ReadonlyMap<NetnsId, PartialNetns>): Collected {
  const peers = new Map(
    fabric.wires.flatMap(({ a, b }) => [
      [key(a.netns, a.dev), key(b.netns, b.dev)] as const,
      [key(b.netns, b.dev), key(a.netns, a.dev)] as const,
    ]),
  );
  const around = cardsAround(fabric);
  const devices = new Map<string, Mac>();
  const routers = new Map<string, Mac>();
  // A router that announces itself, of which the neighbour list may have nothing by now.
  for (const [id, { routes = [], neighbours = [] }] of dumps)
    for (const { protocol, gateway, dev } of routes) {
      if (protocol !== 'ra' || gateway === undefined || dev === undefined) continue;
      const entry = neighbours.find((each) => each.dev === dev && each.dst === gateway);
      const lladdr = entry?.lladdr ?? macOfLinkLocal(gateway);
      const eni = around.own(id, dev);
      if (eni !== undefined && lladdr !== undefined) routers.set(eni.id, lladdr);
    }
  const written = new Map<string, string>();
  // What a neighbour list says of a device stands behind what the device's own dump says, and what was learned before what was written.
  const entries = [...dumps].flatMap(([id, { neighbours = [] }]) => neighbours.map((entry) => ({ id, ...entry })));
  const isWritten = ({ state }: Neighbour): boolean => state === PERMANENT;
  for (const entry of [...entries.filter(isWritten), ...entries.filter((each) => !isWritten(each))]) {
    const { id, dev, dst, lladdr } = entry;
    if (lladdr === undefined) continue;
    const at = around.at(id, dev, dst);
    const other = at.card ?? peers.get(key(id, dev));
    if (at.router !== undefined) routers.set(at.router, lladdr);
    if (other !== undefined) devices.set(other, lladdr);
    for (const end of [at.router, other])
      if (end !== undefined && isWritten(entry)) written.set(end, `${dst} dev ${dev} lladdr ${lladdr} of ${id}`);
      else if (end !== undefined) written.delete(end);
  }
  for (const [id, { links = [] }] of dumps)
    for (const { ifname, address } of links)
      if (address !== NO_MAC) {
        devices.set(key(id, ifname), address);
        written.delete(key(id, ifname));
      }
  return { devices, routers, written, peerOf: (netns, dev) => peers.get(key(netns, dev)) };
}

const PERMANENT = 'PERMANENT';
const MAX_LISTED = 8;

function taken({ written }: Collected): readonly string[] {
  const all = [...new Set(written.values())];
  if (all.length === 0) return [];
  return [
    `permanent neighbour entries of dumps are taken to be right about whom nothing else collected tells the MAC address of: ${fewOf(all, MAX_LISTED)}`,
  ];
}

/** Whom an address means on the link of an ENI: its subnet's router, of which the ENI is told, or the device that is another ENI. */
function cardsAround({ enis, subnets }: Fabric) {
  const routers = new Map(subnets.map(({ id, router }) => [id, router]));
  const own = new Map(enis.map((eni) => [key(eni.attachment?.netns ?? '', eni.attachment?.dev ?? ''), eni]));
  const owners = new Map(enis.flatMap((eni) => eni.addresses.map((address) => [key(eni.subnet, address), eni])));
  const ownAt = (netns: string, dev: string): Eni | undefined => own.get(key(netns, dev));
  const at = (netns: string, dev: string, dst: Ip): { readonly router?: string; readonly card?: string } => {
    const eni = ownAt(netns, dev);
    if (eni === undefined) return {};
    if (routers.get(eni.subnet) === dst) return { router: eni.id };
    const owner = owners.get(key(eni.subnet, dst))?.attachment;
    return owner === undefined || owner === null ? {} : { card: key(owner.netns, owner.dev) };
  };
  return { own: ownAt, at };
}

function withMacs(netns: Netns, dump: PartialNetns | undefined, { devices, peerOf }: Collected): Netns {
  const own = (dev: string): Mac | undefined => devices.get(key(netns.id, dev));
  const others = (dev: string): Mac | undefined => devices.get(peerOf(netns.id, dev) ?? '');
  const { links, neighbours } = netns;
  const told = links.some(({ ifname }) => own(ifname) !== undefined || others(ifname) !== undefined);
  if (!told) return netns;
  return {
    ...netns,
    links: links.map((link) => ({ ...link, address: own(link.ifname) ?? link.address })),
    neighbours:
      dump?.neighbours !== undefined
        ? neighbours
        : neighbours.map((entry) => {
            const lladdr = entry.lladdr === undefined ? undefined : others(entry.dev);
            return lladdr === undefined ? entry : { ...entry, lladdr };
          }),
  };
}

function withCard(eni: Eni, { devices, routers }: Collected): Eni {
  const routerMac = routers.get(eni.id);
  const mac = eni.attachment === null ? undefined : devices.get(key(eni.attachment.netns, eni.attachment.dev));
  return { ...eni, ...(mac === undefined ? {} : { mac }), ...(routerMac === undefined ? {} : { routerMac }) };
}
