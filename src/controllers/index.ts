export { eniOfPod } from './ipam/eni-of-pod.ts';
export { type FreeAddress, freeAddress } from './ipam/free-address.ts';
export { checkInstanceTypes, type InstanceLimits, instanceLimits, instanceTypes } from './ipam/instance-types.ts';
export { maxPodsOf } from './ipam/max-pods.ts';
export { type IpamSettings, ipamSettings } from './ipam/settings.ts';
export { type Pool, type PoolLimits, steadyPool } from './ipam/warm-pool.ts';
export { settle } from './settle.ts';
