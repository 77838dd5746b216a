import type { CniVersion } from '../vpc-cni.ts';

/** `v1.21.1-eksbuild.1`, `1.21.1`. */
export function parseCniVersion(text: string): CniVersion | undefined {
  const found = /^v?(\d+)\.(\d+)\.(\d+)(?:[-+].*)?$/.exec(text);
  return found === null ? undefined : { major: Number(found[1]), minor: Number(found[2]), patch: Number(found[3]) };
}
