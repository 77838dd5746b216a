import type { Ip } from '../../net/index.ts';
import type { Container, Pod, PodSpec } from '../objects.ts';
import { type Fields, maybe } from '../read/fields.ts';
import { containerFields, containerPortFields, objectFields, podSpecFields } from './api-fields.ts';
import { containerStates } from './container-states.ts';
import { conditionOf, readMetadata } from './metadata.ts';
import { checkName, checkUnique, LABEL, PORT_NAME } from './names.ts';
import { readPodPlacement } from './pod-placement.ts';
import { readSysctls } from './pod-sysctls.ts';
import { readProbes } from './probes.ts';
import { neverPreempts } from './small-kinds.ts';

export function readPod(fields: Fields): Pod {
  fields.known(objectFields, 'warning');
  const status = fields.child('status');
  const podIPs = status?.each('podIPs', (entry) => entry.ip('ip')) ?? [];
  const podIP = status?.ip('podIP');
  const addresses = podIPs.filter((address) => address !== undefined);
  if (podIP !== undefined && addresses[0] !== undefined && addresses[0] !== podIP)
    status?.complain(['podIP'], {
      code: 'two-addresses',
      message: `Field "status.podIP" is ${podIP}, and "status.podIPs" begins with ${addresses[0]}`,
      expected: 'expected the same address in both',
    });
  const metadata = readMetadata(fields, true);
  const spec = readPodSpec(fields);
  return {
    kind: 'Pod',
    metadata,
    source: fields.document.source,
    spec,
    status:
      status === undefined
        ? { podIPs: [] }
        : readStatus(status, addresses.length > 0 || podIP === undefined ? addresses : [podIP], spec),
  };
}

function readStatus(status: Fields, podIPs: readonly Ip[], { containers }: PodSpec): Pod['status'] {
  const read: { -readonly [K in keyof Pod['status']]: Pod['status'][K] } = { podIPs };
  const phase = status.oneOf('phase', ['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown']);
  const hostIP = status.ip('hostIP');
  const ready = readyCondition(status);
  const why = whyIn(status);
  if (phase !== undefined) read.phase = phase;
  if (hostIP !== undefined) read.hostIP = hostIP;
  if (ready !== undefined) read.ready = ready;
  if (conditionOf(status, 'ContainersReady')?.is === 'True') read.containersReady = true;
  if (why !== undefined) read.why = why;
  return Object.assign(read, containerStates(status, phase, containers));
}

function whyIn(status: Fields): string | undefined {
  switch (status.get('phase')) {
    case 'Pending':
      return waitingFor(status);
    case 'Failed':
      return joined(status.string('reason'), status.string('message'));
    default:
      return undefined;
  }
}

/** `Evicted: The node was low on resource: memory.` */
const joined = (...parts: readonly (string | undefined)[]): string | undefined =>
  nonEmpty(parts.filter((part) => part !== undefined && part !== '').join(': '));

/** The condition PodScheduled where it is False, else the first container that waits. */
function waitingFor(status: Fields): string | undefined {
  const scheduled = conditionOf(status, 'PodScheduled');
  if (scheduled?.is === 'False') {
    const { fields } = scheduled;
    return joined(nonEmpty(fields.string('reason')) ?? 'not scheduled', fields.string('message'));
  }
  return [...status.children('initContainerStatuses'), ...status.children('containerStatuses')]
    .map((container) => container.child('state')?.child('waiting')?.string('reason'))
    .find((reason) => reason !== undefined && reason !== '');
}

/** status.conditions[type=Ready], undefined when nobody has said. */
export function readyCondition(status: Fields | undefined): boolean | undefined {
  const ready = conditionOf(status, 'Ready');
  return ready === undefined ? undefined : ready.is === 'True';
}

