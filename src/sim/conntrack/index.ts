export { createConntrack, fromSameSource } from './create-conntrack.ts';
export { type ConnMemory, memoryOf } from './memory.ts';
export { printConn } from './print-conn.ts';
export { confirmConn, trackPacket } from './track.ts';
export { invertTuple, sameTuple, sourceKey, tupleKey, tupleOf, withAddress, withPort } from './tuple.ts';
export { coversFamily, tracksFamily } from './uses-conntrack.ts';
