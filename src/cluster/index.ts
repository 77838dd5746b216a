export { subnetsOfProfile } from './check-fargate.ts';
export type * from './cluster.ts';
export { cniSettings } from './cni-env.ts';
export type * from './connections.ts';
export { isDerived } from './derive-network.ts';
export {
  addressInName,
  COMPUTE_TYPE,
  FARGATE_PROFILE,
  fargateAddress,
  fargateNodeName,
  isFargate,
  isFargateName,
} from './fargate.ts';
export type * from './filters.ts';
export type * from './ingress-objects.ts';
export { type JsonSchema, jsonSchema, jsonSchemaOf, ownKinds } from './json-schema.ts';
export { emptyPodSpec, POD_ENI } from './kinds/pod.ts';
export { emptyServiceSpec } from './kinds/service.ts';
export { AS_INSTALLED, type LoadBalancerController, type LoadBalancerGate } from './load-balancer-controller.ts';
export type * from './load-balancers.ts';
export { loadCluster, mentionedBy } from './load-cluster.ts';
export { MADE_UP, madeUpAddresses } from './made-up-addresses.ts';
export { isManaged, MANAGED_BY, SLICE_CONTROLLER } from './managed-slices.ts';
export type * from './network.ts';
export type * from './network-policies.ts';
export type * from './objects.ts';
export { overlayAddresses } from './overlay-addresses.ts';
export { OWN_API_VERSION, type OwnKind } from './own/schemas.ts';
export { firstPodEni } from './pod-eni.ts';
export { hasNoProcess, isPendingForReal, isTerminal } from './pod-phase.ts';
export type { InputFile } from './read/raw-document.ts';
export { parseBindAddress } from './settings/bind-address.ts';
export { parseGoBool } from './settings/go-number.ts';
export type { KnobSetting } from './settings/knob-setting.ts';
export { knobKeys } from './settings/knobs.ts';
export { eksKubeProxy } from './settings/kube-proxy-config.ts';
export type * from './vpc-cni.ts';
export type * from './workload-progress.ts';
