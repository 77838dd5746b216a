export { compileKubeProxy } from './compile-kube-proxy.ts';
export { conntrackSysctls } from './conntrack-sysctls.ts';
export type { ProxyNode } from './service-rules.ts';
