import { didYouMean, type Issue } from '../../base/index.ts';
import type { AddonSpec } from '../eksctl/read-cluster-config.ts';
import type { EniConfig } from '../objects.ts';
import { type Fields, maybe } from '../read/fields.ts';
import { isObject } from '../read/raw-document.ts';
import { type CniSource, type Env, newRecord } from './cni-drift.ts';
import { cniVariables, initVariables, isCniVariable } from './cni-variables.ts';
import { parseCniVersion } from './cni-version.ts';
import { readInner } from './inner-document.ts';

export interface CniAddon extends CniSource {
  readonly eniConfigs: readonly EniConfig[];
}

/** An addon's version and configurationValues. */
export function readCniAddon(addon: AddonSpec | undefined, issues: Issue[]): CniAddon {
  const env = newRecord();
  const initEnv = newRecord();
  if (addon === undefined) return { env, initEnv, eniConfigs: [], whole: false, source: { file: 'addons' } };
  const { versionSource: source, configurationValues: values } = addon;
  const version = addon.version === undefined ? undefined : parseCniVersion(addon.version);
  if (addon.version !== undefined && version === undefined && !['latest', 'default'].includes(addon.version)) {
    issues.push({
      code: 'wrong-value',
      severity: 'error',
      at: source,
      message: `Addon version is "${addon.version}"`,
      expected: 'expected a version such as "v1.21.1-eksbuild.1"',
    });
  }
  const inner = values === undefined ? undefined : readInner(values, 'configurationValues of addon vpc-cni', issues);
  if (inner !== undefined) checkParts(inner);
  copyStrings(inner?.child('env'), env, cniVariables, issues);
  copyStrings(inner?.child('init')?.child('env'), initEnv, initVariables, issues);
  const policy = inner?.get('enableNetworkPolicy');
  return {
    env,
    initEnv,
    eniConfigs: inner === undefined ? [] : readEniConfigs(inner),
    whole: false,
    source,
    ...maybe('version', version === undefined ? undefined : { value: version, at: source }),
    ...(policy === undefined || values === undefined
      ? {}
      : { enableNetworkPolicy: { value: String(policy) === 'true', at: values.source } }),
  };
}

/** Values in an addon's configuration are strings: EKS refuses a bare true or number. */
function copyStrings(fields: Fields | undefined, into: Env, known: readonly string[], issues: Issue[]): void {
  if (fields === undefined) return;
  for (const name of Object.keys(fields.value)) {
    const value = fields.get(name);
    const source = fields.place(name);
    if (!isCniVariable(name)) {
      issues.push({
        code: 'unknown-variable',
        severity: 'warning',
        at: source,
        message: `Unknown variable "${name}" of the VPC CNI`,
        ...didYouMean(name, known),
      });
    }
    if (typeof value === 'string') into[name] = { value, source };
    else if (value !== undefined) {
      fields.wrong(name, value, `a string: EKS accepts only strings here, write "${String(value)}"`);
      into[name] = { value: String(value), source };
    }
  }
}

/** Parts of its configuration that change a packet's path. */
const PARTS = ['env', 'init', 'enableNetworkPolicy', 'eniConfig'] as const;

/** EKS takes what the addon's schema has, and no variable beside `env`. */
function checkParts(inner: Fields): void {
  for (const name of Object.keys(inner.value)) {
    if (isCniVariable(name)) {
      const message = `Variable "${name}" stands beside "env" in the addon's configurationValues`;
      inner.complain([name], { code: 'wrong-place', message, expected: 'expected it in "env"' });
    }
    const near = PARTS.some((part) => part === name) ? {} : didYouMean(name, PARTS);
    if (near.hint === undefined || isCniVariable(name)) continue;
    const message = `Unknown part "${name}" of the addon's configurationValues`;
    inner.complain([name], { code: 'unknown-field', severity: 'warning', message, ...near });
  }
}

/** `eniConfig`: the chart makes an ENIConfig a zone (charts/aws-vpc-cni/templates/eniconfig.yaml). */
function readEniConfigs(inner: Fields): readonly EniConfig[] {
  const part = inner.child('eniConfig');
  const subnets = part?.child('subnets');
  if (subnets === undefined || String(part?.get('create')) !== 'true') return [];
  return Object.keys(subnets.value).flatMap((zone): EniConfig[] => {
    const given = subnets.get(zone);
    const fields = isObject(given) ? subnets.child(zone) : undefined;
    const subnet = fields?.required('id');
    if (fields === undefined || subnet === undefined) return [];
    return [
      {
        kind: 'ENIConfig',
        metadata: { name: zone, namespace: '', labels: {}, annotations: {}, ownerReferences: [] },
        source: inner.document.source,
        spec: { subnet, securityGroups: fields.strings('securityGroups') },
      },
    ];
  });
}
