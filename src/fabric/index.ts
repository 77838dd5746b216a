export type * from './connections.ts';
export { answerCluster } from './dns/answer-cluster.ts';
export { answerUpstream } from './dns/answer-upstream.ts';
export { reverseName } from './dns/reverse-name.ts';
export type { DnsAnswer, DnsQuestion, Rr } from './dns/types.ts';
export type * from './load-balancers.ts';
export type * from './origin.ts';
export { resolverAddresses } from './resolver-addresses.ts';
export type * from './types.ts';
