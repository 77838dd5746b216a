export { type ServedResolver, type Servers, type Serving, startServers } from './start-servers.ts';
export type { Endpoint, Heard, Sink } from './types.ts';
