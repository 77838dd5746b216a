import { type IpSet, type Netns, type NftTable, printIpSetElement, printSysctl } from '../../linux/index.ts';
import { completeNetns, type NamedText, netnsFiles, readArtefacts, type World } from '../../world/index.ts';
import { isKernelsOwn6 } from '../plan/host/routes.ts';
import { CLASSIFIER_TABLE, sharedTables, TABLE_SIZES } from '../plan/index.ts';
import type { LabPlan } from '../plan/types.ts';
import type { Executor } from './executor.ts';

/** What a person would type to collect a namespace, each under the file name it is kept by; a part starts with RS and that name.
 * A link's operational state follows its carrier a moment later (net/core/link_watch.c): that is waited for. */
const COLLECT = `
tries=0
while ip link | grep -q 'NO-CARRIER.*LOWER_UP' && [ $tries -lt 40 ]; do sleep 0.05; tries=$((tries + 1)); done
part() { printf '\\036%s\\n' "$1"; shift; "$@" 2>/dev/null; }
part ip-link.json ip -d -j link
part ip-addr.json ip -j addr
part ip-route.json ip -d -j -4 route show table all
ip -d -j -6 route show table all 2>/dev/null
part ip-rule.json ip -d -j -4 rule
part ip-rule6.json ip -d -j -6 rule
part ip-neigh.json ip -j neigh
part iptables-save iptables-$1-save
part ip6tables-save ip6tables-$1-save
part nft-list-ruleset nft list ruleset
[ -z "$2" ] || part ipset-save ipset save
`;

/**
 * The namespaces of a lab as the kernel says they are, as a World again: read by the readers of a dump. What no kernel
 * command tells (sockets to be served, resolver files, origins, the fabric) is the World's own.
 */
export async function readBack(
  world: World,
  plan: LabPlan,
  executor: Executor,
  only: (name: string) => boolean = () => true,
): Promise<World> {
  const netns = new Map<Netns['id'], Netns>();
  const names = new Map(plan.namespaces.map((each) => [each.id, each.name]));
  const wired = new Set(world.fabric.wires.flatMap(({ a, b }) => [a, b]).map(({ netns: id, dev }) => `${id} ${dev}`));
  const pending = [...world.netns.values()];
  const found = new Map<Netns['id'], Netns>();
  const worker = async (): Promise<void> => {
    for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
      const name = names.get(next.id);
      if (name !== undefined && only(name)) found.set(next.id, await readNetns(next, name, executor, wired));
    }
  };
  await Promise.all(Array.from({ length: executor.parallel }, worker));
  for (const id of world.netns.keys()) {
    const read = found.get(id);
    if (read !== undefined) netns.set(id, read);
  }
  return { ...world, netns };
}

async function readNetns(world: Netns, name: string, executor: Executor, wired: ReadonlySet<string>): Promise<Netns> {
  const argv = ['sh', '-c', COLLECT, 'sh', world.iptables.variant, world.ipsets === undefined ? '' : 'sets'] as const;
  const { stdout } = await executor.run({ netns: name, argv, stdin: '' });
  const files = new Map<string, NamedText>();
  for (const part of stdout.split('\u001e').slice(1)) {
    const end = part.indexOf('\n');
    const file = part.slice(0, end);
    files.set(file, { path: `${name}/${file}`, text: part.slice(end + 1) });
  }
  joinRules(files, world);
  // The size of the connection table is not the lab's to set: it stays as the World has it.
  const sizes = [...world.sysctls].filter(([name]) => TABLE_SIZES.has(name));
  const asked = [...world.sysctls.keys()].filter((each) => !TABLE_SIZES.has(each));
  if (world.iptables.variant === 'legacy')
    files.set('netns.json', { path: `${name}/netns.json`, text: '{"iptables":"legacy"}' });
  const settings = new Map(executor.getSysctls(name, asked));
  for (const [name, value] of sizes) settings.set(name, value);
  files.set('sysctl', { path: `${name}/sysctl`, text: printSysctl(settings) });
  return withoutLabs(completeNetns(world.id, readArtefacts(files).value), world, wired);
}

/** `ip rule` prints no family, so each list comes by itself; IPv6's is left out of a namespace that does not speak it. */
function joinRules(files: Map<string, NamedText>, world: Netns): void {
  const [four, six] = [files.get('ip-rule.json'), files.get('ip-rule6.json')];
  files.delete('ip-rule6.json');
  if (four === undefined || six === undefined || !world.rules.some((rule) => rule.family === 6)) return;
  files.set('ip-rule.json', { path: four.path, text: `${four.text}\n${six.text}` });
}

/**
 * Takes off what every lab adds by being one, and nothing else: a device the World knows as no veth, or leads nowhere, is an
 * end of a pair here, known
 * neighbours are held permanent, and a device that speaks IPv6 has a link-local address.
 */
