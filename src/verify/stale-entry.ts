import type { Cause, RoundTrip } from '../trace/index.ts';

/** A destination rewritten by a connection entry that was there before the first packet: no rule was asked. */
export function staleEntry({ forward }: RoundTrip): Extract<Cause, { kind: 'stale-entry' }> | undefined {
  for (const { steps } of forward.hops) {
    const rewrite = steps.find(
      (step) =>
        step.kind === 'nat' &&
        step.manip === 'dst' &&
        !step.reply &&
        step.evidence.artefact.rule === undefined &&
        step.evidence.artefact.file.endsWith('/conntrack'),
    );
    if (rewrite === undefined) continue;
    const { protocol, dst } = rewrite.before;
    return { kind: 'stale-entry', protocol, dst };
  }
  return undefined;
}
