import { assertNever } from '../../base/index.ts';
import type { Hook, NftChain, NftTable, TableName } from '../../linux/index.ts';
import { confirmConn, trackPacket } from '../conntrack/index.ts';
import { headersOf, type Packet, type Skb } from '../packet.ts';
import type { HookCall, HookResult } from '../types.ts';
import { connEvidence, kernelEvidence } from './evidence.ts';
import { runNat } from './nat/run-nat.ts';
import { oppositeOf } from './nat/translate.ts';
import { tableLabel } from './nft/compile-nft.ts';
import { runNftChain } from './nft/run-nft-chain.ts';
import { type NatSource, planHook, type Stage } from './plan-hook.ts';
import { runChain } from './run-chain.ts';
import type { Frame, RuleVerdict } from './types.ts';

const ACCEPT: HookResult = { kind: 'accept' };

/**
 * Takes a packet through one netfilter hook of a namespace (net/netfilter/core.c, nf_hook_slow): conntrack, iptables
 * tables and native nft chains by priority. The skb is changed in place; the result says whether it goes on.
 *
 * @example
 * const result = runHook('PREROUTING', { host, skb, walk });
 */
export const runHook = (hook: Hook, call: HookCall): HookResult => run(hook, call, false);

/** The same with every chain read rule by rule: the yardstick for the index. */
export const runHookLinear = (hook: Hook, call: HookCall): HookResult => run(hook, call, true);

function run(hook: Hook, call: HookCall, linear: boolean): HookResult {
  const { host, skb, walk } = call;
  const { family } = skb.packet;
  const { stages, ties } = planHook(host.netns, family, hook);
  if (stages.length === 0) return ACCEPT;
  for (const tie of ties) walk.assumptions.add(tie);
  const frame: Frame = {
    call,
    host,
    skb,
    walk,
    hook,
    family,
    linear,
    chainNamed,
    depth: 0,
    evidence: () => kernelEvidence(host, 'iptables-save', 'nf_hook_slow'),
    tableName: '',
    chainName: '',
    place: { kind: 'none' },
    natRule: undefined,
    result: undefined,
  };
  for (const stage of stages) {
    if (runStage(frame, stage) === 'stop') return frame.result ?? ACCEPT;
  }
  return ACCEPT;
}

function runStage(frame: Frame, stage: Stage): RuleVerdict {
  switch (stage.kind) {
    case 'iptables':
    case 'nft': {
      const reroutes = stage.kind === 'iptables' ? stage.table === 'mangle' : stage.chain.base?.type === 'route';
      if (frame.hook !== 'OUTPUT' || !reroutes) return runBase(frame, stage);
      return reroutedAfter(frame, () => runBase(frame, stage));
    }
    case 'conntrack':
      return track(frame);
    case 'nat':
      return nat(frame, stage);
    case 'confirm':
      return confirm(frame);
    default:
      return assertNever(stage);
  }
}

// ---- chains ----------------------------------------------------------------------------------------------------------

const runBase = (frame: Frame, source: NatSource): RuleVerdict =>
  source.kind === 'iptables' ? runTable(frame, source.table) : runNftBase(frame, source.table, source.chain);

function runTable(frame: Frame, name: TableName): RuleVerdict {
  const { netns } = frame.host;
  const ruleset = frame.family === 4 ? netns.iptables.ip : netns.iptables.ip6;
  const table = ruleset.get(name);
  const chain = table?.chains.get(frame.hook);
  if (table === undefined || chain === undefined) return 'continue';
  frame.place = { kind: 'iptables', ruleset, table };
  frame.tableName = name;
  frame.depth = 0;
  const verdict = runChain(frame, chain);
  if (verdict === 'stop') return verdict;
  if (verdict === 'continue' && chain.policy === 'DROP') {
    return dropByPolicy(frame, frame.family === 4 ? 'iptables-save' : 'ip6tables-save', `:${frame.hook} DROP`);
  }
  return 'continue';
}

function runNftBase(frame: Frame, table: NftTable, chain: NftChain): RuleVerdict {
  frame.place = { kind: 'nft', table };
  frame.tableName = tableLabel(table);
  frame.depth = 0;
  const verdict = runNftChain(frame, chain);
  if (verdict === 'stop') return verdict;
  if (verdict === 'continue' && chain.base?.policy === 'drop') {
    return dropByPolicy(frame, 'nft-list-ruleset', `chain ${chain.name} { policy drop; }`);
  }
  return 'continue';
}

