export { addressType } from './address-type.ts';
export { answersNeighbour } from './answers-neighbour.ts';
export type { DevConf } from './dev-conf.ts';
export { devConf, deviceOf } from './device.ts';
export { tableName } from './evidence.ts';
export type { FibLookup, FoundRoute } from './indexed.ts';
export { lookupRoute } from './lookup-route.ts';
export { type Scope, selectSourceAddress, sourceForRoute } from './select-source-address.ts';
export { checkMartian, type SourceVerdict, validateSource } from './validate-source.ts';
