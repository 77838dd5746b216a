export { changePlan } from './change/change-plan.ts';
export { TABLE_SIZE } from './host/sysctls.ts';
export { refillSteps } from './host/written-sets.ts';
export { ShortNames } from './names.ts';
export { planLab } from './plan-lab.ts';
export { missingWiring, type PodEnds } from './pod-wiring.ts';
export { printPlan } from './print-plan.ts';
export { NETNS_DIR, stepCommand } from './step-command.ts';
export type { LabPlan, PlanGap, PlannedNetns, PlanPhase, PlanStep } from './types.ts';
