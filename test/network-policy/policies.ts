import type { World } from '../../src/world/index.ts';
import { STANDARD } from '../unmodelled/manifests.ts';
import { worldWith } from '../unmodelled/testing.ts';

// The cluster of the tests beside: client and plain on n1, web on n2, Service shop/web in front of web, and a second web on n1.

const NEAR = `apiVersion: v1
kind: Pod
metadata: { name: near, namespace: shop, labels: { app: web, tier: near } }
spec: { nodeName: n1, containers: [{ name: main, image: w, ports: [{ name: http, containerPort: 9090 }] }] }
status: { phase: Running, podIP: 10.0.1.13 }
---
apiVersion: v1
kind: Pod
metadata: { name: agent, namespace: shop, labels: { app: agent } }
spec: { nodeName: n1, hostNetwork: true, containers: [{ name: main, image: w, ports: [{ containerPort: 7000 }] }] }
status: { phase: Running, podIP: 10.0.0.11 }
---
`;

/** A policy of namespace shop by the inside of its spec. */
export const policy = (name: string, spec: string): string =>
  `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: ${name}, namespace: shop }\nspec: ${spec}\n---\n`;

export const enforcing = (policies: string, strict = false): World =>
  worldWith((strict ? STANDARD.replace('value: standard', 'value: strict') : STANDARD) + NEAR + policies);
