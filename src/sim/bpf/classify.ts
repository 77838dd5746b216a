import type { SourceRef } from '../../base/index.ts';
import { decidesAnyway, type KnownStandIn, tellStandIn } from '../../fabric/index.ts';
import { inRange, lineOfEntry, showPrefixEntry } from '../../linux/index.ts';
import { type Cidr, type Ip, protocolNumber } from '../../net/index.ts';
import type { DropCause, Evidence } from '../../trace/index.ts';
import { die, stopUnknown } from '../host/record.ts';
import { type CtTuple, headersOf, type Packet, type Skb } from '../packet.ts';
import type { Host, Outcome, Walk } from '../types.ts';
import { classifiersOf, type LoadedClassifier } from './classifiers-of.ts';
import type { LoadedEntry } from './loaded-map.ts';
import { type FlowKey, flowTuple, turned } from './seen-flows.ts';

/**
 * The classifiers on one side of a device (net/core/dev.c sch_handle_ingress, sch_handle_egress). Undefined: the packet goes
 * on. What the two programs do is theirs, not the kernel's (aws-network-policy-agent v1.4.1, pkg/ebpf/c/tc.v4ingress.bpf.c,
 * handle_ingress; without cluster-wide policies): a flow let through before passes, and so does what answers one; else the
 * entry with the longest prefix decides, and a flow it lets through is remembered.
 */
export function classify(
  host: Host,
  skb: Skb,
  walk: Walk,
  dev: string,
  side: 'ingress' | 'egress',
): Outcome | undefined {
  if (host.netns.bpf === undefined) return undefined;
  const loaded = classifiersOf(host).get(dev)?.[side];
  const [first, second] = loaded ?? [];
  if (first === undefined) return undefined;
  if (second !== undefined) {
    const what = `${dev} has two classifiers at tc ${side}, and which runs first is not known`;
    return stopUnknown(host, skb, walk, what, classifierEvidence(host, second));
  }
  return run(host, skb, walk, first);
}

function run(host: Host, skb: Skb, walk: Walk, loaded: LoadedClassifier): Outcome | undefined {
  const { classifier } = loaded;
  const { packet } = skb;
  // tc.v6ingress.bpf.c lets all of ICMPv6 pass, neighbour discovery is in it.
  if (packet.family !== classifier.family || packet.protocol === 'ipv6-icmp') return undefined;
  const mtu = host.links.get(classifier.dev)?.mtu;
  if (mtu !== undefined && packet.length > mtu) {
    const what = `${packet.length} bytes go in pieces of at most ${mtu} through ${classifier.dev}, and its classifier finds ports in the first only`;
    return stopUnknown(host, skb, walk, what, classifierEvidence(host, loaded));
  }
  const incoming = classifier.program === 'handle_ingress';
  const [peer, owner] = incoming ? [packet.src, packet.dst] : [packet.dst, packet.src];
  const tuple = flowTuple(packet);
  const key: FlowKey = { dev: classifier.dev, owner, tuple };
  const inTable = (of: CtTuple): boolean => host.conntrack.find(of, walk.now) !== undefined;
  if (host.flows.has(key, walk.now, inTable)) return undefined;
  if (host.flows.has({ ...key, tuple: turned(tuple) }, walk.now, inTable)) return undefined;
  const standIn = walk.standIn?.(peer);
  let found = loaded.entries().longest(peer, standIn);
  if (standIn !== undefined) {
    const otherwise = maybeOtherwise(loaded, tuple, found, peer, standIn);
    if (otherwise !== undefined && !otherwise.isSure)
      return unsure(host, skb, walk, loaded, { peer, standIn, entry: otherwise.entry });
    found = otherwise?.entry ?? found;
  }
  if (!letsThrough(classifier, found, tuple)) return refuse(host, skb, walk, loaded, peer, found);
  host.flows.add(key, walk.now);
  if (found !== undefined) recordPass(host, skb, walk, loaded, found);
  return undefined;
}

function letsThrough(
  { state }: LoadedClassifier['classifier'],
  found: LoadedEntry | undefined,
  { protocol, dport }: CtTuple,
): boolean {
  if (found === undefined) return state === 'DEFAULT_ALLOW';
  const number = protocolNumber(protocol);
  for (const range of found.entries.values) if (inRange(range, number, dport)) return true;
  return false;
}

