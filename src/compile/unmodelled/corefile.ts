import type { SourceRef } from '../../base/index.ts';
import type { Cluster } from '../../cluster/index.ts';

interface OtherZone {
  /** Empty: every name. */
  readonly zone: string;
  readonly what: string;
  readonly at: SourceRef;
}

/** Plugins that leave an answer as it is, or give the one that is compiled (coredns.io/plugins). */
const PLAIN = new Set(
  `any autopath bind bufsize cache cancel chaos debug dnstap errors health import kubernetes lameduck log loop loadbalance
  metadata minimal multisocket nsid pprof prometheus quic ready reload timeouts tls tsig trace whoami ttl pods fallthrough
  endpoint_pod_names max_concurrent prefer_udp force_tcp expire max_fails policy health_check success denial prefetch
  serve_stale servfail disable keepttl namespaces labels noendpoints ignore endpoint kubeconfig transfer class`.split(
    /\s+/,
  ),
);
const SYSTEM_RESOLVER = '/etc/resolv.conf';

/** What CoreDNS is told to answer otherwise than EKS's Corefile does: other zones, rewrites, hosts, other forwarders. */
export function otherZones(cluster: Cluster): readonly OtherZone[] {
  const map = cluster.configMaps.find(
    ({ metadata }) => metadata.namespace === 'kube-system' && metadata.name === 'coredns',
  );
  const corefile = map?.data.Corefile;
  if (map === undefined || corefile === undefined) return [];
  const found = new Map<string, OtherZone>();
  for (const { zones, lines } of serverBlocks(corefile)) {
    for (const zone of zones) {
      const reason = zone === '' ? lines.find((line) => !isPlain(line)) : `zone ${zone}`;
      if (reason === undefined) continue;
      const what = `The Corefile of ConfigMap kube-system/coredns has "${reason}", which is not modelled`;
      found.set(zone, { zone, what, at: map.source });
    }
  }
  return [...found.values()];
}

interface ServerBlock {
  readonly zones: readonly string[];
  readonly lines: readonly string[];
}

/** `ZONE[:PORT]... {`, its lines, `}`: braces nest, `#` starts a comment. */
function serverBlocks(text: string): readonly ServerBlock[] {
  const blocks: ServerBlock[] = [];
  let zones: string[] = [];
  let lines: string[] = [];
  let depth = 0;
  for (const raw of text.split('\n')) {
    const line = raw.replace(/#.*$/, '').trim();
    if (line === '') continue;
    if (depth === 0)
      zones = [
        ...zones,
        ...line
          .replace('{', '')
          .split(/[\s,]+/)
          .filter((word) => word !== '')
          .map(zoneOf),
      ];
    else if (!/^[{}]+$/.test(line)) lines.push(line.replace(/\s*\{$/, ''));
    depth += (line.match(/\{/g)?.length ?? 0) - (line.match(/\}/g)?.length ?? 0);
    if (depth > 0 || !line.includes('}')) continue;
    blocks.push({ zones, lines });
    [zones, lines] = [[], []];
  }
  return blocks;
}

/** `dns://Example.com.:53` is `example.com`; the root is empty. */
const zoneOf = (word: string): string =>
  word
    .replace(/^\w+:\/\//, '')
    .replace(/:\d+$/, '')
    .replace(/\.$/, '')
    .toLowerCase();

function isPlain(line: string): boolean {
  const [plugin = '', ...args] = line.split(/\s+/);
  return plugin === 'forward' ? args.slice(1).every((to) => to === SYSTEM_RESOLVER) : PLAIN.has(plugin);
}
