import { type Issue, type SourceRef, showSource } from '../../base/index.ts';
import { plainName } from '../../net/index.ts';
import type { CoreDnsConfig } from '../cluster.ts';
import { type Directive, parseCorefile } from './parse-corefile.ts';

type Gap = CoreDnsConfig['unmodelled'][number];
type Writable = { -readonly [K in keyof CoreDnsConfig]: CoreDnsConfig[K] };

/** Plugins that change no record of an answer. */
const HARMLESS: ReadonlySet<string> = new Set(
  'bind bufsize cancel chaos debug dnstap errors geoip health log loop minimal multisocket nsid pprof prometheus quic ready reload root timeouts trace loadbalance metadata any local'.split(
    ' ',
  ),
);
const KUBERNETES_HARMLESS: ReadonlySet<string> = new Set(
  'endpoint tls kubeconfig resyncperiod upstream transfer startup_timeout apiserver_qps apiserver_burst apiserver_max_inflight'.split(
    ' ',
  ),
);
const PODS = ['disabled', 'insecure', 'verified'] as const;
const REVERSE = ['in-addr.arpa', 'ip6.arpa'] as const;
/** plugin/kubernetes (DefaultTTL) and plugin/cache (maxTTL) where the Corefile says nothing. */
const KUBERNETES_TTL = 5;
const CACHE_TTL = 3600;

/**
 * What a Corefile makes of CoreDNS: the settings our answers follow, and everything beyond them as a gap with the names it
 * may touch (coredns plugin/kubernetes/setup.go, plugin/cache/setup.go, plugin/forward). Only blocks of port 53 count.
 */
export function readCoreDnsConfig(text: string, at: SourceRef, domain: string, issues: Issue[]): CoreDnsConfig {
  const gaps: Gap[] = [];
  const config: Writable = {
    pods: 'disabled',
    ttl: KUBERNETES_TTL,
    cacheTtl: null,
    reverseZones: [],
    fallthrough: [],
    unmodelled: gaps,
  };
  const report = (zone: string, what: string, forwarded: boolean): void => {
    gaps.push({ zone, forwarded, what: `${what} (Corefile at ${showSource(at)})` });
    issues.push({
      code: 'corefile-not-modelled',
      severity: 'warning',
      at,
      message: `${what}: ${zone === '.' ? 'every name' : `names in "${zone}"`}${forwarded ? ' outside the cluster' : ''} will be unknown`,
    });
  };
  const blocks = parseCorefile(text);
  if (blocks === undefined) report('.', 'The blocks of the Corefile do not close', false);
  else readBlocks(blocks, config, domain, report);
  return config;
}

function readBlocks(
  blocks: readonly Directive[],
  config: Writable,
  domain: string,
  report: (zone: string, what: string, forwarded: boolean) => void,
): void {
  const gap: Report = (zone, { line, words }, forwarded = false) =>
    report(
      zone,
      `"${words.slice(0, 4).join(' ').slice(0, 60)}" in line ${line} of the Corefile is not modelled`,
      forwarded,
    );
  const plugins: Directive[] = [];
  for (const block of blocks) {
    const zones = block.words.flatMap(zonesOf);
    if (zones.includes('.')) plugins.push(...block.block);
    else if (zones.length > 0) for (const zone of zones) gap(zone, block);
    else if (!servesElsewhere(block)) gap('.', block);
  }
  for (const plugin of plugins) readPlugin(plugin, config, domain, gap);
  const has = (name: string): boolean => plugins.some(({ words }) => words[0] === name);
  if (!has('kubernetes')) report(domain, 'The Corefile has no plugin "kubernetes" for "."', false);
  if (!has('forward')) report('.', 'The Corefile has no plugin "forward" for "."', true);
}

type Report = (zone: string, directive: Directive, forwarded?: boolean) => void;

