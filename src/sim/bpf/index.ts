export { classify } from './classify.ts';
export { SeenFlows } from './seen-flows.ts';
