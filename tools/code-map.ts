import { edges, layers, packages } from './layers.ts';

/** One line a folder, in the order of a reading from the bottom up. */
export const responsibilities: Readonly<Record<string, string>> = {
  base: 'domain-free: brands, Issues, invariants, a seeded random source, near misses, the txtar reader',
  net: 'value types: addresses, prefixes, MACs, protocols; parse, print, compare, contain',
  trace: 'the output model: Probe, Step, Hop, Trace, RoundTrip, TraceResult, the closed list of dispositions',
  linux:
    "one namespace's artefacts: links, addresses, routes, rules, neighbours, sysctls, iptables, nft; parse and canonical print",
  fabric:
    'what lies outside a node: subnets, VPC routes, ENIs, security groups and network ACLs, NAT and internet gateways, peerings, DNS records and how name servers answer from them',
  world: 'World = namespaces + fabric + directory; its folder of files; the `DataPlane` interface',
  cluster: 'what a user writes: Kubernetes objects, eksctl and AWS settings, our own kinds; schema, defaults, Issues',
  controllers: 'objects to objects, pure: deployments to pods, scheduling, addresses, node ports, endpoint slices',
  compile:
    'cluster to World, one folder per real component: `vpc` `vpc-cni` `network-policy-agent` `kube-proxy` `kubelet` `fargate` `dns`, joined in `node`',
  ingest: 'node dumps and patches laid over a compiled World; takes texts, not paths',
  sim: 'the in-process data plane: `host` `fib` `netfilter` `conntrack` `bpf` `fabric`, one walk loop',
  lab: 'the kernel data plane',
  cni: 'the contract of container runtimes: what CNI_COMMAND and a configuration ask, and how it is answered',
  verify: 'what follows from round trips: blockers with their fix, findings',
  load: 'input texts to a World: classify, load, settle, compile, dumps, patches; every problem of a stage at once',
  ask: "a question in the user's words to a TraceResult: names the ends, resolves, walks, judges",
  render: 'TraceResult to text, JSON, mermaid, and to what ping, traceroute and curl would print',
  cli: 'arguments, files, colours, exit codes; the only importer of everything',
};

/** The import table of layers.ts as people read it. Folders that hold nothing yet are left out by `has`. */
export function codeMap(has: (folder: string) => boolean = () => true): string {
  const rows = [...Object.keys(layers), ...edges].filter(has).map((folder) => {
    const may = edges.includes(folder) ? 'everything' : (layers[folder] ?? []).join(' ') || 'nothing';
    const extra = (packages[folder] ?? []).map((name) => `\`${name}\``).join(' ');
    return `| \`src/${folder}\` | ${responsibilities[folder] ?? ''} | ${may}${extra === '' ? '' : ` · ${extra}`} |`;
  });
  return ['| folder | responsibility | may import |', '|---|---|---|', ...rows].join('\n');
}
