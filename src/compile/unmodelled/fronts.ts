import type { SourceRef } from '../../base/index.ts';
import type { Cluster } from '../../cluster/index.ts';
import { type Ip, parseIp, plainName } from '../../net/index.ts';

/** Something in front of workloads that nothing compiles, with the names and addresses it answers. */
export interface Front {
  readonly what: string;
  readonly at: SourceRef;
  /** Lower case; a wildcard stands for everything below its parent. */
  readonly names: readonly string[];
  readonly addresses: readonly Ip[];
}

const EXTERNAL_DNS = 'external-dns.alpha.kubernetes.io/hostname';
/** Fields whose text, or texts, are names: Ingress, Gateway and routes, load balancer status, our planned kinds. */
const NAME_FIELDS = new Set(['host', 'hosts', 'hostname', 'hostnames', 'dnsName', 'dnsNames', 'value']);
const MAX_DEPTH = 12;

/** Ingresses, gateways and their routes, load balancers of Services and of the input's own kinds. */
export function fronts(cluster: Cluster): readonly Front[] {
  const found: Front[] = [];
  const balanced = new Set(
    cluster.loadBalancers.flatMap(({ type, madeFor }) => (type === 'application' ? madeFor : [])),
  );
  for (const { does, kind, metadata, spec, status, source } of cluster.unacted) {
    if (does !== 'front' || (kind === 'Ingress' && balanced.has(label(metadata)))) continue;
    const texts = [...textsIn(spec), ...textsIn(status), ...externalNames(metadata.annotations)];
    found.push(front(`${kind} ${label(metadata)} answers it, and what serves it is not modelled`, source, texts));
  }
  const modelled = new Set(
    cluster.loadBalancers.flatMap(({ type, madeFor }) => (type === 'application' ? [] : madeFor)),
  );
  for (const { metadata, spec, status, source } of cluster.services) {
    if (spec.type !== 'LoadBalancer' || modelled.has(label(metadata))) continue;
    const texts = [
      ...status.ingress.flatMap(({ ip, hostname }) => [ip, hostname].filter((text) => text !== undefined)),
      ...externalNames(metadata.annotations),
    ];
    const what = `The load balancer of Service ${label(metadata)} answers it, and this one is not modelled`;
    if (texts.length > 0) found.push(front(what, source, texts));
  }
  return found;
}

const label = ({ namespace, name }: { readonly namespace: string; readonly name: string }): string =>
  namespace === '' ? name : `${namespace}/${name}`;

const externalNames = (annotations: Readonly<Record<string, string>>): readonly string[] =>
  (annotations[EXTERNAL_DNS] ?? '').split(',').map((name) => name.trim());

function front(what: string, at: SourceRef, texts: readonly string[]): Front {
  const names = new Set<string>();
  const addresses = new Set<Ip>();
  for (const text of texts) {
    const address = parseIp(text);
    if (address !== undefined) addresses.add(address);
    else if (/^(?:\*\.)?[\w-]+(?:\.[\w-]+)+\.?$/.test(text)) names.add(plainName(text.replace(/^\*\./, '')));
  }
  return { what, at, names: [...names], addresses: [...addresses] };
}

/** Every address in an object, and every text in a field that holds names. */
function textsIn(value: unknown, key = '', depth = 0): readonly string[] {
  if (typeof value === 'string') return NAME_FIELDS.has(key) || parseIp(value) !== undefined ? [value] : [];
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return [];
  if (Array.isArray(value)) return value.flatMap((item) => textsIn(item, key, depth + 1));
  return Object.entries(value).flatMap(([name, field]) => textsIn(field, name, depth + 1));
}
