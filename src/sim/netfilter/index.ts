export { alterReply, usesConntrack } from './ipvs/run-ipvs.ts';
export { serviceEvidence } from './ipvs/services.ts';
export { ConnectionTable } from './ipvs/table.ts';
export { hangsOn } from './plan-hook.ts';
export { type RunHook, runHook, runHookLinear } from './run-hook.ts';
