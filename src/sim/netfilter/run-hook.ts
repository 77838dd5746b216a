import { assertNever } from '../../base/index.ts';
import type { Hook } from '../../linux/index.ts';
import { confirmConn, trackPacket, type Untracked } from '../conntrack/index.ts';
import { headersOf, type Packet, type Skb } from '../packet.ts';
import type { HookExtras, HookResult, Host, Walk } from '../types.ts';
import { connEvidence, kernelEvidence, stopDropped, stopUnknown } from './evidence.ts';
import { errorIn, ipvsIn, ipvsOut } from './ipvs/run-ipvs.ts';
import { runNat } from './nat/run-nat.ts';
import { oppositeOf } from './nat/translate.ts';
import { planHook, type Stage } from './plan-hook.ts';
import { rerouted } from './reroute.ts';
import type { BaseChain, Frame, RuleVerdict } from './types.ts';

const ACCEPT: HookResult = { kind: 'accept' };

/**
 * Takes a packet through one netfilter hook of a namespace (net/netfilter/core.c, nf_hook_slow): conntrack, iptables
 * tables and native nft chains by priority. The skb is changed in place; the result says whether it goes on.
 *
 * @example
 * const result = runHook('PREROUTING', host, skb, walk);
 */
export const runHook: RunHook = (hook, host, skb, walk, more) => run(hook, host, skb, walk, more, false);

/** The same with every chain read rule by rule: the yardstick for the index. */
export const runHookLinear: RunHook = (hook, host, skb, walk, more) => run(hook, host, skb, walk, more, true);

export type RunHook = (hook: Hook, host: Host, skb: Skb, walk: Walk, more?: HookExtras) => HookResult;

function run(hook: Hook, host: Host, skb: Skb, walk: Walk, more: HookExtras | undefined, linear: boolean): HookResult {
  const { family } = skb.packet;
  const { stages } = planHook(host, family, hook);
  if (stages.length === 0) return ACCEPT;
  const frame: Frame = {
    host,
    skb,
    walk,
    reroute: more?.reroute,
    nexthop: more?.nexthop,
    xmit: more?.xmit,
    hook,
    family,
    linear,
    depth: 0,
    table: undefined,
    at: undefined,
    natRule: undefined,
    unsure: undefined,
    maybe: undefined,
    result: undefined,
  };
  for (const stage of stages) {
    if (runStage(frame, stage) === 'stop') return frame.result ?? ACCEPT;
  }
  return ACCEPT;
}

function runStage(frame: Frame, stage: Stage): RuleVerdict {
  switch (stage.kind) {
    case 'chain': {
      const { base } = stage;
      return frame.hook === 'OUTPUT' && base.reroutes ? reroutedAfter(frame, base) : base.run(frame);
    }
    case 'conntrack':
      return track(frame);
    case 'nat':
      return nat(frame, stage);
    case 'confirm':
      return confirm(frame);
    case 'ipvs-in':
      return ipvsIn(frame);
    case 'ipvs-out':
      return ipvsOut(frame);
    case 'ipvs-error':
      return errorIn(frame);
    default:
      return assertNever(stage);
  }
}

// ---- OUTPUT's second look at the route ---------------------------------------------------------------------------------

/** iptable_mangle.c, ipt_mangle_out; ip6table_mangle.c, ip6t_mangle_out; nft_chain_route.c. */
function reroutedAfter(frame: Frame, base: BaseChain): RuleVerdict {
  const { skb } = frame;
  const { packet, mark } = skb;
  const verdict = base.run(frame);
  if (verdict === 'stop' || !routesAnew(packet, mark, skb)) return verdict;
  return rerouted(frame);
}

/** A hop limit that is set is asked about in IPv6 alone. */
function routesAnew({ family, src, dst, tos, ttl }: Packet, mark: number, skb: Skb): boolean {
  const { packet } = skb;
  if (skb.mark !== mark || packet.src !== src || packet.dst !== dst || packet.tos !== tos) return true;
  return family === 6 && packet.ttl !== ttl;
}

// ---- conntrack and nat -------------------------------------------------------------------------------------------------

function nat(frame: Frame, { manip, chains }: Extract<Stage, { kind: 'nat' }>): RuleVerdict {
  const verdict = runNat(frame, manip, chains);
  if (verdict === 'stop' || frame.hook !== 'OUTPUT') return verdict;
  // nf_nat_proto.c, nf_nat_ipv4_local_fn: every packet of a connection whose destination is translated.
  const { ct } = frame.skb;
  const moved = ct.kind === 'tracked' && ct.conn[ct.dir].dst !== ct.conn[oppositeOf(ct.dir)].src;
  return moved ? rerouted(frame) : 'continue';
}

const STATE_BECAUSE = {
  new: 'no connection has these addresses and ports yet',
  established: 'belongs to a connection already seen',
  related: 'quotes a packet of a known connection',
  invalid: 'fits no connection and cannot start one',
  untracked: 'a rule, or its kind, keeps it out of connection tracking',
} as const;

function stateBecause({ ct, forcedInvalid, packet }: Skb, state: keyof typeof STATE_BECAUSE): string {
  if (state === 'new' && ct.kind === 'tracked' && ct.conn.confirmed)
    return 'its connection is known and still unanswered';
  if (state === 'invalid' && packet.protocol === 'udplite') return "its checksum is verified as UDP's, and so is wrong";
  return state === 'invalid' && forcedInvalid ? 'outside the window of its connection' : STATE_BECAUSE[state];
}

function track(frame: Frame): RuleVerdict {
  const { host, skb, walk } = frame;
  const seen = skb.ct.kind === 'tracked';
  if (host.netns.ipvs !== undefined) host.ipvs.expire(walk.now, host.conntrack);
  const untracked = trackPacket(host, skb, walk);
  if (untracked !== undefined) return stopUntracked(frame, untracked);
  const { ct } = skb;
  if (walk.record === undefined || ct.kind === 'none' || seen) return 'continue';
  const state = ct.kind === 'tracked' ? ct.info : ct.kind;
  const headers = headersOf(skb);
  const evidence =
    ct.kind === 'tracked' && ct.conn.confirmed
      ? connEvidence(host, ct.conn, walk.now)
      : kernelEvidence(host, 'conntrack', 'nf_conntrack_core.c, nf_conntrack_in');
  walk.record({
    kind: 'conntrack',
    state,
    action: `connection state ${state.toUpperCase()}`,
    because: stateBecause(skb, state),
    evidence,
    before: headers,
    after: headers,
  });
  return 'continue';
}

function stopUntracked(frame: Frame, untracked: Untracked): RuleVerdict {
  const { host, walk } = frame;
  if (untracked.kind === 'undecided') {
    const what = 'which side reset this connection decides whether a SYN opens a new one';
    return stopUnknown(frame, what, connEvidence(host, untracked.conn, walk.now));
  }
  const { count, max, text, file } = untracked.room;
  if (!untracked.kept) {
    const what = 'the connection table is full, and whether one not answered yet gives way to a new one is chance';
    return stopUnknown(frame, what, kernelEvidence(host, file, text));
  }
  const because = `the connection table is full: ${count} of ${max} ("nf_conntrack: table full, dropping packet")`;
  return stopDropped(frame, { kind: 'table-full', count, max }, because, text, file);
}

function confirm(frame: Frame): RuleVerdict {
  const { host, skb, walk } = frame;
  if (confirmConn(host, skb, walk.now)) return 'continue';
  const because = 'every port the translation may use towards this destination is taken by another connection';
  return stopDropped(frame, { kind: 'port-clash' }, because, '__nf_conntrack_confirm');
}
