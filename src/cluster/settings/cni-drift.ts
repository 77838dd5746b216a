import { type Issue, type SourceRef, showSource } from '../../base/index.ts';
import type { CniVersion, EnvValue } from '../vpc-cni.ts';
import { isCniVariable } from './cni-variables.ts';

export type Env = Record<string, EnvValue>;

export const newRecord = (): Env => Object.create(null);

/** A value and where it is written. */
export interface Stated<T> {
  readonly value: T;
  readonly at: SourceRef;
}

/** What one document says of the VPC CNI: the addon, or the pods that run it. */
export interface CniSource {
  readonly env: Env;
  readonly initEnv: Env;
  readonly version?: Stated<CniVersion>;
  readonly enableNetworkPolicy?: Stated<boolean>;
  /** Whether what it does not say is not set. */
  readonly whole: boolean;
  readonly source: SourceRef;
}

/** The first version of a list, strongest first; each later one that differs is reported beside it. */
export function strongest(
  versions: readonly (Stated<CniVersion> | undefined)[],
  issues: Issue[],
): CniVersion | undefined {
  const [first, ...weaker] = versions.filter((version) => version !== undefined);
  if (first === undefined) return undefined;
  for (const other of weaker) {
    if (show(other.value) === show(first.value)) continue;
    differs(first.at, 'VPC CNI is', show(first.value), show(other.value), other.at, issues);
  }
  return first.value;
}

/**
 * What the addon would set and the pods that run do not have, variable by variable: a change under way, or undone by hand.
 * `settled`: variables neither of them decides.
 */
export function reportDrift(
  addon: CniSource,
  live: CniSource,
  settled: ReadonlyMap<string, unknown>,
  issues: Issue[],
): void {
  const pairs = [
    [addon.env, live.env],
    [addon.initEnv, live.initEnv],
  ] as const;
  for (const [meant, running] of pairs) {
    for (const name of Object.keys(meant).filter((each) => isCniVariable(each) && !settled.has(each))) {
      const wanted = meant[name];
      const has = running[name];
      if (wanted === undefined || wanted.value === has?.value || (has === undefined && !live.whole)) continue;
      const is = has === undefined ? 'not set' : `"${has.value}"`;
      differs(has?.source ?? live.source, `${name} is`, is, `"${wanted.value}"`, wanted.source, issues);
    }
  }
  const policy = addon.enableNetworkPolicy;
  const runs = live.enableNetworkPolicy;
  if (policy === undefined || runs === undefined || policy.value === runs.value) return;
  differs(runs.at, 'enableNetworkPolicy is', `"${runs.value}"`, `"${policy.value}"`, policy.at, issues);
}

function differs(at: SourceRef, what: string, is: string, other: string, otherAt: SourceRef, issues: Issue[]): void {
  issues.push({
    code: 'cni-differs',
    severity: 'warning',
    at,
    message: `${what} ${is} here and ${other} at ${showSource(otherAt)}: what stands here is used`,
  });
}

const show = ({ major, minor, patch }: CniVersion): string => `v${major}.${minor}.${patch}`;
