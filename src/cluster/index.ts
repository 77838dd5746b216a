export type * from './cluster.ts';
export type * from './network.ts';
export type * from './objects.ts';
