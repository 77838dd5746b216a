import type { World } from '../../src/world/index.ts';

export interface Target {
  readonly to: string;
  /** A port of a Service has its own. */
  readonly protocol?: 'tcp' | 'udp' | 'sctp';
}

/** Every end a user may name in this World, and some nobody has. */
export function endsOf({ directory }: World): {
  readonly senders: readonly string[];
  readonly targets: readonly Target[];
} {
  const { pods, nodes, services } = directory;
  const senders = [
    ...pods.map((pod) => `pod/${pod.namespace}/${pod.name}`),
    ...nodes.map((node) => `node/${node.name}`),
    'internet',
  ];
  const ports = services.flatMap(({ namespace, name, ports: own }) =>
    own.map((port) => ({ ...port, service: `svc/${namespace}/${name}` })),
  );
  const targets: Target[] = [
    ...ports.map(({ service, port, protocol }) => ({ to: `${service}:${port}`, protocol })),
    ...ports.flatMap(({ nodePort, protocol }) =>
      nodePort === undefined ? [] : nodes.map(({ name }) => ({ to: `node/${name}:${nodePort}`, protocol })),
    ),
    ...pods.flatMap(({ addresses }) =>
      addresses.map((each) => ({ to: each.includes(':') ? `[${each}]:8080` : `${each}:8080` })),
    ),
    ...['internet/198.51.100.7', '203.0.113.99:80', '10.0.255.77:80', '172.20.99.99:80', '127.0.0.1:10256'].map(
      (to) => ({ to }),
    ),
  ];
  return { senders, targets };
}
