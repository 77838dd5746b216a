// A small cluster and objects to put into it, one line each.

export const EKS = `apiVersion: eksctl.io/v1alpha5
kind: ClusterConfig
metadata: {name: c, region: eu-west-1, version: "1.34"}
vpc: {cidr: 10.0.0.0/16}
managedNodeGroups: [{name: ng, desiredCapacity: 2}]
`;
export const node = (name: string, ip: string) =>
  `---\napiVersion: v1\nkind: Node\nmetadata: {name: ${name}, labels: {node.kubernetes.io/instance-type: m5.large}}\nstatus: {addresses: [{type: InternalIP, address: ${ip}}]}\n`;
export const pod = (name: string, ip: string, on = 'n1') =>
  `---\napiVersion: v1\nkind: Pod\nmetadata: {name: ${name}, namespace: shop}\nspec: {nodeName: ${on}, containers: [{name: c, image: i}]}\nstatus: {phase: Running, podIP: ${ip}}\n`;
export const service = (name: string, spec: string) =>
  `---\napiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: shop}\nspec: {${spec}}\n`;
