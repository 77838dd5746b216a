// Manifests of what other programs bring into a cluster.

export const POLICY_ON = `apiVersion: apps/v1
kind: DaemonSet
metadata: { name: aws-node, namespace: kube-system }
spec:
  selector: { matchLabels: { k8s-app: aws-node } }
  template:
    metadata: { labels: { k8s-app: aws-node } }
    spec:
      hostNetwork: true
      containers:
        - { name: aws-node, image: "amazon-k8s-cni:v1.21.1", env: [{ name: NETWORK_POLICY_ENFORCING_MODE, value: @MODE@ }, { name: ENABLE_POD_ENI, value: "true" }] }
        - { name: aws-eks-nodeagent, image: "nodeagent:1", args: ["--enable-network-policy=true"] }
---
`;
export const STANDARD = POLICY_ON.replace('@MODE@', 'standard');
export const policyObject = (apiVersion: string, kind: string, spec: string, namespace = 'shop'): string =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: deny, namespace: ${namespace} }\nspec: ${spec}\n`;
export const calico = (backend: string): string => `apiVersion: apps/v1
kind: DaemonSet
metadata: { name: calico-node, namespace: kube-system }
spec:
  selector: { matchLabels: { k8s-app: calico-node } }
  template:
    metadata: { labels: { k8s-app: calico-node } }
    spec: { hostNetwork: true, containers: [{ name: calico-node, image: "quay.io/calico/node:v3.29", env: [{ name: CALICO_NETWORKING_BACKEND, value: "${backend}" }] }] }
---
`;

export const daemonSet = (name: string, image: string, more = ''): string => `apiVersion: apps/v1
kind: DaemonSet
metadata: { name: ${name}, namespace: kube-system }
spec:
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec: { hostNetwork: true, containers: [{ name: main, image: "${image}"${more} }] }
---
`;
