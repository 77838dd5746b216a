export { absentText } from './absent-pod.ts';
export { type Ask, ask, assembleResult, probeFor, readEnds } from './ask.ts';
export { type End, parseEnd } from './end.ts';
export type { Answer, AskProblem, Question, Resolve } from './question.ts';
export { resolveSender, resolveTarget, type Sender, type Target } from './resolve-end.ts';
export { countSharing } from './shared-by.ts';
