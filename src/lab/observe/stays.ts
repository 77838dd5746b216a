import type { Evidence, Headers, Hook, RuleVerdict, Step } from '../../trace/index.ts';
import { CLASSIFIER_TABLE } from '../plan/index.ts';
import type { DropEvent } from './bpf/kernel-events.ts';
import type { LinkRecord } from './link-tap.ts';
import type { RuleEvent } from './netlink/rule-events.ts';
import type { Observation, Watched } from './observer.ts';
import { identityOf, readPacket } from './packet/read-packet.ts';
import { OBSERVER_TABLE } from './rule-book.ts';
import { diedTranslated, sameDatagram } from './same-packet.ts';

/** A packet's stay in one namespace, as its events tell it. */
export interface Stay {
  readonly at: Watched;
  /** Undefined: made here. */
  readonly entered: LinkRecord | undefined;
  readonly steps: Step[];
  /** The header it came or was made with. */
  readonly first: Headers;
  /** No hook saw it: it was passed on below IP, or died there. */
  readonly unhooked: boolean;
  /** Latest header seen, and what identifies the packet by it. */
  headers: Headers;
  identity: string;
  hook: Hook;
  /** Header as the routing decision found it. */
  routed: Headers;
  reachedInput: boolean;
  reachedPost: boolean;
  /** Past nat of its last hook, where only confirming the connection is left. */
  translated: boolean;
  left: LinkRecord | undefined;
  /** Fragments leave as several records. */
  fragments: number;
  drop: DropEvent | undefined;
  refusedBy: RuleVerdict | 'policy' | undefined;
  ct: 'none' | 'new' | 'established' | 'related' | 'untracked' | 'unseen';
}

const CT_STATES = [
  [8, 'new'],
  [2, 'established'],
  [4, 'related'],
  [64, 'untracked'],
] as const;

export const kernelEvidence = (at: Watched, file: string, text: string): Evidence => ({
  plane: 'kernel',
  artefact: { file: file === '' ? at.name : `${at.name}/${file}` },
  text,
});

/** Groups what was observed by packet and namespace, in the order the kernel began with each. */
export function staysOf(observation: Observation): Stay[] {
  const gathering = new Gathering(observation);
  for (const event of observation.rules) gathering.take(event);
  gathering.takeLinks();
  gathering.takeDrops();
  return gathering.stays;
}

class Gathering {
  readonly stays: Stay[] = [];
  readonly #observation: Observation;
  readonly #open = new Map<string, Stay>();
  readonly #arrivals: Map<Watched, LinkRecord[]>;

