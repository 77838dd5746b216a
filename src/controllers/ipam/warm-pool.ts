import { ADDRESSES_PER_PREFIX } from './max-pods.ts';
import type { IpamSettings } from './settings.ts';

/** Capacity of one node for pod addresses. */
export interface PoolLimits {
  /** ENIs that may carry pods. */
  readonly enis: number;
  /** Secondary slots of one ENI: an address each, or a /28 each. */
  readonly slotsPerEni: number;
  readonly prefixes: boolean;
  readonly maxPods: number;
}

export interface Pool {
  readonly enis: number;
  /** Slots in use over all ENIs, lowest ENI filled first. */
  readonly slots: number;
  readonly addresses: number;
}

type Targets = Pick<IpamSettings, 'warmEniTarget' | 'warmIpTarget' | 'minimumIpTarget' | 'warmPrefixTarget'>;

/**
 * The pool ipamd settles at with `pods` pods on the node (`pkg/ipamd/ipamd.go`: isDatastorePoolTooLow, increaseDatastorePool).
 * It is grown the way ipamd grows it, one ENI, batch of addresses or prefix at a time, from one ENI at the start.
 */
export function steadyPool(limits: PoolLimits, targets: Targets, pods: number): Pool {
  const perSlot = limits.prefixes ? ADDRESSES_PER_PREFIX : 1;
  const capacity = limits.enis * limits.slotsPerEni;
  const wanted = ipTargets(targets);
  const floor = Math.ceil(pods / perSlot);
  let slots: number;
  if (wanted !== undefined) {
    slots = Math.max(1, Math.ceil(Math.max(pods + wanted.warm, wanted.minimum) / perSlot));
  } else {
    const step = limits.prefixes ? 1 : limits.slotsPerEni;
    slots = limits.prefixes ? 1 : step;
    while (slots < capacity && poolTooLow({ total: slots * perSlot, assigned: pods }, limits, targets)) slots += step;
  }
  // ipamd stops at maxPods, which leaves room for every pod the scheduler may send.
  slots = Math.min(capacity, Math.max(slots, floor));
  return { enis: Math.max(1, Math.ceil(slots / limits.slotsPerEni)), slots, addresses: slots * perSlot };
}

export interface Stock {
  readonly total: number;
  readonly assigned: number;
}

/** `isDatastorePoolTooLow`: whether one more turn of the loop would add addresses. */
export function poolTooLow(stock: Stock, limits: Omit<PoolLimits, 'enis'>, targets: Targets): boolean {
  if (stock.total >= limits.maxPods) return false;
  const wanted = ipTargets(targets);
  if (wanted !== undefined) return targetState(stock, limits.prefixes, wanted).short > 0;
  const free = stock.total - stock.assigned;
  const target = limits.prefixes ? targets.warmPrefixTarget : targets.warmEniTarget;
  const unit = limits.prefixes ? ADDRESSES_PER_PREFIX : limits.slotsPerEni;
  return free < target * unit || (target === 0 && free <= 0);
}

/** `datastoreTargetState`: how many addresses (or prefixes) are missing, and how many are too many. */
export function targetState(
  stock: Stock,
  prefixes: boolean,
  wanted: { readonly warm: number; readonly minimum: number },
): { readonly short: number; readonly over: number } {
  const free = stock.total - stock.assigned;
  const short = Math.max(wanted.warm - free, wanted.minimum - stock.total, 0);
  if (!prefixes) return { short, over: Math.max(Math.min(free - wanted.warm, stock.total - wanted.minimum), 0) };
  const size = ADDRESSES_PER_PREFIX;
  const held = stock.total / size;
  const spare = Math.floor(free / size);
  const needed = Math.max(Math.ceil((stock.assigned + wanted.warm) / size), Math.ceil(wanted.minimum / size));
  return { short: Math.ceil(short / size), over: Math.max(Math.min(spare, held - needed), 0) };
}

/** WARM_IP_TARGET and MINIMUM_IP_TARGET, either of which switches WARM_ENI_TARGET and WARM_PREFIX_TARGET off. */
function ipTargets(targets: Targets): { readonly warm: number; readonly minimum: number } | undefined {
  const { warmIpTarget, minimumIpTarget } = targets;
  if (warmIpTarget === undefined && minimumIpTarget === undefined) return undefined;
  return { warm: warmIpTarget ?? 0, minimum: minimumIpTarget ?? 0 };
}
