export { blockersOf } from './blockers.ts';
export { clusterIpFindings } from './cluster-ip-findings.ts';
export { endedFindings, endpointFindings } from './endpoint-findings.ts';
export { findingsOf } from './findings.ts';
export { localEndpointFindings } from './local-endpoint-findings.ts';
export { type Change, flagOf, type Remedy, remediesFor, remedyOf } from './remedies.ts';