  constructor(observation: Observation) {
    this.#observation = observation;
    this.#arrivals = new Map(
      [...observation.links].map(([at, records]) => [at, records.filter(({ direction }) => direction !== 'out')]),
    );
  }

  take(event: RuleEvent): void {
    const at = [...this.#observation.links.keys()].find(({ nsid }) => nsid === event.nsid);
    if (at === undefined) return;
    const key = `${event.nsid} ${event.id}`;
    const own = event.table === OBSERVER_TABLE;
    if (event.table === CLASSIFIER_TABLE) {
      const stopped = this.#open.get(key);
      if (stopped !== undefined && event.verdict === 0) stopped.refusedBy = 'drop';
      return;
    }
    const starts = own && event.header !== undefined && (event.chain === 'pre' || event.chain === 'out');
    if (starts) this.#open.set(key, this.#begin(at, event));
    const stay = this.#open.get(key);
    if (stay === undefined) return;
    if (event.header !== undefined) lookAgain(stay, event);
    if (!own) ruleStep(stay, event);
  }

  #begin(at: Watched, event: RuleEvent): Stay {
    const header = event.header ?? Buffer.alloc(0);
    const headers = readPacket(header, event.mark);
    if (headers === undefined) throw new Error(`Cannot read the header of a traced packet in ${at.name}`);
    const identity = identityOf(header);
    const loops = event.chain === 'pre' && at.devices.get(event.iif) === 'lo';
    if (loops) {
      const sent = this.stays.findLast((each) => each.at === at && each.reachedPost && each.identity === identity);
      if (sent !== undefined) return again(sent, event);
    }
    const arrivals = this.#arrivals.get(at) ?? [];
    const found = event.chain === 'pre' ? arrivals.findIndex(({ packet }) => identityOf(packet) === identity) : -1;
    const entered = found < 0 ? undefined : arrivals.splice(found, 1)[0];
    const stay = stayAt(at, entered, headers, identity, event.chain === 'pre' ? 'PREROUTING' : 'OUTPUT');
    this.stays.push(stay);
    if (event.chain === 'pre') enterStep(stay, at.devices.get(event.iif) ?? '?');
    return stay;
  }

  /** Packets that no hook saw, and where each one left. */
  takeLinks(): void {
    for (const [at, records] of this.#observation.links) {
      for (const record of this.#arrivals.get(at) ?? []) {
        const headers = readPacket(record.packet, record.mark);
        if (headers === undefined || at.devices.get(record.ifindex) === 'lo') continue;
        const stay = stayAt(at, record, headers, identityOf(record.packet), undefined);
        enterStep(stay, at.devices.get(record.ifindex) ?? '?');
        this.stays.push(stay);
      }
      for (const record of records) if (record.direction === 'out') this.#leave(at, record);
    }
  }

  #leave(at: Watched, record: LinkRecord): void {
    if (at.devices.get(record.ifindex) === 'lo') return;
    const identity = identityOf(record.packet);
    const own = this.stays.filter((each) => each.at === at && (each.reachedPost || each.unhooked));
    const stay =
      own.find((each) => each.left === undefined && each.identity === identity) ??
      own.find((each) => each.left !== undefined && sameDatagram(each.left.packet, record.packet));
    if (stay === undefined) return;
    stay.fragments += 1;
    stay.left ??= record;
  }

  takeDrops(): void {
    const free = this.#observation.kernel.filter((event): event is DropEvent => event.kind === 'drop');
    for (const drop of free) {
      const identity = identityOf(drop.packet);
      const open = this.stays.filter(
        (each) =>
          each.drop === undefined && each.left === undefined && (drop.netns === 0 || drop.netns === each.at.inode),
      );
      const stay = open.find((each) => each.identity === identity) ?? open.find((each) => diedTranslated(each, drop));
      if (stay !== undefined) stay.drop = drop;
    }
  }
}

const stayAt = (
  at: Watched,
  entered: LinkRecord | undefined,
  headers: Headers,
  identity: string,
  hook: Hook | undefined,
): Stay => ({
  at,
  entered,
  steps: [],
  first: headers,
  unhooked: hook === undefined,
  headers,
  identity,
  hook: hook ?? 'PREROUTING',
  routed: headers,
  reachedInput: false,
  reachedPost: false,
  translated: false,
  left: undefined,
  fragments: 0,
  drop: undefined,
  refusedBy: undefined,
  ct: 'unseen',
});

/** What a host sends to itself: the same packet comes in again by lo (loopback_xmit). */
function again(stay: Stay, event: RuleEvent): Stay {
  stay.hook = 'PREROUTING';
  enterStep(stay, stay.at.devices.get(event.iif) ?? 'lo');
  return stay;
}

function enterStep(stay: Stay, dev: string): void {
  const { headers } = stay;
  const after = { ...headers, iif: dev };
  const evidence = kernelEvidence(stay.at, '', `packet(7): in by ${dev}`);
  stay.steps.push({ kind: 'enter', dev, action: `on ${dev}`, because: '', evidence, before: headers, after });
  stay.headers = after;
}

const HOOKS: Readonly<Record<string, Hook>> = {
  pre: 'PREROUTING',
  pre1: 'PREROUTING',
  pre2: 'PREROUTING',
  out: 'OUTPUT',
  out1: 'OUTPUT',
  out2: 'OUTPUT',
  in: 'INPUT',
  in2: 'INPUT',
  thru: 'FORWARD',
  post: 'POSTROUTING',
  post2: 'POSTROUTING',
};

