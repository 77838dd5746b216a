/** The ways a walk can end well: it arrived, or a middlebox answered as it was configured to. */
export const SUCCESS_DISPOSITIONS = ['delivered', 'answered'] as const;

/** The ways it can end badly. The list is closed and part of the JSON contract. */
export const FAILURE_DISPOSITIONS = [
  'refused',
  'dropped',
  'no-route',
  'ttl-exceeded',
  'too-big',
  'exhausted',
  'loop',
  'lb-error',
  'not-sent',
  'reply-lost',
  'reply-not-accepted',
] as const;

export type SuccessDisposition = (typeof SUCCESS_DISPOSITIONS)[number];
export type FailureDisposition = (typeof FAILURE_DISPOSITIONS)[number];

/** `unknown` is neither: the walk met something outside the model, and says what. */
export type Disposition = SuccessDisposition | FailureDisposition | 'unknown';

export const isSuccess = (disposition: Disposition): disposition is SuccessDisposition =>
  (SUCCESS_DISPOSITIONS as readonly string[]).includes(disposition);