/** Of entries that may count before the one that was found, one that decides otherwise; sure: whatever the true address is. */
function maybeOtherwise(
  { entries, classifier }: LoadedClassifier,
  tuple: CtTuple,
  found: LoadedEntry | undefined,
  peer: Ip,
  standIn: KnownStandIn,
): { readonly entry: LoadedEntry; readonly isSure: boolean } | undefined {
  const maybe = entries().mayCount(standIn, found);
  const passes = letsThrough(classifier, found, tuple);
  const entry = maybe.find((each) => letsThrough(classifier, each, tuple) !== passes);
  if (entry === undefined) return undefined;
  const decides = decidesAnyway(maybe, keyOf, (each) => letsThrough(classifier, each, tuple), peer);
  return decides === undefined ? { entry, isSure: false } : { entry: decides, isSure: true };
}

const keyOf = ({ key }: LoadedEntry): Cidr => key;

interface Unsure {
  readonly peer: Ip;
  readonly standIn: KnownStandIn;
  readonly entry: LoadedEntry;
}

/** The peer's true address may be one an entry is for that decides otherwise. */
function unsure(host: Host, skb: Skb, walk: Walk, loaded: LoadedClassifier, { peer, standIn, entry }: Unsure): Outcome {
  const { origin } = entry.entries;
  const writer = origin?.because ?? loaded.classifier.dev;
  const where = origin?.at === undefined ? '' : ` (${lineAt(origin.at)})`;
  const what = `${tellStandIn(peer, standIn)}; whether ${entry.key.text} of ${writer} is for it is not known${where}`;
  return stopUnknown(host, skb, walk, what, entryEvidence(host, loaded, entry));
}

/** Told where an entry of some address decided; that everybody may is no news. */
function recordPass(host: Host, skb: Skb, walk: Walk, loaded: LoadedClassifier, found: LoadedEntry): void {
  if (walk.record === undefined || found.key.prefix === 0) return;
  const { dev, side, program } = loaded.classifier;
  const headers = headersOf(skb);
  walk.record({
    kind: 'tc',
    dev,
    side,
    program,
    action: `${program} lets ${found.key.text} through`,
    because: '',
    evidence: entryEvidence(host, loaded, found),
    before: headers,
    after: headers,
  });
}

function refuse(
  host: Host,
  skb: Skb,
  walk: Walk,
  loaded: LoadedClassifier,
  peer: Ip,
  found: LoadedEntry | undefined,
): Outcome {
  const { classifier } = loaded;
  const { program, dev, state } = classifier;
  const who = classifier.origin?.because;
  const asked = askedOf(skb.packet);
  const cause: DropCause = {
    kind: 'network-policy',
    direction: program === 'handle_ingress' ? 'ingress' : 'egress',
    peer,
    protocol: skb.packet.protocol,
    ...(asked.port === undefined ? {} : { port: asked.port }),
    ...(found === undefined ? {} : { entry: found.key.text }),
    ...(who === undefined ? {} : { of: who }),
    state,
  };
  const because =
    found !== undefined
      ? `${program} of ${dev} lets ${showPrefixEntry(found.key, found.entries.values)} through, and this is ${asked.text}`
      : state === 'POLICIES_APPLIED'
        ? `${program} of ${dev} has no entry for ${peer}`
        : `${program} of ${dev} is in state ${state}: nothing passes`;
  const evidence = found === undefined ? classifierEvidence(host, loaded) : entryEvidence(host, loaded, found);
  const at = (found?.entries.origin ?? classifier.origin)?.at;
  return die(host, skb, walk, 'dropped', cause, because, at === undefined ? evidence : { ...evidence, by: lineAt(at) });
}

function askedOf({ protocol, l4 }: Packet): { readonly text: string; readonly port?: number } {
  if (l4.kind !== 'tcp' && l4.kind !== 'ports') return { text: String(protocol) };
  return { text: `${String(protocol)} ${l4.dport}`, port: l4.dport };
}

/** A drop is told by where its cause is written. */
const lineAt = ({ file, line }: SourceRef): string => (line === undefined ? file : `${file}:${line}`);

const entryEvidence = (host: Host, { classifier }: LoadedClassifier, found: LoadedEntry): Evidence => ({
  plane: 'sim',
  artefact: { file: `${host.folder}/bpf-map.json`, line: lineOfEntry(found.index) },
  text: `${classifier.map} ${showPrefixEntry(found.key, found.entries.values)}`,
  ...(found.entries.origin === undefined ? {} : { by: found.entries.origin.by }),
  ...(found.entries.origin?.because === undefined ? {} : { setting: found.entries.origin.because }),
});

const classifierEvidence = (host: Host, { classifier, index }: LoadedClassifier): Evidence => ({
  plane: 'sim',
  artefact: { file: `${host.folder}/bpf-net.json`, line: lineOfEntry(index) },
  text: `${classifier.dev} clsact/${classifier.side} ${classifier.program} ${classifier.state}`,
  ...(classifier.origin === undefined ? {} : { by: classifier.origin.by }),
  ...(classifier.origin?.because === undefined ? {} : { setting: classifier.origin.because }),
});