/** A base chain begins, and with it a fresh look at the packet: what changed since the last one is told as a step. */
function lookAgain(stay: Stay, event: RuleEvent): void {
  const seen = readPacket(event.header ?? Buffer.alloc(0), event.mark);
  if (seen === undefined) return;
  const own = event.table === OBSERVER_TABLE;
  const base = own ? HOOKS[event.chain] : stay.at.rules.base(event)?.hook;
  if (base !== undefined) stay.hook = base;
  if (stay.hook === 'INPUT') stay.reachedInput = true;
  if (stay.hook === 'POSTROUTING') stay.reachedPost = true;
  if (own && (event.chain === 'post2' || event.chain === 'in2')) stay.translated = true;
  if (own && (event.chain === 'pre1' || event.chain === 'out1')) conntrackStep(stay, event);
  const { iif } = stay.headers;
  const oif = stay.at.devices.get(event.oif);
  const headers: Headers = { ...seen, ...(iif === undefined ? {} : { iif }), ...(oif === undefined ? {} : { oif }) };
  natStep(stay, headers);
  stay.headers = headers;
  stay.identity = identityOf(event.header ?? Buffer.alloc(0));
  if (own && (event.chain === 'pre2' || event.chain === 'out2')) stay.routed = headers;
}

function conntrackStep(stay: Stay, { ctState }: RuleEvent): void {
  const state = CT_STATES.find(([bit]) => ((ctState ?? 0) & bit) !== 0)?.[1];
  stay.ct = state ?? 'none';
  if (state === undefined) return;
  const { headers } = stay;
  const evidence = kernelEvidence(stay.at, '', `nf_tables_trace.c: ct state ${state}`);
  const action = `connection state ${state.toUpperCase()}`;
  stay.steps.push({ kind: 'conntrack', state, action, because: '', evidence, before: headers, after: headers });
}

function natStep(stay: Stay, after: Headers): void {
  const before = stay.headers;
  const manip = stay.hook === 'PREROUTING' || stay.hook === 'OUTPUT' ? 'dst' : 'src';
  const [address, port] = manip === 'dst' ? (['dst', 'dport'] as const) : (['src', 'sport'] as const);
  const same = before[address] === after[address] && before[port] === after[port];
  if (same && before.icmp?.id === after.icmp?.id) return;
  const evidence = kernelEvidence(stay.at, '', `header before and behind nat at ${stay.hook}`);
  const reply = stay.ct !== 'new';
  const action = `${manip === 'src' ? 'source' : 'destination'} ${before[address]}:${before[port] ?? ''} becomes ${after[address]}:${after[port] ?? ''}`;
  stay.steps.push({ kind: 'nat', manip, reply, action, because: '', evidence, before, after });
}

const VERDICTS: Readonly<Record<number, RuleVerdict>> = {
  [-1]: 'continue',
  [-3]: 'jump',
  [-4]: 'goto',
  [-5]: 'return',
  0: 'drop',
  1: 'accept',
};

function ruleStep(stay: Stay, event: RuleEvent): void {
  const { at, headers, hook } = stay;
  if (event.type === 'policy') {
    if (event.verdict !== 0) return;
    const base = at.rules.base(event);
    const table = base?.table ?? event.table;
    stay.refusedBy = 'policy';
    const evidence = kernelEvidence(at, base?.file ?? '', base?.policy ?? '');
    stay.steps.push({
      kind: 'policy',
      hook,
      table,
      verdict: 'drop',
      action: 'drop',
      because: '',
      evidence,
      before: headers,
      after: headers,
    });
    return;
  }
  if (event.handle === undefined) return;
  const rule = at.rules.rule(event, event.handle);
  const { table, chain, index, text, file } = rule ?? {
    table: event.table,
    chain: event.chain,
    index: 0,
    text: `handle ${event.handle}`,
    file: '',
  };
  const told = VERDICTS[event.verdict] ?? 'continue';
  const verdict = told === 'drop' && /-j REJECT|\breject\b/.test(text) ? 'reject' : told;
  if (told === 'drop') stay.refusedBy = verdict;
  const evidence: Evidence = {
    plane: 'kernel',
    artefact: { file: `${at.name}/${file}`, rule: { table, chain, index } },
    text,
  };
  stay.steps.push({
    kind: 'rule',
    hook,
    table,
    chain,
    verdict,
    ...(event.target === undefined || !file.startsWith('nft') ? {} : { target: event.target }),
    action: text,
    because: '',
    evidence,
    before: headers,
    after: headers,
  });
}
