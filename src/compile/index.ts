export { compileWorld } from './compile-world.ts';
export { checkPodSysctls } from './kubelet/check-sysctls.ts';
