import { fewOf } from '../../base/index.ts';
import { CNI_CODE, type CniFailure } from '../../cni/index.ts';
import { LabBusy, NotForeign, PlanError, SystemError, Unavailable } from '../../lab/index.ts';

/** Ends a command with what its runtime reads. */
export class Failed extends Error {
  override readonly name = 'Failed';
  readonly failure: CniFailure;

  constructor(code: number, msg: string, details?: string) {
    super(msg);
    this.failure = { code, msg, ...(details === undefined ? {} : { details }) };
  }
}

/** Whatever went wrong, in the shape of the contract: one object, never a stack trace. */
export function failureOf(error: unknown): CniFailure {
  if (error instanceof Failed) return error.failure;
  const msg = error instanceof Error ? error.message : String(error);
  if (error instanceof LabBusy) return { code: CNI_CODE.tryAgainLater, msg };
  if (error instanceof NotForeign) return { code: CNI_CODE.invalidEnvironment, msg: `CNI_NETNS: ${msg}` };
  if (error instanceof Unavailable) return { code: CNI_CODE.noLab, msg };
  if (error instanceof PlanError || error instanceof SystemError)
    return { code: CNI_CODE.refused, msg: `This kernel does not take the wiring: ${msg}` };
  return { code: CNI_CODE.bug, msg: `A bug of packetwalk: ${msg}`, details: 'please report it with the command' };
}

const MOST_LISTED = 10;
/** What differs, on one line and not too much of it. */
export const listed = (what: readonly string[]): string => fewOf(what, MOST_LISTED, ' · ');
