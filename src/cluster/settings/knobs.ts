import { didYouMean, type Issue, type SourceRef } from '../../base/index.ts';
import { type Cidr, parseCidr } from '../../net/index.ts';
import type { KubeProxyConfig } from '../cluster.ts';
import type { NodePatch } from '../network.ts';
import { maybe } from '../read/fields.ts';
import type { RawDocument } from '../read/raw-document.ts';
import { scalarOf } from '../read/scalar.ts';
import type { CniVersion, EnvValue } from '../vpc-cni.ts';
import { cniVariables, initVariables, isCniVariable } from './cni-variables.ts';
import { parseCniVersion } from './cni-version.ts';
import type { KnobSetting } from './knob-setting.ts';
import { splitCidrs } from './kube-proxy-config.ts';
import { isObjectKnob, setObjectField } from './object-knob.ts';

/** What the knobs change beside fields of objects, which are already written into the documents. */
export interface Knobs {
  readonly env: Map<string, EnvValue>;
  cniVersion?: CniVersion;
  enableNetworkPolicy?: boolean;
  ipFamily?: 'IPv4' | 'IPv6';
  kubeProxy: Partial<Pick<KubeProxyConfig, (typeof proxyKnobs)[number]>>;
  /** Of those of `kubeProxy`, by name. */
  readonly proxySources: Map<string, SourceRef>;
  readonly patches: Map<string, { readonly enabled: boolean; readonly source: SourceRef }>;
}

const proxyKnobs = [
  'mode',
  'masqueradeAll',
  'clusterCIDR',
  'nodePortAddresses',
  'localhostNodePorts',
  'nfacct',
] as const;

/** Every key that is a word of its own: near misses are looked for here. */
export const knobKeys: readonly string[] = [
  ...new Set([...cniVariables, ...initVariables]),
  'vpcCniVersion',
  'enableNetworkPolicy',
  'ipFamily',
  ...proxyKnobs.map((name) => `kubeProxy.${name}`),
];

/** Reads `--set`, weakest first: a later one of the same key wins. Object fields are written into `documents` before any schema sees them. */
export function applyKnobs(sets: readonly KnobSetting[], documents: readonly RawDocument[], issues: Issue[]): Knobs {
  const knobs: Knobs = { env: new Map(), kubeProxy: {}, proxySources: new Map(), patches: new Map() };
  for (const set of sets) {
    if (isObjectKnob(set.key)) setObjectField(set, documents, issues);
    else if (isCniVariable(set.key)) knobs.env.set(set.key, { value: set.value, source: set.source });
    else if (set.key.startsWith('patch/')) setPatch(set, knobs, issues);
    else if (set.key.startsWith('kubeProxy.')) setProxy(set, knobs, issues);
    else setCluster(set, knobs, issues);
  }
  return knobs;
}

function wrong(set: KnobSetting, expected: string, issues: Issue[]): void {
  issues.push({
    code: 'wrong-value',
    severity: 'error',
    at: set.source,
    message: `Setting "${set.key}" is "${set.value}"`,
    expected: `expected ${expected}`,
  });
}

function unknown(set: KnobSetting, issues: Issue[]): void {
  const near = didYouMean(set.key, knobKeys);
  issues.push({
    code: 'unknown-knob',
    severity: 'error',
    at: set.source,
    message: `Unknown setting "${set.key}"`,
    ...(near.hint === undefined
      ? {
          expected:
            'expected a variable of aws-node, a cluster setting, patch/NAME, or an object field such as "svc/shop/web:spec.externalTrafficPolicy"',
        }
      : near),
  });
}

function setCluster(set: KnobSetting, knobs: Knobs, issues: Issue[]): void {
  if (set.key === 'vpcCniVersion') {
    const version = parseCniVersion(set.value);
    if (version === undefined) wrong(set, 'a version such as "1.21.1"', issues);
    else knobs.cniVersion = version;
  } else if (set.key === 'ipFamily') {
    if (set.value === 'IPv4' || set.value === 'IPv6') knobs.ipFamily = set.value;
    else wrong(set, '"IPv4" or "IPv6"', issues);
  } else if (set.key === 'enableNetworkPolicy') {
    const value = scalarOf(set.value);
    if (typeof value === 'boolean') knobs.enableNetworkPolicy = value;
    else wrong(set, 'true or false', issues);
  } else unknown(set, issues);
}

