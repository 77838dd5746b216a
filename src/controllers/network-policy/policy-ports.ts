import type { EndpointInfo, EndpointPort, IpProtocolName, Pod, PolicyRulePort } from '../../cluster/index.ts';

/** Ports of a rule towards blocks, where a name has no pod to be looked up in (convertToPolicyInfoPortForCIDRs). */
export const numericPorts = (ports: readonly PolicyRulePort[]): readonly EndpointPort[] =>
  ports.flatMap(({ port, ...rest }) =>
    typeof port === 'string' ? [] : [{ ...rest, ...(port === undefined ? {} : { port }) }],
  );

/** Ports of a rule at one pod; a name it does not have is left out (getPortList). */
export const portsAt = (pod: Pod, ports: readonly PolicyRulePort[]): readonly EndpointPort[] =>
  ports.flatMap(({ port, ...rest }) => {
    if (port === undefined) return [rest];
    const found = containerPort(pod, port, rest.protocol);
    return found === undefined ? [] : [{ ...rest, port: found.port }];
  });

/**
 * pkg/k8s/pod_utils.go LookupContainerPortAndName: the first of its containers' ports with this name or number; a number
 * that no container declares stands for itself, without a name.
 */
export function containerPort(
  pod: Pod,
  port: number | string,
  protocol: IpProtocolName,
): { readonly port: number; readonly name: string } | undefined {
  for (const { ports } of pod.spec.containers) {
    for (const declared of ports) {
      if (declared.protocol !== protocol) continue;
      if (typeof port === 'string' ? declared.name === port : declared.containerPort === port)
        return { port: declared.containerPort, name: declared.name ?? '' };
    }
  }
  return typeof port === 'number' ? { port, name: '' } : undefined;
}

/** One entry a block and its exceptions; ports are joined, and no ports are all ports (manager.go combineRulesEndpoints). */
export function combined(infos: readonly EndpointInfo[]): readonly EndpointInfo[] {
  const byBlock = new Map<string, EndpointInfo>();
  for (const info of infos) {
    const excepts = info.except.map(({ text }) => text).sort();
    const key = [info.cidr.text, ...excepts].join('|');
    const known = byBlock.get(key);
    if (known === undefined) byBlock.set(key, { ...info, ports: distinct(info.ports) });
    else if (known.ports.length > 0)
      byBlock.set(key, { ...known, ports: info.ports.length === 0 ? [] : distinct([...known.ports, ...info.ports]) });
  }
  return [...byBlock.values()];
}

export const distinct = (ports: readonly EndpointPort[]): readonly EndpointPort[] => [
  ...new Map(ports.map((port) => [`${port.protocol} ${port.port} ${port.endPort}`, port])).values(),
];
