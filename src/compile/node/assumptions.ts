import { fargateAssumptions } from '../fargate/assumptions.ts';
import { policyAssumptions } from '../network-policy-agent/said.ts';
import { agentAssumptions } from '../unmodelled/agents.ts';
import { usesNftConnmark } from '../vpc-cni/iptables.ts';
import type { ClusterPlan } from './plan-types.ts';
import { undeclaredPorts } from './sockets.ts';

/** More pods than this with a port of that kind are counted, not listed. */
const MAX_LISTED = 20;

/** What the compiler settled and the input did not say. */
export function compileAssumptions(plan: ClusterPlan): readonly string[] {
  const { cluster, settings } = plan;
  const nodes = plan.nodes.filter(({ spec }) => spec.computeType === undefined);
  const lines: string[] = [];
  lines.push(...filterAssumptions(cluster));
  if (cluster.kubeProxy.mode === 'ebpf')
    lines.push(
      'No kube-proxy runs: an agent balances sockets by eBPF, as Cilium does. Nothing else of that agent is in the model: no policies, no masquerading, no programs at devices',
    );
  if (!settings.externalSnat && nodes.some((node) => usesNftConnmark(node, settings))) {
    lines.push('The RETURN rules of table ip aws-cni stand in random order on a real node; here they are sorted');
  }
  if (nodes.some(({ pods }) => pods.some(({ egress }) => egress?.family === 4))) {
    lines.push('CNI-E4 chains are named after container ids, which a runtime draws: here they follow from the pods');
  }
  lines.push(...policyAssumptions(plan));
  const unsure = nodes.filter((node) => node.os.name === 'Bottlerocket' || node.os.name === 'Ubuntu');
  if (unsure.length > 0) {
    lines.push(
      `${[...new Set(unsure.map((node) => node.os.name))].join(' and ')} nodes are taken to send with the kernel's default TTL 64`,
    );
  }
  return [
    ...lines,
    ...fargateAssumptions(plan),
    ...otherImages(plan),
    ...agentAssumptions(cluster),
    ...undeclared(plan),
  ];
}

/** What nobody describes allows. */
function filterAssumptions({ filters, servers }: ClusterPlan['cluster']): readonly string[] {
  const groups = filters.securityGroups.some(({ by }) => by === undefined);
  const acls = filters.networkAcls.length > 0;
  if (!groups && !acls) return ['No security group and no network ACL is described: every one is taken to allow'];
  const lines = groups ? [] : ['No security group is described: every one is taken to allow'];
  if (!acls) lines.push('No network ACL is described: every one is taken to allow');
  const open = servers.filter(({ subnet, securityGroups = [] }) => subnet !== undefined && securityGroups.length === 0);
  if (groups && open.length > 0)
    lines.push(
      `Servers without a security group in the input are not filtered: ${open.map(({ name }) => name).join(', ')}`,
    );
  return lines;
}

/** Images whose settings nobody here knows. */
function otherImages({ nodes }: ClusterPlan): readonly string[] {
  const images = nodes.flatMap(({ spec, object }) =>
    spec.os === 'AmazonLinux2023' ? (object?.status.osImage ?? []) : [],
  );
  const others = images.filter((image) => image !== '' && !/amazon linux|bottlerocket|ubuntu|windows/i.test(image));
  return [...new Set(others)].map((image) => `Nodes with image "${image}" are taken to be set up as Amazon Linux 2023`);
}

function undeclared(plan: ClusterPlan): readonly string[] {
  const lines: string[] = [];
  let more = 0;
  for (const node of plan.nodes) {
    for (const of of [...node.pods, ...node.hostPods.map((pod) => ({ pod, addresses: [] }))]) {
      const ports = undeclaredPorts(of, plan.servedPorts);
      if (ports.length === 0) continue;
      if (lines.length === MAX_LISTED) {
        more++;
        continue;
      }
      const name = `${of.pod.metadata.namespace}/${of.pod.metadata.name}`;
      lines.push(
        `Pod ${name} is taken to listen on ${ports.join(', ')}: a Service sends there and no container declares it`,
      );
    }
  }
  return more === 0 ? lines : [...lines, `${more} more pods are taken to listen on ports no container declares`];
}
