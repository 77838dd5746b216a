export type { LabPlan, PlanGap, PlannedNetns, PlanStep } from './plan/types.ts';