/** Zones of one word of a server block's head: `.:53`, `dns://corp.example`, `a.example,`. */
function zonesOf(word: string): readonly string[] {
  const found = /^(?:dns:\/\/)?([^:/]+)(?::(\d+))?$/.exec(word.replace(/,$/, ''));
  if (found?.[1] === undefined || (found[2] ?? '53') !== '53' || /[{}()]/.test(word)) return [];
  return [found[1] === '.' ? '.' : plainName(found[1])];
}

/** Another port or another transport: what resolvers in pods ask does not come here. */
const servesElsewhere = ({ words }: Directive): boolean =>
  words.every((word) => /^(?:tls|grpc|https3?|quic):\/\//.test(word) || /:\d+,?$/.test(word));

function readPlugin(directive: Directive, config: Writable, domain: string, gap: Report): void {
  const [name = '', ...args] = directive.words;
  switch (name) {
    case 'kubernetes':
      readKubernetes(directive, config, domain, gap);
      break;
    case 'cache':
      config.cacheTtl = cacheTtl(directive, args);
      break;
    case 'forward':
      if (args.join(' ') !== '. /etc/resolv.conf') gap(zoneName(args[0]), directive, true);
      for (const { words, ...option } of directive.block)
        if (words[0] === 'except') for (const zone of words.slice(1)) gap(zoneName(zone), { ...option, words }, true);
      break;
    case 'hosts':
    case 'template':
    case 'rewrite':
      for (const zone of touched(name, directive, args)) gap(zone, directive);
      break;
    default:
      if (!HARMLESS.has(name)) gap('.', directive);
  }
}

/** `cache 30`, or `success CAPACITY TTL` in its block. */
function cacheTtl({ block }: Directive, args: readonly string[]): number {
  const success = block.find(({ words }) => words[0] === 'success')?.words[2];
  const ttl = Number(success ?? args.find((word) => /^\d+$/.test(word)) ?? CACHE_TTL);
  return Number.isInteger(ttl) && ttl >= 0 ? ttl : CACHE_TTL;
}

/** The zones a plugin that makes or changes answers may touch, where its arguments say it. */
function touched(
  plugin: 'hosts' | 'template' | 'rewrite',
  { block }: Directive,
  args: readonly string[],
): readonly string[] {
  switch (plugin) {
    case 'hosts': {
      const passes = args.length === 0 && block.some(({ words }) => words[0] === 'fallthrough');
      if (!passes) return ['.'];
      return block
        .filter(({ words }) => /^[\da-f]*[.:]/i.test(words[0] ?? ''))
        .flatMap(({ words }) => words.slice(1).map(zoneName));
    }
    case 'template':
      return args.length > 2 ? args.slice(2).map(zoneName) : ['.'];
    case 'rewrite': {
      const plain = args.filter((word) => !['stop', 'continue', 'exact', 'suffix'].includes(word));
      const [field, from = '.', to] = plain;
      const named = field === 'name' && to !== undefined && !['prefix', 'substring', 'regex'].includes(from);
      return [named ? zoneName(from) : '.'];
    }
  }
}

const zoneName = (word = '.'): string => (word === '.' ? '.' : word.replace(/^\.|\.$/g, '').toLowerCase());

function readKubernetes(directive: Directive, config: Writable, domain: string, gap: Report): void {
  const zones = directive.words.slice(1).map(zoneName);
  config.reverseZones = REVERSE.filter((zone) => zones.includes(zone));
  for (const zone of zones) if (zone !== domain && !(REVERSE as readonly string[]).includes(zone)) gap(zone, directive);
  for (const option of directive.block) {
    const [name = '', ...args] = option.words;
    const mode = PODS.find((known) => known === args[0]);
    const ttl = Number(args[0]);
    if (name === 'pods' && mode !== undefined) config.pods = mode;
    else if (name === 'ttl' && Number.isInteger(ttl) && ttl >= 0 && ttl <= CACHE_TTL) config.ttl = ttl;
    else if (name === 'fallthrough') config.fallthrough = args.length === 0 ? ['.'] : args.map(zoneName);
    else if (!KUBERNETES_HARMLESS.has(name)) gap(domain, option);
  }
}
