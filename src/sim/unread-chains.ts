import {
  type Hook,
  type Link,
  type Netns,
  type NftMeets,
  type NftTable,
  type NftUnread,
  nftObjectLine,
  type Unmodelled,
} from '../linux/index.ts';
import type { Family } from '../net/index.ts';
import type { Evidence } from '../trace/index.ts';
import { folderOf } from '../world/index.ts';

/** A base chain nobody has read, as a walk that meets it tells of it. */
export interface UnreadChain {
  readonly what: string;
  readonly evidence: Evidence;
}

/** Who meets base chains of nft that are not read, in one namespace. */
interface UnreadChains {
  /** Everybody. */
  readonly all: UnreadChain | undefined;
  /** What bridges pass. */
  readonly bridges: UnreadChain | undefined;
  /** Who asks for a neighbour by ARP, or is asked. */
  readonly neighbours: UnreadChain | undefined;
  readonly onDevices: readonly (UnreadChain & { readonly meets: Extract<NftMeets, { kind: 'device' }> })[];
  readonly onHooks: readonly (UnreadChain & { readonly family: NftTable['family']; readonly hook: Hook })[];
}

/** What a packet meets on the sides of one device. */
export interface UnreadAtDevice {
  readonly ingress: UnreadChain | undefined;
  readonly egress: UnreadChain | undefined;
  readonly neighbours: UnreadChain | undefined;
}

const known = new WeakMap<Netns, UnreadChains | null>();

/** Undefined: all of them are read. */
function unreadChains(netns: Netns): UnreadChains | undefined {
  const { nft, unmodelled } = netns;
  if (nft.length === 0 && unmodelled.length === 0) return undefined;
  let found = known.get(netns);
  if (found === undefined) {
    found = findUnread(netns);
    known.set(netns, found);
  }
  return found ?? undefined;
}

function findUnread({ id, nft, unmodelled }: Netns): UnreadChains | null {
  const folder = folderOf(id);
  const unread = nft.flatMap((table) =>
    table.objects.flatMap((object) =>
      object.kind === 'unsupported' && object.meets !== undefined
        ? [{ ...tell(nft, table, object, folder), family: table.family, meets: object.meets }]
        : [],
    ),
  );
  const found = [...unmodelled.flatMap((each) => hiddenHook(each, folder)), ...unread];
  if (found.length === 0) return null;
  const of = (kind: NftMeets['kind']): UnreadChain | undefined => found.find(({ meets }) => meets.kind === kind);
  return {
    all: of('all'),
    bridges: of('bridges'),
    neighbours: of('neighbours'),
    onDevices: found.flatMap(({ meets, ...chain }) => (meets.kind === 'device' ? [{ ...chain, meets }] : [])),
    onHooks: found.flatMap(({ meets, ...chain }) => (meets.kind === 'hook' ? [{ ...chain, hook: meets.hook }] : [])),
  };
}

/** What hangs at a hook and no text tells of. */
function hiddenHook({ scope, what }: Unmodelled, folder: string) {
  if (scope.kind !== 'hook') return [];
  const evidence: Evidence = { plane: 'sim', artefact: { file: `${folder}/nft-list-ruleset` }, text: '' };
  const family = scope.family === 4 ? ('ip' as const) : ('ip6' as const);
  return [{ what, evidence, family, meets: { kind: 'hook', hook: scope.hook } as const }];
}

function tell(nft: Netns['nft'], table: NftTable, object: NftUnread, folder: string): UnreadChain {
  const file = `${folder}/nft-list-ruleset`;
  const line = object.line ?? nftObjectLine(nft, table, object);
  const [head = '', ...lines] = object.text.split('\n').map((each) => each.trim());
  const hangs = lines.find((each) => each.startsWith('type ')) ?? '';
  const text = `${head} ${hangs}`.trim();
  const what = `${file}:${line}: cannot decide "${text}" of table ${table.family} ${table.name}`;
  return { what, evidence: { plane: 'sim', artefact: { file, line }, text } };
}

/** Why nothing is known of what any packet meets in a namespace, or on one device of it. */
export function unreadAnywhere(netns: Netns, dev?: string): string | undefined {
  const chains = unreadChains(netns);
  if (chains === undefined) return undefined;
  const bridge = dev !== undefined && netns.links.find(({ ifname }) => ifname === dev)?.info_kind === 'bridge';
  return (chains.all ?? (bridge ? chains.bridges : undefined))?.what;
}

export function unreadAtDevice(netns: Netns, link: Link | undefined): UnreadAtDevice | undefined {
  const chains = unreadChains(netns);
  if (chains === undefined || link === undefined) return undefined;
  // What comes and goes by a VLAN comes and goes by the device it is on.
  const under = link.info_kind === 'vlan' ? netns.links.find(({ ifindex }) => ifindex === link.link_index) : undefined;
  const names = [link.ifname, ...(under === undefined ? [] : [under.ifname])];
  const at = (side: 'ingress' | 'egress'): UnreadChain | undefined =>
    chains.onDevices.find(
      ({ meets }) => meets.side === side && meets.devices.some((each) => names.some(isNamed(each))),
    );
  const neighbours = link.ifname === 'lo' ? undefined : chains.neighbours;
  const found = { ingress: at('ingress'), egress: at('egress'), neighbours };
  return (found.ingress ?? found.egress ?? found.neighbours) ? found : undefined;
}

const isNamed =
  (device: string) =>
  (name: string): boolean =>
    device.endsWith('*') ? name.startsWith(device.slice(0, -1)) : name === device;

/** The first at a hook that packets of a family meet. */
export const unreadAtHook = (netns: Netns, family: Family, hook: Hook): UnreadChain | undefined =>
  unreadChains(netns)?.onHooks.find(
    (chain) => chain.hook === hook && (chain.family === 'inet' || chain.family === (family === 4 ? 'ip' : 'ip6')),
  );
