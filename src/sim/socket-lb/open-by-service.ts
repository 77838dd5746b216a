import { type LbEnd, type LbFrontend, type NetnsId, showFrontend, showLbEnd } from '../../linux/index.ts';
import type { Evidence, Headers, Probe, Step } from '../../trace/index.ts';
import type { Dice } from '../../world/index.ts';
import type { SessionState } from '../session-state.ts';
import type { Host } from '../types.ts';
import { frontEvidence, lookUpSocket } from './lookup.ts';
import type { Translated } from './types.ts';

export type Opened =
  | { readonly kind: 'plain' }
  | { readonly kind: 'translated'; readonly probe: Probe; readonly by: Translated }
  | { readonly kind: 'refused'; readonly because: string; readonly evidence: Evidence }
  | { readonly kind: 'unknown'; readonly what: string };

const PLAIN: Opened = { kind: 'plain' };

/**
 * connect() and sendmsg() where programs on the cgroup balance sockets (Cilium: bpf/bpf_sock.c, cil_sock4_connect and
 * cil_sock4_sendmsg): the destination is a backend's before there is a packet. A backend is drawn once a socket, or is the one
 * its namespace has already where the frontend has affinity; ICMP has no such call.
 */
export function openByService(
  state: SessionState,
  asker: Host,
  probe: Probe,
  { dice, resumes, assumptions }: { dice: Dice; resumes: boolean; assumptions: Set<string> },
): Opened {
  const { netns } = asker;
  const node = netns.lbMap === undefined ? nodeOf(state, netns.cgroupOf) : asker;
  const { dst, dport, protocol } = probe;
  if (node === undefined || dport === undefined) return PLAIN;
  const key = `${probe.from} ${protocol} ${probe.sport ?? ''} ${dst} ${dport}`;
  const known = resumes ? state.sockets.open.get(key) : undefined;
  if (known !== undefined) return translated(probe, known);
  const found = lookUpSocket(node, node === asker, protocol, dst, dport);
  if (found.kind === 'none') return PLAIN;
  if (found.kind === 'unknown') return found;
  const { front } = found;
  const evidence = frontEvidence(node, front);
  // sock4_skip_xlate: what is not this host's own is left to a program at the device.
  if (front.flags.includes('ExternalIPs') || front.flags.includes('HostPort')) {
    const { file, line } = evidence.artefact;
    return {
      kind: 'unknown',
      what: `${file}:${line ?? 0}: what the programs at devices do is not modelled: ${evidence.text}`,
    };
  }
  if (front.backends.length === 0)
    return { kind: 'refused', because: 'the service has no backend (EHOSTUNREACH)', evidence };
  const by = choose(state, node, front, probe, dice, assumptions);
  state.sockets.open.set(key, by);
  return translated(probe, by);
}

function nodeOf(state: SessionState, id: NetnsId | undefined): Host | undefined {
  const node = id === undefined ? undefined : state.host(id)?.host;
  return node?.netns.lbMap === undefined ? undefined : node;
}

const translated = (probe: Probe, by: Translated): Opened => ({
  kind: 'translated',
  probe: { ...probe, dst: by.backend.address, dport: by.backend.port },
  by,
});

/** `(sock_select_slot(ctx) % svc->count) + 1`, a random number of the kernel's; affinity is by the client's namespace. */
function choose(
  state: SessionState,
  node: Host,
  front: LbFrontend,
  { from, dst, dport = 0 }: Probe,
  dice: Dice,
  assumptions: Set<string>,
): Translated {
  const { backends, flags } = front;
  const sticky = flags.includes('sessionAffinity') ? `${from} ${front.revNat}` : undefined;
  const kept = sticky === undefined ? undefined : state.sockets.kept.get(sticky);
  const before = kept === undefined ? -1 : backends.indexOf(kept);
  const odds =
    before >= 0 || backends.length === 1
      ? []
      : backends.map((each) => ({ p: 1 / backends.length, label: showLbEnd(each) }));
  const at = before >= 0 ? before : odds.length === 0 ? 0 : dice.choose(odds);
  const backend = backends[at] ?? { address: dst, port: dport }; // `at` is one of them
  if (sticky !== undefined) {
    state.sockets.kept.set(sticky, backend);
    assumptions.add(
      `${showFrontend(front)} has session affinity, and its list does not say for how long: the backend of the first connection is kept`,
    );
  }
  const slot = at + 1;
  return {
    front,
    asked: { address: dst, port: dport },
    backend,
    odds,
    slot,
    evidence: frontEvidence(node, front, slot),
  };
}

const named = (headers: Headers, side: 'src' | 'dst', { address, port }: LbEnd): Headers =>
  side === 'dst' ? { ...headers, dst: address, dport: port } : { ...headers, src: address, sport: port };

/** The steps at the socket, before its first packet: a draw where there was one, then the call. */
export function openingSteps({ asked, backend, odds, slot, evidence }: Translated, first: Headers): readonly Step[] {
  const before = named(first, 'dst', asked);
  const call = first.protocol === 'tcp' ? 'connect' : 'sendmsg';
  const step: Step = {
    kind: 'socket',
    call,
    action: `${call}() to ${showLbEnd(asked)} becomes one to ${odds.length === 0 ? '' : `(1/${odds.length}) `}${showLbEnd(backend)}`,
    because: 'no packet ever has the address that was asked for',
    evidence,
    before,
    after: first,
  };
  if (odds.length === 0) return [step];
  const draw: Step = {
    kind: 'choice',
    taken: slot - 1,
    of: odds,
    action: `choose ${showLbEnd(backend)}`,
    because: 'a backend is drawn for every socket',
    evidence,
    before,
    after: before,
  };
  return [draw, step];
}

/** The step at the socket that has the answer: whom the program takes it to be from (cil_sock4_recvmsg, cil_sock4_getpeername). */
export function answeredStep({ asked, evidence }: Translated, answer: Headers): Step {
  const call = answer.protocol === 'tcp' ? 'getpeername' : 'recvmsg';
  return {
    kind: 'socket',
    call,
    action: `${call}() says ${showLbEnd(asked)}`,
    because: 'to the program, who it asked is who answers',
    evidence,
    before: answer,
    after: named(answer, 'src', asked),
  };
}
