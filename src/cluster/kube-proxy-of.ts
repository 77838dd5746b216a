import type { Issue } from '../base/index.ts';
import type { KubeProxyConfig } from './cluster.ts';
import type { EksctlCluster } from './eksctl/read-cluster-config.ts';
import { maybe } from './read/fields.ts';
import type { InputObjects } from './read-objects.ts';
import { checkAddonParts } from './settings/addon-parts.ts';
import { readInner } from './settings/inner-document.ts';
import { type Knobs, withProxyKnobs } from './settings/knobs.ts';
import { readConfiguration, readKubeProxyConfig, schedulerOf, withModeDefaults } from './settings/kube-proxy-config.ts';
import type { ProxyFlags } from './settings/kube-proxy-flags.ts';

/** `--set` over the live ConfigMap, or the flags of a kube-proxy that reads no file, over the addon's configurationValues and our own Cluster kind over EKS's defaults. */
export function kubeProxyOf(
  objects: InputObjects,
  flags: ProxyFlags | undefined,
  eksctl: EksctlCluster | undefined,
  knobs: Knobs,
  issues: Issue[],
  assumptions: string[],
): KubeProxyConfig {
  const { config } = flags ?? {};
  const live =
    config === undefined
      ? readKubeProxyConfig(objects.kubeProxy, issues)
      : readConfiguration(config.fields, config.source, issues);
  const values = eksctl?.addons.find((addon) => addon.name === 'kube-proxy')?.configurationValues;
  const inner = values === undefined ? undefined : readInner(values, 'configurationValues of addon kube-proxy', issues);
  if (inner !== undefined) checkAddonParts('kube-proxy', inner);
  const given = objects.clusters[0]?.spec.kubeProxy;
  const mode = given?.mode ?? inner?.oneOf('mode', ['iptables', 'nftables', 'ipvs']);
  const scheduler = inner?.has('ipvs') === true ? schedulerOf(inner.child('ipvs')) : undefined;
  const based =
    objects.kubeProxy === undefined && config === undefined
      ? { ...live, ...maybe('mode', mode), ...maybe('ipvsScheduler', scheduler) }
      : live;
  if (objects.kubeProxy === undefined && config === undefined && (mode ?? knobs.kubeProxy.mode) === undefined)
    assumptions.push('kube-proxy mode not given: iptables, as EKS sets it up');
  const said = given?.mode === undefined ? undefined : objects.clusters[0]?.fields.place('spec', 'kubeProxy', 'mode');
  const placed = based.source === undefined ? { ...based, ...maybe('source', said) } : based;
  return withModeDefaults(withProxyKnobs({ ...placed, ...maybe('nfacct', given?.nfacct) }, knobs));
}
