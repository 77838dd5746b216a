import { z } from 'zod';
import { cidrValue, idValue, indexValue, ipValue, macValue, textMap } from './values.ts';

const eni = z.strictObject({
  id: idValue,
  deviceIndex: z.int().min(0).max(99),
  subnet: idValue,
  primaryIp: ipValue,
  addresses: z.array(ipValue).exactOptional(),
  prefixes: z.array(cidrValue).exactOptional(),
  publicIp: ipValue.exactOptional(),
  mac: macValue.exactOptional(),
  ifname: idValue.max(15).exactOptional(),
  ifindex: indexValue.exactOptional(),
  securityGroups: z.array(idValue).exactOptional(),
  interfaceType: z.enum(['interface', 'trunk']).exactOptional(),
  sourceDestCheck: z.boolean().exactOptional(),
});

const osFamilies = ['AmazonLinux2023', 'AmazonLinux2', 'Bottlerocket', 'Ubuntu'] as const;

/** What EC2 and the operating system know of a node; `enis` where each is described. */
export const nodeNetworkSpec = z.strictObject({
  node: idValue,
  instanceType: idValue.exactOptional(),
  os: z.enum(osFamilies).exactOptional(),
  subnet: idValue.exactOptional(),
  zone: idValue.exactOptional(),
  primaryIp: ipValue.exactOptional(),
  publicIp: ipValue.exactOptional(),
  primaryIpv6: z.boolean().meta({ description: 'IsPrimaryIpv6, on its primary interface' }).exactOptional(),
  sourceDestCheck: z.boolean().meta({ description: 'of its primary interface; on by default' }).exactOptional(),
  maxPods: z.int().min(1).exactOptional(),
  kubeProxyNodeName: idValue.exactOptional(),
  sysctls: textMap.exactOptional(),
  labels: textMap.exactOptional(),
  securityGroups: z.array(idValue).exactOptional(),
  enis: z.array(eni).exactOptional(),
});
