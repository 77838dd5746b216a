export type { LabPlan, PlanGap, PlannedNetns, PlanStep } from './plan/types.ts';
export { type Heard, type Servers, type Serving, type Sink, startServers } from './serve/index.ts';
