export { createConntrack } from './create-conntrack.ts';
export { printConn } from './print-conn.ts';
export { setClosing } from './tcp.ts';
export { confirmConn, trackPacket, type Untracked } from './track.ts';
export { invertTuple, sameTuple, tupleIn, tupleOf } from './tuple.ts';
export { mayTrack } from './unknown-modules.ts';
export { coversFamily, tracksFamily } from './uses-conntrack.ts';
