import { assertNever } from '../../../base/index.ts';
import type { TargetModule } from '../option.ts';
import type { Target } from '../types.ts';
import { connmark, listConnmarkTarget, listMarkTarget, mark, saveConnmarkTarget, saveMarkTarget } from './mark.ts';
import {
  dnat,
  listNat,
  listNetmap,
  listPortNat,
  masquerade,
  netmap,
  redirect,
  saveNat,
  saveNetmap,
  savePortNat,
  snat,
} from './nat.ts';
import {
  ct,
  hl,
  listNoEffect,
  listTcpmss,
  listTtlTarget,
  notrack,
  reject,
  saveTcpmss,
  saveTtlTarget,
  tcpmss,
  ttl,
} from './other.ts';
import { dscp, listDscpTarget, listTosTarget, saveDscpTarget, saveTosTarget, tos } from './tos.ts';

/** Every extension target the model reads. */
export const TARGET_MODULES: ReadonlyMap<string, TargetModule> = new Map(
  Object.entries({
    REJECT: reject,
    MARK: mark,
    CONNMARK: connmark,
    DNAT: dnat,
    SNAT: snat,
    MASQUERADE: masquerade,
    REDIRECT: redirect,
    NETMAP: netmap,
    NOTRACK: notrack,
    CT: ct,
    TTL: ttl,
    HL: hl,
    TCPMSS: tcpmss,
    TOS: tos,
    DSCP: dscp,
  }),
);

/**
 * Targets after which the packet goes on as it was, as far as a path depends on it: they write a log, a counter, a
 * label of the qdisc or the LSM, or an option inside the segment. ECN writes bits that no rule or route, and nothing but
 * `-m ecn`, reads.
 */
export const NO_EFFECT_TARGETS: ReadonlySet<string> = new Set([
  'LOG',
  'NFLOG',
  'ULOG',
  'TRACE',
  'AUDIT',
  'CHECKSUM',
  'TCPOPTSTRIP',
  'CLASSIFY',
  'ECN',
  'IDLETIMER',
  'LED',
  'RATEEST',
  'SECMARK',
  'CONNSECMARK',
]);

/** Targets that exist and that the model cannot follow: queues, copies, proxies and state of their own. */
export const KNOWN_UNSUPPORTED_TARGETS: readonly string[] = [
  'NFQUEUE',
  'QUEUE',
  'TEE',
  'TPROXY',
  'SYNPROXY',
  'SET',
  'CLUSTERIP',
  'HMARK',
  'DNPT',
  'SNPT',
  'SAME',
];

export function saveTarget(target: Target): string {
  switch (target.kind) {
    case 'ACCEPT':
    case 'DROP':
    case 'RETURN':
      return `-j ${target.kind}`;
    case 'jump':
      return `-j ${target.chain}`;
    case 'goto':
      return `-g ${target.chain}`;
    case 'REJECT':
      return `-j REJECT --reject-with ${target.with}`;
    case 'MARK':
      return saveMarkTarget(target);
    case 'CONNMARK':
      return saveConnmarkTarget(target);
    case 'DNAT':
    case 'SNAT':
      return saveNat(target);
    case 'MASQUERADE':
    case 'REDIRECT':
      return savePortNat(target);
    case 'NETMAP':
      return saveNetmap(target);
    case 'NOTRACK':
      return target.via === 'CT' ? '-j CT --notrack' : '-j NOTRACK';
    case 'TTL':
      return saveTtlTarget(target);
    case 'TCPMSS':
      return saveTcpmss(target);
    case 'TOS':
      return saveTosTarget(target);
    case 'DSCP':
      return saveDscpTarget(target);
    case 'no-effect':
      return target.options === '' ? `-j ${target.name}` : `-j ${target.name} ${target.options}`;
    case 'unsupported':
      return target.text;
    default:
      return assertNever(target, 'target');
  }
}

/** The name in the first column of `iptables -L`, and what the target adds to the last. */
export function listTarget(target: Target): readonly [name: string, text: string] {
  switch (target.kind) {
    case 'ACCEPT':
    case 'DROP':
    case 'RETURN':
      return [target.kind, ''];
    case 'jump':
    case 'goto':
      return [target.chain, ''];
    case 'REJECT':
      return ['REJECT', `reject-with ${target.with}`];
    case 'MARK':
      return ['MARK', listMarkTarget(target)];
    case 'CONNMARK':
      return ['CONNMARK', listConnmarkTarget(target)];
    case 'DNAT':
    case 'SNAT':
      return [target.kind, listNat(target)];
    case 'MASQUERADE':
    case 'REDIRECT':
      return [target.kind, listPortNat(target)];
    case 'NETMAP':
      return ['NETMAP', listNetmap(target)];
    case 'NOTRACK':
      return ['CT', target.via === 'CT' ? 'CT notrack' : 'NOTRACK'];
    case 'TTL':
      return [target.family === 4 ? 'TTL' : 'HL', listTtlTarget(target)];
    case 'TCPMSS':
      return ['TCPMSS', listTcpmss(target)];
    case 'TOS':
      return ['TOS', listTosTarget(target)];
    case 'DSCP':
      return ['DSCP', listDscpTarget(target)];
    case 'no-effect':
      return [target.name, listNoEffect(target)];
    case 'unsupported':
      return [target.name, target.text.replace(/^-[jg] \S+ ?/, '')];
    default:
      return assertNever(target, 'target');
  }
}
