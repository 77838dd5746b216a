export type * from './connections.ts';
export type * from './control-planes.ts';
export { aliasCircle } from './dns/alias-circle.ts';
export { answerCluster, isFromOutside } from './dns/answer-cluster.ts';
export { answerUpstream } from './dns/answer-upstream.ts';
export { namesBehind } from './dns/names-behind.ts';
export { reverseName } from './dns/reverse-name.ts';
export type { DnsAnswer, DnsQuestion, Rr } from './dns/types.ts';
export { dnsSeenFrom, withRecords } from './dns/view.ts';
export { eniOwns } from './eni-owns.ts';
export { type EniService, eniServices } from './eni-services.ts';
export * from './filters.ts';
export type * from './load-balancers.ts';
export { type ListenerRequest, type Match, matchRule } from './load-balancing/match-rule.ts';
export { requestFor } from './load-balancing/request-for.ts';
export { forwardedFor, locationOf } from './load-balancing/request-parts.ts';
export { showListenerRule, showRuleMet } from './load-balancing/show-rule.ts';
export { groupCalled, groupsOf, showTarget, statusMatches, targetsOf, unsureOf } from './load-balancing/targets-of.ts';
export { localFirst } from './local-first.ts';
export { PORTS_PER_DESTINATION } from './nat-ports.ts';
export type * from './origin.ts';
export { IPV6_ROUTER, LINK_LOCAL_SERVICES, reservedFor } from './reserved-addresses.ts';
export { resolverAddresses } from './resolver-addresses.ts';
export type { StandIn } from './stand-in.ts';
export {
  anyHolds,
  blockHolds,
  coverPublic,
  decidesAnyway,
  type Held,
  isMadeFrom,
  isOfSome,
  type KnownStandIn,
  misleads,
  standInLookup,
  standsFor,
  tellStandIn,
} from './stand-ins.ts';
export type * from './types.ts';
export { UNDESCRIBED } from './undescribed.ts';
