export { compileKubeProxy } from './compile-kube-proxy.ts';
export { conntrackSysctls } from './conntrack-sysctls.ts';
export { compileKubeProxyIpvs } from './ipvs/compile-kube-proxy-ipvs.ts';
export { compileKubeProxyNft } from './nft/compile-kube-proxy-nft.ts';
export type { ProxyNode } from './proxy-node.ts';
