export { type RunHook, runHook, runHookLinear } from './run-hook.ts';