/** `spec` of a Pod or of a pod template, with the API server's defaults (`pkg/apis/core/v1/defaults.go`). */
export function readPodSpec(owner: Fields): PodSpec {
  const spec = owner.child('spec');
  if (spec === undefined) {
    if (!owner.has('spec')) owner.missing('spec');
    return emptyPodSpec;
  }
  spec.known(podSpecFields, 'warning');
  const dnsConfig = spec.child('dnsConfig');
  const containers = spec.children('containers');
  const asked = containers.map(privilegesOf);
  const netAdmin = asked.some(isNetAdmin);
  const read: Draft = {
    hostNetwork: spec.boolean('hostNetwork') ?? false,
    dnsPolicy:
      spec.oneOf('dnsPolicy', ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None']) ?? 'ClusterFirst',
    containers: readContainers(spec, containers),
    ...readPodPlacement(spec, !spec.has('nodeName')),
  };
  checkUnique(containers, 'Container name');
  for (const key of ['hostname', 'subdomain']) checkName(spec, key, spec.get(key), LABEL);
  const nodeName = nonEmpty(spec.string('nodeName'));
  const hostname = nonEmpty(spec.string('hostname'));
  const subdomain = nonEmpty(spec.string('subdomain'));
  if (nodeName !== undefined) read.nodeName = nodeName;
  if (dnsConfig !== undefined) read.dnsConfig = readDnsConfig(dnsConfig);
  if (hostname !== undefined) read.hostname = hostname;
  if (subdomain !== undefined) read.subdomain = subdomain;
  const aliases = spec.each('hostAliases', readHostAlias).filter((alias) => alias !== undefined);
  if (aliases.length > 0) read.hostAliases = aliases;
  if (spec.has('initContainers')) {
    const inits = spec.children('initContainers').map((init) => ({ init, asks: privilegesOf(init) }));
    const netAdmins = inits.filter(({ asks }) => isNetAdmin(asks)).map(({ init }) => init.string('name') ?? '');
    if (netAdmins.length > 0) read.netAdminInit = netAdmins;
    asked.push(...inits.map(({ asks }) => asks));
  }
  const gates = spec.each('schedulingGates', (gate) => gate.required('name'));
  const runtimeClassName = nonEmpty(spec.string('runtimeClassName'));
  if (gates.length > 0) read.schedulingGates = gates;
  if (runtimeClassName !== undefined) read.runtimeClassName = runtimeClassName;
  readPriority(spec, read);
  const serviceAccountName = nonEmpty(spec.string('serviceAccountName') ?? spec.string('serviceAccount'));
  if (serviceAccountName !== undefined) read.serviceAccountName = serviceAccountName;
  if (containers[0]?.child('resources')?.child('limits')?.has(POD_ENI) === true) read.podEni = true;
  const sysctls = readSysctls(spec, read.hostNetwork);
  if (sysctls !== undefined) read.sysctls = sysctls;
  const privileges = asked.flat();
  if (netAdmin || read.netAdminInit !== undefined) read.netAdmin = true;
  if (privileges.length > 0) read.privileges = [...new Set(privileges)];
  return read;
}

type Draft = { -readonly [K in keyof PodSpec]: PodSpec[K] };

function readPriority(spec: Fields, read: Draft): void {
  const priority = spec.integer('priority');
  const priorityClassName = nonEmpty(spec.string('priorityClassName'));
  if (priority !== undefined) read.priority = priority;
  if (priorityClassName !== undefined) read.priorityClassName = priorityClassName;
  if (neverPreempts(spec)) read.preemptionPolicy = 'Never';
}

function readHostAlias(alias: Fields): NonNullable<PodSpec['hostAliases']>[number] | undefined {
  const ip = alias.ip('ip');
  if (ip === undefined && !alias.has('ip')) alias.missing('ip');
  return ip === undefined ? undefined : { ip, hostnames: alias.strings('hostnames') };
}

/** The resource that stands for a branch interface, and the annotation that says which one a pod got. */
export const POD_ENI = 'vpc.amazonaws.com/pod-eni';

const isNetAdmin = (privileges: readonly string[]): boolean =>
  privileges.some((name) => name === 'privileged' || name === 'CAP_NET_ADMIN' || name === 'CAP_ALL');

/** `privileged`, and each capability that is added as the kernel names it. */
function privilegesOf(container: Fields): readonly string[] {
  const context = container.child('securityContext');
  if (context === undefined) return NONE;
  const added = context.child('capabilities')?.strings('add') ?? NONE;
  return [
    ...(context.boolean('privileged') === true ? ['privileged'] : []),
    ...added.map((name) => (name.startsWith('CAP_') ? name : `CAP_${name}`)),
  ];
}

const NONE: readonly never[] = [];

/** A pod spec with the API server's defaults and nothing of its own. */
export const emptyPodSpec: PodSpec = {
  hostNetwork: false,
  dnsPolicy: 'ClusterFirst',
  containers: [],
  nodeSelector: {},
  requiredNodeAffinity: [],
  podAffinity: [],
  podAntiAffinity: [],
  tolerations: [],
  topologySpreadConstraints: [],
};

const nonEmpty = (text: string | undefined): string | undefined => (text === '' ? undefined : text);

function readDnsConfig(fields: Fields): NonNullable<PodSpec['dnsConfig']> {
  return {
    nameservers: fields.strings('nameservers'),
    searches: fields.strings('searches'),
    options: fields
      .children('options')
      .map((option) => ({ name: option.required('name'), ...maybe('value', option.string('value')) })),
  };
}

/** `FindPort` of pkg/api/v1/pod looks at the containers, then at the init containers that run beside them. */
function readContainers(spec: Fields, own: readonly Fields[]): readonly Container[] {
  const containers = own.map(readContainer);
  const sidecars = spec.children('initContainers').filter((init) => init.get('restartPolicy') === 'Always');
  return sidecars.length === 0 ? containers : [...containers, ...sidecars.map(readContainer)];
}

function readContainer(fields: Fields): Container {
  fields.known(containerFields, 'warning');
  const name = fields.required('name');
  checkName(fields, 'name', name, LABEL);
  // validateContainerPorts: of one container; two containers may call their ports the same.
  const ports = fields.children('ports');
  checkUnique(ports, 'Port name');
  const declared = ports.map(readContainerPort);
  const probes = readProbes(fields, declared);
  return {
    name,
    image: fields.string('image') ?? '',
    ports: declared,
    env: fields.each('env', (env) => ({ name: env.required('name'), ...maybe('value', env.string('value')) })),
    ...maybe('probes', probes.length === 0 ? undefined : probes),
  };
}

function readContainerPort(port: Fields): Container['ports'][number] {
  port.known(containerPortFields, 'warning');
  if (!port.has('containerPort')) port.missing('containerPort');
  const hostPort = port.integer('hostPort', 0, 65_535);
  checkName(port, 'name', port.get('name'), PORT_NAME);
  return {
    ...maybe('name', port.string('name')),
    containerPort: port.port('containerPort') ?? 0,
    ...maybe('hostPort', hostPort === 0 ? undefined : hostPort),
    protocol: port.oneOf('protocol', ['TCP', 'UDP', 'SCTP']) ?? 'TCP',
  };
}
