export { applyDumps, type NodeDump } from './apply-dumps.ts';
export { applyPatches, type Patch } from './apply-patches.ts';
export { findNetns } from './find-netns.ts';
export { readNodeDump } from './read-node-dump.ts';
