export { runHook, runHookLinear } from './run-hook.ts';
