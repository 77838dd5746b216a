export { addressType, addressTypeOn } from './address-type.ts';
export { answersNeighbour } from './answers-neighbour.ts';
export { fibOf } from './create-fib.ts';
export { type DevConf, mtu6Setting } from './dev-conf.ts';
export { devConf, deviceOf } from './device.ts';
export { tableName } from './evidence.ts';
export { flowType } from './flow-type.ts';
export type { FibLookup, FoundRoute } from './indexed.ts';
export { lookupRoute } from './lookup-route.ts';
export { routeMtu } from './route-mtu.ts';
export {
  hiddenSource,
  type Scope,
  selectIpv6Source,
  selectSourceAddress,
  sourceForRoute,
} from './select-source-address.ts';
export { checkMartian, type SourceVerdict, validateSource } from './validate-source.ts';
