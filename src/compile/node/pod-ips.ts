import type { Pod } from '../../cluster/index.ts';
import { type Ip, parseIp } from '../../net/index.ts';

export const podIps = (pod: Pod): readonly Ip[] =>
  pod.status.podIPs.map(parseIp).filter((address) => address !== undefined);
