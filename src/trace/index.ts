export type * from './cause.ts';
export { CLOSED_PORT } from './cause.ts';
export { type Circle, circleOf } from './circle.ts';
export {
  type Disposition,
  FAILURE_DISPOSITIONS,
  type FailureDisposition,
  isSuccess,
  SUCCESS_DISPOSITIONS,
  type SuccessDisposition,
} from './disposition.ts';
export { decisiveTrip, fatalStep, type Judgement, judge, type ReplyEnd } from './judge.ts';
export type { HttpRequest, Probe } from './probe.ts';
export type * from './types.ts';
export { exitCodeOf, verdictOf } from './verdict.ts';
export { weigh } from './weigh.ts';
