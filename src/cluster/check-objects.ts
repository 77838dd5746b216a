import { didYouMean, type Issue, type SourceRef, showSource } from '../base/index.ts';
import { cidrContains, familyOf, type Ip, parseIp } from '../net/index.ts';
import { checkAddresses } from './check-addresses.ts';
import { checkConnections } from './check-connections.ts';
import { checkFargate } from './check-fargate.ts';
import { checkLive } from './check-live.ts';
import type { Cluster } from './cluster.ts';
import { type Complain, complainTo } from './complain.ts';
import { isDerived } from './derive-network.ts';
import type { Service } from './objects.ts';

/** `--service-node-port-range`, kube-apiserver's default, which EKS keeps. */
const NODE_PORTS = { first: 30_000, last: 32_767 };

/** Objects against each other and against the network: what one address, port or name may only be once. */
export function checkObjects(cluster: Cluster, issues: Issue[]): void {
  const complain = complainTo(issues);
  checkPlaces(cluster, complain);
  checkAddresses(cluster, complain);
  checkServices(cluster, complain);
  checkReferences(cluster, complain);
  checkFargate(cluster, complain);
  checkConnections(cluster, complain);
  checkLive(cluster, complain);
}

/** Pods on nodes that are not in the input. */
function checkPlaces(cluster: Cluster, complain: Complain): void {
  const nodes = new Set([
    ...cluster.nodes.map((node) => node.metadata.name),
    ...cluster.nodeSpecs.map((spec) => spec.name),
  ]);
  if (nodes.size === 0) return;
  for (const { metadata, spec, source } of cluster.pods) {
    const { nodeName } = spec;
    if (nodeName === undefined || nodes.has(nodeName)) continue;
    const name = `${metadata.namespace}/${metadata.name}`;
    complain('unknown-reference', source, `Pod "${name}" is on node "${nodeName}", which is not in the input`, {
      severity: 'warning',
      rests: ['network', 'nodes'],
      ...didYouMean(nodeName, nodes),
    });
  }
}

function checkServices(cluster: Cluster, complain: Complain): void {
  const clusterIps = new Map<Ip, Service>();
  const nodePorts = new Map<string, Service>();
  const show = (service: Service): string => `${service.metadata.namespace}/${service.metadata.name}`;
  for (const service of cluster.services) {
    const { spec, source } = service;
    for (const text of spec.clusterIPs) {
      const address = parseIp(text);
      if (address === undefined) continue;
      const blocks = cluster.serviceCidrs.filter((block) => block.family === familyOf(address));
      if (!blocks.some((block) => cidrContains(block, address))) {
        complain(
          'address-outside-service-cidr',
          source,
          `Service "${show(service)}" has ClusterIP ${address}, outside the service CIDR ${cluster.serviceCidrs.map((b) => b.text).join(', ')}`,
          { rests: ['network'] },
        );
      }
      const other = clusterIps.get(address);
      if (other !== undefined)
        complain(
          'duplicate-address',
          source,
          `Services "${show(other)}" and "${show(service)}" both have ClusterIP ${address}`,
          { hint: `the first is at ${showSource(other.source)}` },
        );
      clusterIps.set(address, service);
    }
    const ports = spec.ports.flatMap((port) =>
      port.nodePort === undefined ? [] : [{ number: port.nodePort, protocol: port.protocol }],
    );
    if (spec.healthCheckNodePort !== undefined) ports.push({ number: spec.healthCheckNodePort, protocol: 'TCP' });
    for (const { number, protocol } of ports) {
      if (number < NODE_PORTS.first || number > NODE_PORTS.last) {
        complain('node-port-range', source, `Service "${show(service)}" has NodePort ${number}`, {
          expected: `expected a port from ${NODE_PORTS.first} to ${NODE_PORTS.last}`,
        });
      }
      const key = `${number}/${protocol}`;
      const other = nodePorts.get(key);
      if (other !== undefined)
        complain(
          'duplicate-node-port',
          source,
          `Services "${show(other)}" and "${show(service)}" both have NodePort ${number} ${protocol}`,
          { hint: `the first is at ${showSource(other.source)}` },
        );
      nodePorts.set(key, service);
    }
  }
}

/** Names of subnets and pods that our own kinds and ENIConfigs use. */
function checkReferences(cluster: Cluster, complain: Complain): void {
  const all = cluster.network.vpcs.flatMap((vpc) => vpc.subnets);
  const ids = new Set(all.map((subnet) => subnet.id));
  const need = (what: string, subnet: string, at: SourceRef): void => {
    if (!ids.has(subnet))
      complain('unknown-reference', at, `${what} names subnet "${subnet}", which is not described`, {
        rests: ['network'],
        ...didYouMean(subnet, ids),
      });
  };
  const within = (what: string, address: Ip, subnet: string, at: SourceRef): void => {
    const found = all.find((candidate) => candidate.id === subnet);
    if (found !== undefined && !found.cidrs.some((block) => cidrContains(block, address))) {
      complain(
        'address-outside-subnet',
        at,
        `${what} has ${address}, outside subnet "${subnet}" (${found.cidrs.map((b) => b.text).join(', ')})`,
      );
    }
  };
  for (const server of cluster.servers) {
    if (server.subnet === undefined) continue;
    need(`Server "${server.name}"`, server.subnet, server.source);
    for (const address of server.addresses) within(`Server "${server.name}"`, address, server.subnet, server.source);
  }
  // Where nobody described the VPC, who uses one shows what it names.
  for (const config of isDerived(cluster.network) ? [] : cluster.eniConfigs)
    need(`ENIConfig "${config.metadata.name}"`, config.spec.subnet, config.source);
  for (const spec of cluster.nodeSpecs) {
    need(`Node "${spec.name}"`, spec.subnet, spec.source);
    for (const eni of spec.enis) {
      need(`ENI "${eni.id}"`, eni.subnet, eni.source ?? spec.source);
      for (const address of [eni.primaryIp, ...eni.addresses])
        within(`ENI "${eni.id}"`, address, eni.subnet, eni.source ?? spec.source);
      const [home, own] = [eni.subnet, spec.subnet].map((id) => all.find((subnet) => subnet.id === id));
      if (home !== undefined && own !== undefined && home.zone !== own.zone) {
        complain(
          'eni-in-other-zone',
          eni.source ?? spec.source,
          `ENI "${eni.id}" is in subnet "${home.id}" of zone "${home.zone}", its node "${spec.name}" in zone "${own.zone}"`,
          { expected: 'expected a subnet of the same zone: EC2 attaches no other' },
        );
      }
    }
  }
}
