import type { CniFailure, CniResult } from './types.ts';
import { isBefore, SUPPORTED_VERSIONS } from './versions.ts';

const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

/** The result of ADD as its version writes it: before 1.0.0 every address says its family, before 1.1.0 no link its MTU. */
export function printResult(cniVersion: string, { interfaces, ips }: CniResult): string {
  return json({
    cniVersion,
    interfaces: interfaces.map(({ mtu, ...rest }) => (isBefore(cniVersion, '1.1.0') ? rest : { ...rest, mtu })),
    ips: ips.map((each) =>
      isBefore(cniVersion, '1.0.0') ? { version: each.address.includes(':') ? '6' : '4', ...each } : each,
    ),
    dns: {},
  });
}

export const printVersions = (cniVersion: string): string =>
  json({ cniVersion, supportedVersions: SUPPORTED_VERSIONS });

export const printFailure = (cniVersion: string, { code, msg, details }: CniFailure): string =>
  json({ cniVersion, code, msg, ...(details === undefined ? {} : { details }) });
