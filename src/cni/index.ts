export { printFailure, printResult, printVersions } from './print-answer.ts';
export { MOST_CONFIG } from './read-config.ts';
export { type CniEnvironment, readRequest } from './read-request.ts';
export {
  type AttachmentKey,
  CNI_CODE,
  type CniFailure,
  type CniRequest,
  type CniResult,
  type NetConfig,
  type PodName,
  type PrevResult,
} from './types.ts';
