export { blockersOf } from './blockers.ts';
export { findingsOf } from './findings.ts';
