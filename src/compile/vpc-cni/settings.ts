import type { CniSettings, VpcCniConfig } from '../../cluster/index.ts';
import type { Origin } from '../../linux/index.ts';
import { atLeast } from './version.ts';

/** The CNI's settings as its version reads them, with where each was set. */
export interface PathSettings extends CniSettings {
  readonly config: VpcCniConfig;
}

export function pathSettings(config: VpcCniConfig): PathSettings {
  const { version, settings } = config;
  return {
    ...settings,
    config,
    excludeSnatCidrs: settings.externalSnat ? [] : settings.excludeSnatCidrs,
    // `UpdateExternalServiceIpRules` came with v1.13.
    externalServiceCidrs: atLeast(version, '1.13.0') ? settings.externalServiceCidrs : [],
    randomizeSnat: randomize(settings, version),
    // Standard mode came with v1.11.
    podSecurityGroupEnforcingMode: atLeast(version, '1.11.0') ? settings.podSecurityGroupEnforcingMode : 'strict',
  };
}

/** `typeOfSNAT`: the default was hashrandom until v1.7. */
function randomize(settings: CniSettings, version: VpcCniConfig['version']): CniSettings['randomizeSnat'] {
  const given = settings.sources.has('AWS_VPC_K8S_CNI_RANDOMIZESNAT');
  return given || atLeast(version, '1.7.0') ? settings.randomizeSnat : 'hashrandom';
}

/** The origin of a line that exists because of one variable: where it was set, or that it is the default. */
export function becauseOf(settings: PathSettings, name: string, value: string): Origin {
  const set = settings.config.env[name];
  if (set === undefined) return { by: 'vpc-cni', because: `${name}=${value} (default)` };
  return { by: 'vpc-cni', because: `${name}=${set.value}`, at: set.source };
}
