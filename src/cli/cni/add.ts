import { CNI_CODE, type CniRequest, type CniResult } from '../../cni/index.ts';
import { type FreeAddress, freeAddress } from '../../controllers/index.ts';
import {
  type AdoptedNetns,
  changeLab,
  idOf,
  missingWiring,
  nameNetns,
  type OpenNetns,
  openForeign,
  ShortNames,
  takenNumbers,
  unnameNetns,
} from '../../lab/index.ts';
import { type Attachment, isOf, saveAttachments } from './attachments.ts';
import { Failed, listed } from './failed.ts';
import { type LoadedLab, loadLab, nodeOf, type OpenLab } from './open-lab.ts';
import { labelOf, nodeLabel, podEnds, resultOf } from './pod-ends.ts';

type Add = CniRequest & { readonly command: 'ADD' };

/**
 * Brings a namespace a runtime made into a lab as a new pod of a node: an address its ENIs have free, and every line the VPC
 * CNI would write, compiled as for any other pod. What fails half way is taken back.
 */
export async function add(request: Add, lab: OpenLab, now: number): Promise<CniResult> {
  const { config, key, pod, netns: path } = request;
  const loaded = loadLab(lab.input, lab.attachments.attached);
  const before = lab.attachments.attached.find(isOf(config.name, key));
  if (before !== undefined) return again(request, before, loaded);
  const node = nodeOf(loaded.cluster, config.node);
  if (loaded.cluster.pods.some(({ metadata }) => metadata.namespace === pod.namespace && metadata.name === pod.name))
    throw new Failed(CNI_CODE.podTaken, `Pod "${pod.namespace}/${pod.name}" is in this lab already`);
  const free = addressFor(node, loaded, lab, now);
  const foreign = openForeign(path, lab.holder, lab.record.plan);
  try {
    if (foreign.devices.length > 0)
      throw new Failed(
        CNI_CODE.invalidEnvironment,
        `CNI_NETNS: "${path}" has devices beside lo: ${foreign.devices.slice(0, 5).join(', ')}`,
        'a new pod starts with none',
      );
    return await wire({ request, lab, loaded, node, free, foreign });
  } finally {
    foreign.close();
  }
}

/** The same question twice has the same answer, as ipamd gives a sandbox the address it has. */
function again({ netns, pod }: Add, before: Attachment, { world }: LoadedLab): CniResult {
  const ends = podEnds(world, before);
  const same = before.namespace === pod.namespace && before.name === pod.name && idOf(netns) === before.netnsId;
  if (same && ends !== undefined) return resultOf(world, ends, netns);
  throw new Failed(
    CNI_CODE.podTaken,
    `This container is pod "${before.namespace}/${before.name}" with ${before.address} already`,
    'DEL comes before another ADD',
  );
}

function addressFor(node: string, { cluster }: LoadedLab, { attachments }: OpenLab, now: number): FreeAddress {
  const { ipCooldownSeconds } = cluster.cni.settings;
  const cooling = attachments.released.filter((each) => now - each.at < ipCooldownSeconds * 1000);
  const found = freeAddress(cluster, node, new Set(cooling.map((each) => each.address)));
  if (found !== undefined) return found;
  const resting = cooling.filter((each) => each.node === node).length;
  throw new Failed(
    CNI_CODE.noAddress,
    `Node "${node}" has no free address on its network interfaces`,
    resting === 0 ? undefined : `${resting} given back less than ${ipCooldownSeconds} s ago`,
  );
}

interface Wiring {
  readonly request: Add;
  readonly lab: OpenLab;
  readonly loaded: LoadedLab;
  readonly node: string;
  readonly free: FreeAddress;
  readonly foreign: OpenNetns;
}

/** Names the namespace in the lab, compiles the World with it, and makes the lab hold that. */
async function wire(wiring: Wiring): Promise<CniResult> {
  const { request, lab, loaded, node, free, foreign } = wiring;
  const { config, key, pod } = request;
  const { holder, record, attachments } = lab;
  const label = labelOf(pod);
  const name = new ShortNames(record.plan.namespaces.map((each) => each.name)).make(pod.name, label);
  await nameNetns(holder, foreign, name);
  let wired = false;
  try {
    const numbers = await numbersOn(lab, loaded, node, name);
    const { netnsid, vethIfindex } = numbers;
    const by = `cni ADD ${key.containerID}`;
    const attachment: Attachment = {
      ...{ ...pod, ...key, network: config.name, netnsId: foreign.id },
      ...{ ...free, node, netnsid, vethIfindex, by },
    };
    saveAttachments(holder, { ...attachments, attached: [...attachments.attached, attachment] });
    const result = await hold(lab, attachment, { label, name, numbered: numbers.numbered }, request.netns);
    wired = true;
    return result;
  } finally {
    if (!wired) {
      saveAttachments(holder, attachments);
      await unnameNetns(holder, name);
    }
  }
}

/**
 * Numbers no one on the node has: of namespaces the lowest (net/core/net_namespace.c alloc_netid), of devices the kernel counts
 * on, also past those of pods that are gone.
 */
async function numbersOn({ holder, record }: OpenLab, { world }: LoadedLab, node: string, name: string) {
  const netns = record.plan.namespaces.find(({ label }) => label === nodeLabel(node))?.name ?? '';
  const taken = await takenNumbers(holder, netns);
  const links = world.netns.get(nodeLabel(node))?.links ?? [];
  const nsids = [...taken.netns.map(({ nsid }) => nsid), ...links.map((link) => link.link_netnsid ?? -1)];
  const known = taken.netns.find((each) => each.name === name)?.nsid;
  return {
    netnsid: known ?? lowestFree(new Set(nsids)),
    numbered: known !== undefined,
    vethIfindex: 1 + Math.max(taken.highestIfindex, ...links.map(({ ifindex }) => ifindex)),
  };
}

function lowestFree(taken: ReadonlySet<number>): number {
  let free = 0;
  while (taken.has(free)) free++;
  return free;
}

async function hold(
  { holder, record, input, attachments }: OpenLab,
  attachment: Attachment,
  adopted: AdoptedNetns,
  sandbox: string,
): Promise<CniResult> {
  const { world } = loadLab(input, [...attachments.attached, attachment]);
  const ends = podEnds(world, attachment);
  if (ends === undefined)
    throw new Failed(
      CNI_CODE.noNode,
      `Node "${attachment.node}" takes no new pods`,
      'a dump of the node replaces what the CNI would write there',
    );
  const { differences } = await changeLab(holder, record, world, undefined, {
    adopted: [adopted],
    differs: (wanted, found) => missingWiring(wanted, found, ends),
    orUndo: true,
  });
  if (differences.length > 0)
    throw new Failed(CNI_CODE.notAsWired, 'The kernel does not hold what was wired', listed(differences));
  return resultOf(world, ends, sandbox);
}
