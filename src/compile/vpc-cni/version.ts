import type { CniVersion } from '../../cluster/index.ts';

/** True when `version` is `wanted` (`1.16.2`) or newer. */
export function atLeast(version: CniVersion, wanted: string): boolean {
  const [major = 0, minor = 0, patch = 0] = wanted.split('.').map(Number);
  if (version.major !== major) return version.major > major;
  if (version.minor !== minor) return version.minor > minor;
  return version.patch >= patch;
}

export const showVersion = ({ major, minor, patch }: CniVersion): string => `${major}.${minor}.${patch}`;
