export { compileKubeProxy } from './compile-kube-proxy.ts';
export type { ProxyNode } from './service-rules.ts';
