/**
 * Field names of the Kubernetes API types we read (`k8s.io/api` v1.35: core/v1, apps/v1, batch/v1, discovery/v1), used
 * or not: a field in these lists passes, another one is reported with its near miss.
 */
const names = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

export const objectFields = names('apiVersion kind metadata spec status');

export const metadataFields = names(`
  annotations creationTimestamp deletionGracePeriodSeconds deletionTimestamp finalizers generateName generation labels
  managedFields name namespace ownerReferences resourceVersion selfLink uid`);

export const podSpecFields = names(`
  activeDeadlineSeconds affinity automountServiceAccountToken containers dnsConfig dnsPolicy enableServiceLinks
  ephemeralContainers hostAliases hostIPC hostNetwork hostPID hostUsers hostname hostnameOverride imagePullSecrets
  initContainers nodeName nodeSelector os overhead preemptionPolicy priority priorityClassName readinessGates
  resourceClaims resources restartPolicy runtimeClassName schedulerName schedulingGates schedulingGroup securityContext
  serviceAccount serviceAccountName setHostnameAsFQDN shareProcessNamespace subdomain terminationGracePeriodSeconds
  tolerations topologySpreadConstraints volumes workloadRef`);

export const containerFields = names(`
  args command env envFrom image imagePullPolicy lifecycle livenessProbe name ports readinessProbe resizePolicy resources
  restartPolicy restartPolicyRules securityContext startupProbe stdin stdinOnce targetContainerName
  terminationMessagePath terminationMessagePolicy tty volumeDevices volumeMounts workingDir`);

export const containerPortFields = names('containerPort hostIP hostPort name protocol');

export const serviceSpecFields = names(`
  allocateLoadBalancerNodePorts clusterIP clusterIPs externalIPs externalName externalTrafficPolicy healthCheckNodePort
  internalTrafficPolicy ipFamilies ipFamily ipFamilyPolicy loadBalancerClass loadBalancerIP loadBalancerSourceRanges ports
  publishNotReadyAddresses selector sessionAffinity sessionAffinityConfig topologyKeys trafficDistribution type`);

export const servicePortFields = names('appProtocol name nodePort port protocol targetPort');

export const workloadSpecFields = {
  Deployment: names(
    'minReadySeconds paused progressDeadlineSeconds replicas revisionHistoryLimit rollbackTo selector strategy template',
  ),
  ReplicaSet: names('minReadySeconds replicas selector template'),
  StatefulSet: names(`
    minReadySeconds ordinals persistentVolumeClaimRetentionPolicy podManagementPolicy replicas revisionHistoryLimit
    selector serviceName template updateStrategy volumeClaimTemplates`),
  DaemonSet: names('minReadySeconds revisionHistoryLimit selector template templateGeneration updateStrategy'),
  Job: names(`
    activeDeadlineSeconds backoffLimit backoffLimitPerIndex completionMode completions managedBy manualSelector
    maxFailedIndexes parallelism podFailurePolicy podReplacementPolicy selector successPolicy suspend template
    ttlSecondsAfterFinished`),
} as const;

export const ordinalsFields = names('start');

export const spreadFields = names(`
  labelSelector matchLabelKeys maxSkew minDomains nodeAffinityPolicy nodeTaintsPolicy topologyKey whenUnsatisfiable`);

export const tolerationFields = names('effect key operator tolerationSeconds value');

export const affinityFields = names('nodeAffinity podAffinity podAntiAffinity');

export const affinityKindFields = names(
  'preferredDuringSchedulingIgnoredDuringExecution requiredDuringSchedulingIgnoredDuringExecution',
);

export const nodeSelectorFields = names('nodeSelectorTerms');

export const nodeTermFields = names('matchExpressions matchFields');

export const podTermFields = names(
  'labelSelector matchLabelKeys mismatchLabelKeys namespaceSelector namespaces topologyKey',
);

export const requirementFields = names('key operator values');

export const templateFields = names('metadata spec');

export const nodeSpecFields = names('configSource externalID podCIDR podCIDRs providerID taints unschedulable');

export const endpointSliceFields = names('addressType apiVersion endpoints kind metadata ports');

export const endpointFields = names(
  'addresses conditions deprecatedTopology hints hostname nodeName targetRef topology zone',
);

/** networking/v1 NetworkPolicy. */
export const policyFields = {
  object: names('apiVersion kind metadata spec status'),
  spec: names('egress ingress podSelector policyTypes'),
  ingressRule: names('from ports'),
  egressRule: names('ports to'),
  peer: names('ipBlock namespaceSelector podSelector'),
  ipBlock: names('cidr except'),
  port: names('endPort port protocol'),
} as const;

/** vpcresources/v1beta1 SecurityGroupPolicy. */
export const sgpFields = {
  object: names('apiVersion kind metadata spec'),
  spec: names('podSelector securityGroups serviceAccountSelector'),
  groups: names('groupIds'),
} as const;

/** elbv2.k8s.aws/v1beta1 TargetGroupBinding. */
export const tgbFields = {
  object: names('apiVersion kind metadata spec status'),
  spec: names(`
    iamRoleArnToAssume ipAddressType assumeRoleExternalId multiClusterTargetGroup networking nodeSelector serviceRef
    targetGroupARN targetGroupName targetGroupProtocol targetType vpcID`),
  rule: names('from ports'),
  peer: names('ipBlock securityGroup'),
  port: names('port protocol'),
} as const;

/** scheduling.k8s.io/v1 PriorityClass. */
export const priorityClassFields = names('apiVersion description globalDefault kind metadata preemptionPolicy value');

export const ingressSpecFields = names('defaultBackend ingressClassName rules tls');
export const ingressRuleFields = names('host http');
export const ingressPathFields = names('backend path pathType');
export const ingressClassSpecFields = names('controller parameters');

/** Kinds that never change where a packet goes: accepted and left alone, whatever their API group. */
export const irrelevantKinds = names(`
  APIService Binding CSIDriver CSINode CSIStorageCapacity CertificateRequest CertificateSigningRequest ClusterRole
  ClusterRoleBinding ClusterTrustBundle ComponentStatus ControllerRevision CustomResourceDefinition DeviceClass Event
  FlowSchema HorizontalPodAutoscaler Lease LeaseCandidate LimitRange MutatingAdmissionPolicy
  MutatingAdmissionPolicyBinding NodeMetrics PersistentVolume PersistentVolumeClaim
  PodDisruptionBudget PodMetrics PodTemplate PriorityLevelConfiguration ResourceClaim
  ResourceClaimTemplate ResourceQuota ResourceSlice Role RoleBinding RuntimeClass Secret StorageClass
  StorageVersion ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration
  VerticalPodAutoscaler VolumeAttachment VolumeAttributesClass VolumeSnapshot VolumeSnapshotClass VolumeSnapshotContent
  CNINode Certificate ClusterIssuer Issuer ServiceMonitor PodMonitor PrometheusRule NodePool EC2NodeClass
  NodeClaim IPAddress ServiceCIDR`);

/** Kinds that do change packet paths and of which nothing can be kept: each gets one warning. */
export const unmodelledKinds: ReadonlyMap<string, string> = new Map([
  ['CronJob', 'a CronJob makes pods by the clock'],
  ['ReplicationController', 'the pods it makes are not made here'],
  ['GatewayClass', 'the Gateway API configures load balancers'],
  ['ReferenceGrant', 'the Gateway API configures load balancers'],
]);