function withoutLabs(read: Netns, world: Netns, wired: ReadonlySet<string>): Netns {
  const links = new Map(world.links.map((link) => [link.ifname, link]));
  const own6 = new Set(
    world.routes.filter(isKernelsOwn6).map((route) => `${route.type} ${route.dst.text} ${route.dev}`),
  );
  const known = new Map(world.neighbours.map((entry) => [`${entry.dev} ${entry.dst}`, entry]));
  return {
    ...read,
    links: read.links.map((link) => {
      const like = links.get(link.ifname);
      if (like === undefined || (like.info_kind === 'veth' && wired.has(`${world.id} ${link.ifname}`))) return link;
      const { link_index: _index, link_netnsid: _netnsid, info_kind: _kind, ...plain } = link;
      return {
        ...plain,
        qdisc: like.qdisc,
        ...(like.link_index === undefined ? {} : { link_index: like.link_index }),
        ...(like.link_netnsid === undefined ? {} : { link_netnsid: like.link_netnsid }),
        ...(like.info_kind === undefined ? {} : { info_kind: like.info_kind }),
      };
    }),
    addresses: read.addresses.filter((address) => address.family === 4 || address.scope !== 'link'),
    routes: read.routes.filter(
      (route) => !isKernelsOwn6(route) || own6.has(`${route.type} ${route.dst.text} ${route.dev}`),
    ),
    neighbours: read.neighbours.flatMap((entry) => {
      const like = known.get(`${entry.dev} ${entry.dst}`);
      if (entry.state !== 'PERMANENT') return [];
      return [like === undefined ? entry : { ...entry, state: like.state }];
    }),
    nft: withShared(read.nft, world),
    ...(world.ipsets === undefined ? {} : { ipsets: asWorldSays(read.ipsets ?? [], world.ipsets) }),
    ...(world.bpf === undefined ? {} : { bpf: world.bpf }),
    sockets: world.sockets,
    conntrack: world.conntrack,
    unmodelled: world.unmodelled,
    iptables: { ...read.iptables, variant: world.iptables.variant },
    ...(world.resolvConf === undefined ? {} : { resolvConf: world.resolvConf }),
  };
}

/** Without the table that stands for classifiers, and with those the lab cannot hold. */
function withShared(read: Netns['nft'], world: Netns): Netns['nft'] {
  const own = read.filter(({ family, name }) => family !== 'netdev' || name !== CLASSIFIER_TABLE);
  const shared = sharedTables(world);
  if (shared.length === 0) return own;
  const at = ({ family, name }: NftTable): number =>
    world.nft.findIndex((table) => table.family === family && table.name === name);
  return [...own, ...shared].sort((a, b) => at(a) - at(b));
}

/** Sets are listed in no order, with the sizes and seeds of their tables; what the lab was not given stays as the World has it. */
function asWorldSays(read: readonly IpSet[], world: readonly IpSet[]): readonly IpSet[] {
  const found = new Map(read.map((set) => [set.name, set]));
  const like = world.flatMap((set) => {
    const own = found.get(set.name);
    if (own === undefined) return set.unsupported === undefined ? [] : [set];
    return [contentOf(own) === contentOf(set) ? set : own];
  });
  const known = new Set(world.map(({ name }) => name));
  return [...like, ...read.filter(({ name }) => !known.has(name))];
}

const contentOf = ({ type, options, elements }: IpSet): string =>
  [
    type,
    options.replaceAll(/ ?(?:hashsize|bucketsize|initval) \S+/g, ''),
    ...elements.map(printIpSetElement).sort(),
  ].join('\n');

/** Lists whose order is the kernel's own: hash tables, and the order things were made in. */
const UNORDERED = ['ip-neigh.json', 'ip-route.json'];
/** Of addresses only the order on one device says anything. */
const BY_DEVICE = 'ip-addr.json';

/** The files in which two namespaces differ, by what their text says. */
export function differingFiles(a: Netns, b: Netns): readonly string[] {
  const [left, right] = [textsOf(a), textsOf(b)];
  return [...new Set([...left.keys(), ...right.keys()])].filter((path) => left.get(path) !== right.get(path));
}

const textsOf = (netns: Netns): ReadonlyMap<string, string> =>
  new Map(
    [...netnsFiles(netns)]
      .filter(({ path }) => path !== 'origins.json')
      .map(({ path, text }) => [
        path,
        UNORDERED.includes(path) ? sortedLines(text) : path === BY_DEVICE ? sortedLines(text, deviceAndFamily) : text,
      ]),
  );

const deviceAndFamily = (line: string): string => /^.*?"family":"\w+"/.exec(line)?.[0] ?? '';

/** Lines with the same key stay in their order. */
const sortedLines = (text: string, key: (line: string) => string = (line) => line): string =>
  text
    .split('\n')
    .map((line) => line.replace(/,$/, ''))
    .sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0))
    .join('\n');
