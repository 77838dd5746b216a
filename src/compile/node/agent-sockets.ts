import { hasNoProcess, parseBindAddress } from '../../cluster/index.ts';
import type { ListenSocket } from '../../linux/index.ts';
import { ip } from '../../net/index.ts';
import { atLeast } from '../vpc-cni/version.ts';
import type { ClusterPlan, NodePlan } from './plan-types.ts';

const LOCALHOST = ip('127.0.0.1');

/** What runs on any node: kubelet, kube-proxy with a health server a Service of a Local policy, and on those of EC2 aws-node. */
export function agentSockets(plan: ClusterPlan, node: NodePlan): readonly ListenSocket[] {
  return [
    tcp(10248, 'kubelet', LOCALHOST),
    tcp(10250, 'kubelet'),
    ...(runs(node, 'kube-proxy') ? kubeProxySockets(plan) : []),
    ...(node.spec.computeType === undefined && runs(node, 'aws-node') ? cniSockets(plan) : []),
  ].sort((a, b) => a.port - b.port);
}

const tcp = (port: number, process: string, local: ListenSocket['local'] = '*'): ListenSocket => ({
  protocol: 'tcp',
  local,
  port,
  process,
});

/** In eBPF mode there is none; the agent in its place has the health servers of Services. */
function kubeProxySockets({ cluster: { kubeProxy }, healthCheckPorts }: ClusterPlan): readonly ListenSocket[] {
  const { mode, metricsBind, healthzBind } = kubeProxy;
  const own = mode === 'ebpf' ? [] : [metricsBind, healthzBind];
  return [
    ...own.map(({ port, local }) => tcp(port, 'kube-proxy', local)),
    ...healthCheckPorts.map((port) => tcp(port, 'kube-proxy')),
  ];
}

/**
 * ipamd: metrics (utils/prometheusmetrics), introspection (pkg/ipamd/introspect.go), and for the plugin gRPC, which v1.23 took
 * to a Unix socket (pkg/ipamd/rpc_handler.go).
 */
function cniSockets({ settings }: ClusterPlan): readonly ListenSocket[] {
  const { metrics, introspection, config } = settings;
  const at = introspection === undefined ? undefined : parseBindAddress(introspection);
  return [
    ...(atLeast(config.version, '1.23.0') ? [] : [tcp(50_051, 'aws-k8s-agent', LOCALHOST)]),
    ...(metrics ? [tcp(61_678, 'aws-k8s-agent')] : []),
    ...(at === undefined ? [] : [tcp(at.port, 'aws-k8s-agent', at.local)]),
  ];
}

/** Unless the node's pod of that DaemonSet says otherwise. */
function runs({ hostPods }: NodePlan, app: 'kube-proxy' | 'aws-node'): boolean {
  const pod = hostPods.find(
    ({ metadata: { namespace, labels } }) => namespace === 'kube-system' && labels['k8s-app'] === app,
  );
  if (pod === undefined) return true;
  const { idle, containers = [] } = pod.status;
  return idle !== true && !containers.some((each) => each.name === app && hasNoProcess(each));
}