/** Where a jump leads: within the table, iptables' or nft's, that is being run. */
function chainNamed(frame: Frame, name: string): (() => RuleVerdict) | undefined {
  const { place } = frame;
  if (place.kind === 'iptables') {
    const chain = place.table.chains.get(name);
    return chain === undefined ? undefined : () => runChain(frame, chain);
  }
  const chain = place.kind === 'nft' ? place.table.chains.find((each) => each.name === name) : undefined;
  return chain === undefined ? undefined : () => runNftChain(frame, chain);
}

function dropByPolicy(frame: Frame, file: string, text: string): RuleVerdict {
  const { hook, tableName: table, skb, walk, host } = frame;
  const because = `no rule of table ${table} took it, and ${hook}'s policy there is to drop`;
  frame.result = { kind: 'drop', disposition: 'dropped', because };
  if (walk.record !== undefined) {
    const headers = headersOf(skb);
    const evidence = kernelEvidence(host, file, text);
    walk.record({
      kind: 'policy',
      hook,
      table,
      verdict: 'drop',
      action: 'drop',
      because,
      evidence,
      before: headers,
      after: headers,
    });
  }
  return 'stop';
}

// ---- OUTPUT's second look at the route ---------------------------------------------------------------------------------

/** iptable_mangle.c, ipt_mangle_out; nft_chain_route.c. */
function reroutedAfter(frame: Frame, chain: () => RuleVerdict): RuleVerdict {
  const { skb } = frame;
  const { packet, mark } = skb;
  const verdict = chain();
  if (verdict === 'stop' || !routesAnew(packet, mark, skb)) return verdict;
  return reroute(frame);
}

const routesAnew = (packet: Packet, mark: number, skb: Skb): boolean =>
  skb.mark !== mark || skb.packet.src !== packet.src || skb.packet.dst !== packet.dst || skb.packet.tos !== packet.tos;

function reroute(frame: Frame): RuleVerdict {
  const { call, skb } = frame;
  const result = call.reroute?.(skb) ?? ACCEPT;
  if (result.kind === 'accept') return 'continue';
  frame.result = result;
  return 'stop';
}

// ---- conntrack and nat -------------------------------------------------------------------------------------------------

function nat(frame: Frame, { manip, chains }: Extract<Stage, { kind: 'nat' }>): RuleVerdict {
  const evaluate = chains.map((source) => (inner: Frame) => runBase(inner, source));
  const verdict = runNat(frame, manip, evaluate);
  if (verdict === 'stop' || frame.hook !== 'OUTPUT') return verdict;
  // nf_nat_proto.c, nf_nat_ipv4_local_fn: every packet of a connection whose destination is translated.
  const { ct } = frame.skb;
  const moved = ct.kind === 'tracked' && ct.conn[ct.dir].dst !== ct.conn[oppositeOf(ct.dir)].src;
  return moved ? reroute(frame) : 'continue';
}

const STATE_BECAUSE = {
  new: 'no connection has these addresses and ports yet',
  established: 'belongs to a connection already seen',
  related: 'quotes a packet of a known connection',
  invalid: 'fits no connection and cannot start one',
  untracked: 'a rule, or its kind, keeps it out of connection tracking',
} as const;

function stateBecause({ ct, forcedInvalid }: Skb, state: keyof typeof STATE_BECAUSE): string {
  if (state === 'new' && ct.kind === 'tracked' && ct.conn.confirmed)
    return 'its connection is known and still unanswered';
  return state === 'invalid' && forcedInvalid ? 'outside the window of its connection' : STATE_BECAUSE[state];
}

function track(frame: Frame): RuleVerdict {
  const { host, skb, walk } = frame;
  const seen = skb.ct.kind === 'tracked';
  trackPacket(host, skb, walk.now);
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

function confirm(frame: Frame): RuleVerdict {
  const { host, skb, walk } = frame;
  if (confirmConn(host, skb, walk.now)) return 'continue';
  const because = 'every port the translation may use towards this destination is taken by another connection';
  frame.result = { kind: 'drop', disposition: 'exhausted', because };
  return 'stop';
}
