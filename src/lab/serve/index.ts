export type { TargetReport } from './health/watch-targets.ts';
export { type Servers, startServers } from './start-servers.ts';
export type { Endpoint, Heard, Sink } from './types.ts';
