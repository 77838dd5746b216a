import type { Neighbour } from '../../linux/index.ts';
import type { Ip, Mac } from '../../net/index.ts';
import { NestedMap } from '../nested-map.ts';
import { runHook } from '../netfilter/index.ts';
import { headersOf, type Skb } from '../packet.ts';
import { perNetns } from '../per-netns.ts';
import type { Host, Outcome, Walk } from '../types.ts';
import { byKernel, byLink, die } from './record.ts';
import { stopped } from './reject.ts';

/** POSTROUTING, the neighbour, the device (ip_output, ip_finish_output2). Loopback is the caller's business. */
export function transmit(host: Host, skb: Skb, walk: Walk, nexthop: Ip): Outcome {
  const post = runHook('POSTROUTING', { host, skb, walk, nexthop });
  if (post.kind !== 'accept') return stopped(host, skb, walk, post);
  const dev = skb.oif === undefined ? undefined : host.links.get(skb.oif);
  if (dev === undefined)
    return die(
      host,
      skb,
      walk,
      'dropped',
      `device ${skb.oif ?? '?'} does not exist`,
      byKernel(host, 'dev_queue_xmit', 'ip-link.json'),
    );
  const neighbour = neighboursOf(host).get(dev.ifname, nexthop);
  if (neighbour?.entry.state === 'FAILED') {
    return die(
      host,
      skb,
      walk,
      'dropped',
      `${nexthop} does not answer ARP on ${dev.ifname}`,
      neighbourEvidence(host, neighbour),
    );
  }
  recordLeave(host, skb, walk, neighbour, dev.ifname);
  return { kind: 'transmit', skb, dev, nexthop, lladdr: lladdrOf(neighbour, dev.flags) };
}

interface Found {
  readonly entry: Neighbour;
  readonly index: number;
}

/** By device, then by address. */
const neighboursOf = perNetns(({ neighbours }) => {
  const known = new NestedMap<Found>();
  neighbours.forEach((entry, index) => {
    known.set(entry.dev, entry.dst, { entry, index });
  });
  return known;
});

const lladdrOf = (found: Found | undefined, flags: readonly string[]): Mac | undefined =>
  flags.includes('NOARP') ? undefined : found?.entry.lladdr;

const neighbourEvidence = (host: Host, { entry, index }: Found): ReturnType<typeof byKernel> => ({
  plane: 'sim',
  artefact: { file: `${host.folder}/ip-neigh.json`, line: index + 2 },
  text: `${entry.dst} dev ${entry.dev}${entry.lladdr === undefined ? '' : ` lladdr ${entry.lladdr}`} ${entry.state}`,
  ...(entry.origin === undefined ? {} : { by: entry.origin.by }),
});

function recordLeave(host: Host, skb: Skb, walk: Walk, found: Found | undefined, dev: string): void {
  if (walk.record === undefined) return;
  const headers = headersOf(skb);
  if (found !== undefined) {
    const { entry } = found;
    const because =
      entry.state === 'PERMANENT'
        ? skb.packet.family === 4
          ? 'no ARP is sent: the entry is permanent'
          : 'no neighbour is solicited: the entry is permanent'
        : '';
    walk.record({
      kind: 'neighbour',
      state: entry.state,
      ...(entry.lladdr === undefined ? {} : { lladdr: entry.lladdr }),
      action: `${entry.dst} is ${entry.lladdr ?? 'unresolved'}`,
      because,
      evidence: neighbourEvidence(host, found),
      before: headers,
      after: headers,
    });
  }
  const link = host.links.get(dev);
  const evidence = link === undefined ? byKernel(host, 'dev_queue_xmit', 'ip-link.json') : byLink(host, link);
  walk.record({ kind: 'leave', dev, action: `by ${dev}`, because: '', evidence, before: headers, after: headers });
}
