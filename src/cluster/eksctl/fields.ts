/**
 * Field names of eksctl's ClusterConfig (`pkg/apis/eksctl.io/v1alpha5/assets/schema.json`), used or not: eksctl itself
 * refuses any other, so another one is an error here too.
 */
const names = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

export const clusterConfigFields = names(`
  accessConfig addons addonsConfig apiVersion autoModeConfig availabilityZones capabilities cloudWatch
  controlPlaneScalingConfig fargateProfiles gitops iam iamIdentityMappings identityProviders karpenter kind
  kubeAPIServerConfig kubeControllerManagerConfig kubeSchedulerConfig kubernetesNetworkConfig localZones
  managedNodeGroups metadata nodeGroups outpost privateCluster remoteNetworkConfig secretsEncryption status
  upgradePolicy vpc zonalShiftConfig`);

export const metaFields = names('annotations forceUpdateVersion name region rollbackConfig tags version');
export const networkConfigFields = names('ipFamily serviceIPv4CIDR serviceIPv6CIDR');

export const vpcFields = names(`
  autoAllocateIPv6 cidr clusterEndpoints controlPlaneEgressMode controlPlaneOnPrivateSubnets
  controlPlaneSecurityGroupIDs controlPlaneSubnetIDs extraCIDRs extraIPv6CIDRs hostnameType id ipv6Cidr ipv6Pool
  manageSharedNodeSecurityGroupRules nat network publicAccessCIDRs securityGroup sharedNodeSecurityGroup subnets`);

export const subnetsFields = names('private public');
export const subnetFields = names('az cidr id');
export const natFields = names('gateway');
export const endpointsFields = names('privateAccess publicAccess');
export const fargateFields = names('name podExecutionRoleARN selectors status subnets tags');
export const selectorFields = names('labels namespace');
export const taintFields = names('effect key value');

export const addonFields = names(`
  attachPolicy attachPolicyARNs configurationValues force name namespaceConfig owners permissionsBoundary
  podIdentityAssociations publishers resolveConflicts serviceAccountRoleARN tags types
  useDefaultPodIdentityAssociations version wellKnownPolicies`);

const commonGroupFields = `
  additionalVolumes ami amiFamily asgSuspendProcesses availabilityZones bottlerocket capacityReservation
  desiredCapacity disableIMDSv1 disablePodIMDS ebsOptimized efaEnabled enableDetailedMonitoring iam
  instanceMarketOptions instanceName instancePrefix instanceSelector instanceType labels maxPodsPerNode maxSize minSize
  name outpostARN overrideBootstrapCommand placement preBootstrapCommands privateNetworking propagateASGTags
  securityGroups ssh subnets tags taints updateConfig volumeEncrypted volumeIOPS volumeKmsKeyID volumeName volumeSize
  volumeThroughput volumeType`;

export const nodeGroupFields = names(`${commonGroupFields}
  asgMetricsCollection classicLoadBalancerNames clusterDNS containerRuntime cpuCredits enclaveEnabled
  instancesDistribution kubeletExtraConfig localZones maxInstanceLifetime targetGroupARNs`);

export const managedNodeGroupFields = names(`${commonGroupFields}
  instanceTypes launchTemplate nodeRepairConfig releaseVersion spot`);

export const amiFamilies = [
  'AmazonLinux2023',
  'AmazonLinux2',
  'UbuntuPro2604',
  'Ubuntu2604',
  'UbuntuPro2404',
  'Ubuntu2404',
  'UbuntuPro2204',
  'Ubuntu2204',
  'UbuntuPro2004',
  'Ubuntu2004',
  'Bottlerocket',
  'BottlerocketFips',
  'WindowsServer2019CoreContainer',
  'WindowsServer2019FullContainer',
  'WindowsServer2022CoreContainer',
  'WindowsServer2022FullContainer',
  'WindowsServer2025CoreContainer',
  'WindowsServer2025FullContainer',
] as const;