function setProxy(set: KnobSetting, knobs: Knobs, issues: Issue[]): void {
  const name = proxyKnobs.find((known) => `kubeProxy.${known}` === set.key);
  if (name !== undefined) knobs.proxySources.set(name, set.source);
  switch (name) {
    case undefined:
      unknown(set, issues);
      return;
    case 'mode': {
      const mode = (['iptables', 'nftables', 'ipvs', 'ebpf'] as const).find((known) => known === set.value);
      if (mode === undefined) wrong(set, '"iptables", "nftables", "ipvs" or "ebpf"', issues);
      else knobs.kubeProxy = { ...knobs.kubeProxy, mode };
      return;
    }
    case 'clusterCIDR':
      knobs.kubeProxy = { ...knobs.kubeProxy, clusterCIDR: splitCidrs(set.value, set.key, set.source, issues) };
      return;
    case 'nodePortAddresses': {
      const nodePortAddresses = set.value === 'primary' ? 'primary' : cidrList(set, issues);
      knobs.kubeProxy = { ...knobs.kubeProxy, nodePortAddresses };
      return;
    }
    default: {
      const value = scalarOf(set.value);
      if (typeof value !== 'boolean') wrong(set, 'true or false', issues);
      else knobs.kubeProxy = { ...knobs.kubeProxy, [name]: value };
    }
  }
}

function cidrList(set: KnobSetting, issues: Issue[]): readonly Cidr[] {
  const parts = set.value.split(',').filter((part) => part.trim() !== '');
  const blocks = parts.map((part) => parseCidr(part.trim()));
  if (blocks.includes(undefined)) wrong(set, 'CIDRs with commas between them, or "primary"', issues);
  return blocks.filter((block) => block !== undefined);
}

function setPatch(set: KnobSetting, knobs: Knobs, issues: Issue[]): void {
  const enabled = { on: true, off: false, true: true, false: false }[set.value];
  if (enabled === undefined) wrong(set, '"on" or "off"', issues);
  else knobs.patches.set(set.key.slice('patch/'.length), { enabled, source: set.source });
}

/** Patches turned on or off; a name nobody has is an error. */
export function switchPatches(patches: readonly NodePatch[], knobs: Knobs, issues: Issue[]): readonly NodePatch[] {
  const names = new Set(patches.map((patch) => patch.name));
  for (const [name, { source }] of knobs.patches) {
    if (names.has(name)) continue;
    issues.push({
      code: 'unknown-knob',
      severity: 'error',
      at: source,
      rests: ['patches'],
      message: `No NodePatch is called "${name}"`,
      ...didYouMean(name, names),
    });
  }
  return patches.map((patch) => ({ ...patch, enabled: knobs.patches.get(patch.name)?.enabled ?? patch.enabled }));
}

/** A cluster CIDR given by hand is there to be used: it turns the no-op detector into the CIDR one. */
export function withProxyKnobs(config: KubeProxyConfig, knobs: Knobs): KubeProxyConfig {
  const [localhost, addresses] = ['localhostNodePorts', 'nodePortAddresses'].map((name) =>
    knobs.proxySources.get(name),
  );
  const said = { ...config.said, ...maybe('localhostNodePorts', localhost), ...maybe('nodePortAddresses', addresses) };
  const merged = { ...config, ...knobs.kubeProxy, said };
  if (knobs.kubeProxy.clusterCIDR === undefined || !['none', 'cluster-cidr'].includes(config.detectLocal.kind))
    return merged;
  return { ...merged, detectLocal: { kind: merged.clusterCIDR.length === 0 ? 'none' : 'cluster-cidr' } };
}
