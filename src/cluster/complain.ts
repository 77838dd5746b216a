import type { Issue, SourceRef } from '../base/index.ts';

/** Reports one contradiction: an error unless `severity` says otherwise. */
export type Complain = (
  code: string,
  at: SourceRef,
  message: string,
  more?: Pick<Issue, 'expected' | 'hint' | 'rests'> & { readonly severity?: Issue['severity'] },
) => void;

export const complainTo =
  (issues: Issue[]): Complain =>
  (code, at, message, more = {}) => {
    issues.push({ code, severity: 'error', at, message, ...more });
  };
