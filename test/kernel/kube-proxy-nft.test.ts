import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { compileWorld } from '../../src/compile/index.ts';
import { nodeNetns } from '../../src/compile/node/names.ts';
import { parseNftRuleset, printNftTables } from '../../src/linux/index.ts';
import { loadWorld } from '../../src/load/index.ts';
import { articleCluster, articleNode, withCni } from '../compile/test-cluster.ts';
import { inNetns, kernelTest } from './kernel.ts';

const corpus = (name: string): string => readFileSync(new URL(`../corpus/nft/${name}`, import.meta.url), 'utf8');

kernelTest('nft lists the transaction kube-proxy sends as the compiled table is printed', () => {
  expect(inNetns('nft -f - && nft list ruleset', corpus('kube-proxy-echo.transaction'))).toBe(
    corpus('kube-proxy-echo.nft'),
  );
});

/** Every kind of Service, in both families where it has both, beside the CNI's own table. */
const KINDS = `apiVersion: v1
kind: Service
metadata: { name: vip, namespace: app }
spec:
  type: LoadBalancer
  clusterIP: 172.20.11.1
  loadBalancerSourceRanges: [10.0.2.0/24, 203.0.113.0/25, 203.0.113.128/26, 10.0.0.0/16]
  sessionAffinity: ClientIP
  selector: { app: web }
  ports: [{ name: http, port: 80, targetPort: 8080, nodePort: 31101 }, { name: other, port: 257, targetPort: 8081, nodePort: 31102 }]
status: { loadBalancer: { ingress: [{ ip: 198.51.100.20 }] } }
---
apiVersion: v1
kind: Service
metadata: { name: near, namespace: app }
spec: { type: NodePort, externalTrafficPolicy: Local, clusterIP: 172.20.11.2, externalIPs: [192.0.2.33], selector: { app: web }, ports: [{ port: 80, targetPort: 8080, nodePort: 31103 }] }
---
apiVersion: v1
kind: Service
metadata: { name: none, namespace: app }
spec: { type: NodePort, clusterIP: 172.20.11.3, ports: [{ port: 53, protocol: UDP, nodePort: 31104 }] }
---
apiVersion: v1
kind: Service
metadata: { name: signalling, namespace: app }
spec: { internalTrafficPolicy: Local, clusterIP: 172.20.11.4, selector: { app: web }, ports: [{ name: m3ua, port: 2905, protocol: SCTP }] }
`;

kernelTest('every kind of Service: compiled, loaded and listed again, byte for byte', () => {
  const folder = '../scenarios/worlds/three-zones';
  const base = new URL(`${folder}/`, import.meta.url);
  const files = ['network.yaml', 'cluster.yaml'].map((name) => ({
    path: name,
    text: readFileSync(new URL(name, base), 'utf8'),
  }));
  const knobs = [
    ['kubeProxy.mode', 'nftables'],
    ['vpcCniVersion', 'v1.23.1'],
  ].map(([key = '', value = '']) => ({ key, value, source: { file: '--set' } }));
  const { world } = loadWorld([...files, { path: 'kinds.yaml', text: KINDS }], knobs);
  for (const id of ['node/n1', 'node/n2'].map((name) => nodeNetns(name.slice('node/'.length)))) {
    const tables = world?.netns.get(id)?.nft ?? [];
    expect(tables.map(({ family, name }) => `${family} ${name}`)).toEqual([
      'ip kube-proxy',
      'ip6 kube-proxy',
      'ip aws-cni',
    ]);
    const text = printNftTables(tables);
    expect(text).toContain('type nat hook');
    expect(inNetns('nft -f - && nft list ruleset', text)).toBe(text);
    const read = parseNftRuleset(text, 'f');
    expect(read.issues).toEqual([]);
    expect(printNftTables(read.value)).toBe(text);
  }
});

kernelTest('a node of its own cluster: both families, and what masqueradeAll adds', () => {
  const kubeProxy = { ...articleCluster.kubeProxy, mode: 'nftables' as const, masqueradeAll: true };
  const { value } = compileWorld({ ...withCni(articleCluster, '1.23.1'), kubeProxy });
  const text = printNftTables(value.netns.get(nodeNetns(articleNode.name))?.nft ?? []);
  expect(inNetns('nft -f - && nft list ruleset', text)).toBe(text);
});
