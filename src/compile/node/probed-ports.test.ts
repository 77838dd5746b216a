import { expect, test } from 'vitest';
import { loadCluster } from '../../cluster/index.ts';
import { probedPorts } from './probed-ports.ts';

const probed = (probes: string, hostNetwork = false): readonly string[] => {
  const { value } = loadCluster(
    [
      {
        path: 'pod.yaml',
        text: `apiVersion: v1
kind: Pod
metadata: { name: p, namespace: default }
spec: { hostNetwork: ${hostNetwork}, containers: [{ name: c, image: i, ports: [{ name: web, containerPort: 8080 }], ${probes} }] }
status: { podIP: 10.0.1.9 }
`,
      },
    ],
    [],
  );
  const [pod] = value.pods;
  const [container] = pod?.spec.containers ?? [];
  if (pod === undefined || container === undefined) return ['none'];
  return probedPorts(pod, container).map(({ local, port }) => `${local}:${port}`);
};

test.each([
  ['readinessProbe: { httpGet: { port: 9000 } }', ['*:9000']],
  ['livenessProbe: { tcpSocket: { port: web } }', ['*:8080']],
  ['startupProbe: { grpc: { port: 9002 } }', ['*:9002']],
  ['livenessProbe: { httpGet: { port: "9003" } }', ['*:9003']],
  ['livenessProbe: { exec: { command: [true] } }', []],
  ['livenessProbe: { httpGet: { port: other } }', []],
  ['livenessProbe: { httpGet: { port: 0 } }', []],
  ['livenessProbe: { httpGet: { port: 9000, host: 10.0.1.9 } }', ['*:9000']],
  ['livenessProbe: { httpGet: { port: 9000, host: 127.0.0.1 } }', []],
  ['livenessProbe: { httpGet: { port: 9000, host: example.com } }', []],
])('%s', (probes, expected) => expect(probed(probes)).toEqual(expected));

test.each([
  ['livenessProbe: { httpGet: { port: 9000, host: 127.0.0.1 } }', ['127.0.0.1:9000']],
  ['livenessProbe: { httpGet: { port: 9000, host: localhost } }', ['127.0.0.1:9000']],
  ['livenessProbe: { httpGet: { port: 9000 } }', ['*:9000']],
])('on the host network, %s', (probes, expected) => expect(probed(probes, true)).toEqual(expected));
