export { type CommandResult, type Executor, recordExecutor } from './exec/executor.ts';
export type { Holder, HolderIdentity } from './exec/holder.ts';
export { type Lab, netnsPath, openLab } from './exec/lab.ts';
export { type LabPlace, realExecutor } from './exec/real-executor.ts';
export { PlanError, runPlan } from './exec/run-plan.ts';
export {
  type LabPlan,
  type PlanGap,
  type PlannedNetns,
  type PlanPhase,
  type PlanStep,
  planLab,
  printPlan,
} from './plan/index.ts';
