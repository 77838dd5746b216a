export { type Comparable, type ComparableHop, comparable, showHeaders, withoutQuoted } from './comparable.ts';
export type { ObservedLab } from './flow/lab-view.ts';
export { type KernelPlane, kernelPlane } from './kernel-data-plane.ts';
export type { KernelConn, KernelTuple } from './netlink/conntrack-events.ts';
export { type Observation, Observer, type Watched } from './observer.ts';
export { identityOf, readPacket } from './packet/read-packet.ts';
export { type Octets, writePacket } from './packet/write-packet.ts';
export { type BookedRule, type RuleBook, readRuleBook } from './rule-book.ts';
export { type KernelEnd, type KernelWalk, type Wiring, walksOf } from './traces.ts';
