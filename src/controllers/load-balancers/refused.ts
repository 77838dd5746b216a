import type { Issue } from '../../base/index.ts';
import type { Ordered } from './service-nlb.ts';

/**
 * What a controller cannot read or AWS does not take: its model is not built, or it fails before targets are registered
 * (pkg/deploy/stack_deployer.go). Clusters live with such Services.
 */
const REFUSED: ReadonlySet<string> = new Set(['wrong-annotation', 'refused-source-range']);

const isRefusal = ({ code, severity }: Issue): boolean => severity === 'error' && REFUSED.has(code);

/** The problems of one Service, those it is refused for as warnings: they cost it its load balancer, and nobody anything else. */
export const asWarnings = (own: readonly Issue[]): readonly Issue[] =>
  own.map((issue) =>
    isRefusal(issue)
      ? { ...issue, severity: 'warning', expected: `${issue.expected}: of its load balancer nothing is known` }
      : issue,
  );

export const madeUnlessRefused = (made: Ordered | undefined, own: readonly Issue[]): Ordered | undefined =>
  own.some(isRefusal) ? undefined : made;
