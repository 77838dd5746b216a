/** Versions of the specification that are spoken, oldest first. */
export const SUPPORTED_VERSIONS: readonly string[] = ['0.3.1', '0.4.0', '1.0.0', '1.1.0'];

/** What a configuration without a version is taken to be (libcni, pkg/types DecodeVersion). */
export const DEFAULT_VERSION = '0.1.0';

/** The version each command came with. */
const SINCE: Readonly<Record<string, string>> = { CHECK: '0.4.0', GC: '1.1.0', STATUS: '1.1.0' };

export const isSupported = (version: string): boolean => SUPPORTED_VERSIONS.includes(version);

/** The version a command needs, where `version` does not have it yet. */
export function tooOldFor(command: string, version: string): string | undefined {
  const since = SINCE[command];
  return since === undefined || !isBefore(version, since) ? undefined : since;
}

/** Whether a supported version comes before another. */
export function isBefore(version: string, other: string): boolean {
  const place = (text: string): number => SUPPORTED_VERSIONS.indexOf(text);
  return place(version) < place(other);
}
