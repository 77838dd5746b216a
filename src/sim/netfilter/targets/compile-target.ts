import { assertNever } from '../../../base/index.ts';
import type { Hook, Rule, TableName, Target } from '../../../linux/index.ts';
import { stopUnknown } from '../evidence.ts';
import type { TargetEval, TargetModule } from '../types.ts';
import { connmark, mark } from './marks.ts';
import { masquerade, nat, netmap, redirect } from './nat.ts';
import { dscp, notrack, reject, tos, ttl } from './packet.ts';
import { tcpmss } from './tcpmss.ts';
import { jump, verdict } from './verdicts.ts';

export interface CompiledTarget {
  readonly eval: TargetEval | undefined;
  readonly hooks: readonly Hook[] | undefined;
  readonly tables: readonly TableName[] | undefined;
}

function by<T extends Target>(module: TargetModule<T>, target: T, rule: Rule): CompiledTarget {
  return { eval: module.eval(target, rule), hooks: module.hooks, tables: module.tables };
}

const COUNTS_ONLY: CompiledTarget = { eval: undefined, hooks: undefined, tables: undefined };

/** The module of each target: the one place that knows them all. */
export function compileTarget(target: Target, rule: Rule): CompiledTarget {
  switch (target.kind) {
    case 'ACCEPT':
    case 'DROP':
    case 'RETURN':
      return by(verdict, target, rule);
    case 'jump':
    case 'goto':
      return by(jump, target, rule);
    case 'REJECT':
      return by(reject, target, rule);
    case 'MARK':
      return by(mark, target, rule);
    case 'CONNMARK':
      return by(connmark, target, rule);
    case 'DNAT':
    case 'SNAT':
      return { ...by(nat, target, rule), hooks: target.kind === 'DNAT' ? DNAT_HOOKS : SNAT_HOOKS };
    case 'MASQUERADE':
      return by(masquerade, target, rule);
    case 'REDIRECT':
      return by(redirect, target, rule);
    case 'NETMAP':
      return by(netmap, target, rule);
    case 'NOTRACK':
      return by(notrack, target, rule);
    case 'TTL':
      return by(ttl, target, rule);
    case 'TCPMSS':
      return { ...by(tcpmss, target, rule), hooks: target.mss === undefined ? CLAMP_HOOKS : undefined };
    case 'TOS':
      return by(tos, target, rule);
    case 'DSCP':
      return by(dscp, target, rule);
    case 'no-effect':
      return COUNTS_ONLY;
    case 'unsupported':
      return {
        ...COUNTS_ONLY,
        eval: (frame) => stopUnknown(frame, `target ${target.name} is outside the model`),
      };
    default:
      return assertNever(target);
  }
}

/** Where the way out is known (net/netfilter/xt_TCPMSS.c, tcpmss_tg4_check). */
const CLAMP_HOOKS: readonly Hook[] = ['FORWARD', 'OUTPUT', 'POSTROUTING'];
/** net/netfilter/xt_nat.c. */
const DNAT_HOOKS: readonly Hook[] = ['PREROUTING', 'OUTPUT'];
const SNAT_HOOKS: readonly Hook[] = ['POSTROUTING', 'INPUT'];
