export {
  type AdoptedNetns,
  idOf,
  type KernelNumbers,
  NotForeign,
  nameNetns,
  type OpenNetns,
  openForeign,
  takenNumbers,
  unnameNetns,
} from './exec/adopt-netns.ts';
export { enterLab, enterNetns } from './exec/enter-command.ts';
export { isInstalled, requireLab } from './exec/environment.ts';
export type { CommandResult, Executor } from './exec/executor.ts';
export { enterSandbox, SystemError, Unavailable } from './exec/ffi/index.ts';
export { endHolder, type Holder, type HolderIdentity, identityOf } from './exec/holder.ts';
export { type ChangeOptions, changeLab, keepLab, type Lab, type LabChange, netnsPath, openLab } from './exec/lab.ts';
export { isLabLocked, LabBusy, withLabLock } from './exec/lab-lock.ts';
export { makeFolder } from './exec/make-folder.ts';
export { differingFiles, readBack } from './exec/read-back.ts';
export { insideLab, type LabPlace, realExecutor } from './exec/real-executor.ts';
export { runInside } from './exec/run-inside.ts';
export { PlanError, runPlan } from './exec/run-plan.ts';
export { type PluginCall, runPlugin } from './exec/run-plugin.ts';
export { COMPILED_FILE, LOG_FILE, type ServingReport, TARGETS_FILE, WORLD_FILE } from './exec/serving.ts';
export { findHolder, type LabRecord, RECORD_FILE, readRecord, releaseName } from './exec/state.ts';
export {
  type Capture,
  captureLab,
  compareTrips,
  type Difference,
  echoTtl,
  type KernelPlane,
  kernelPlane,
  type ObservedLab,
  oracleDice,
  type TripLine,
  tripLines,
} from './observe/index.ts';
export {
  changePlan,
  type LabPlan,
  missingSet,
  missingWiring,
  NETNS_DIR,
  type PlanGap,
  type PlannedNetns,
  type PlanPhase,
  type PlanStep,
  type PodEnds,
  planLab,
  printPlan,
  ShortNames,
  unheldSet,
} from './plan/index.ts';
export { type Heard, type Servers, type Sink, startServers, type TargetReport } from './serve/index.ts';
