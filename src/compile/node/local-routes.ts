import {
  type Address,
  type IpRule,
  kernelRoutes,
  kernelRules,
  type Link,
  LOCAL_TABLE,
  type Route,
} from '../../linux/index.ts';
import type { Family } from '../../net/index.ts';

/**
 * The local table as the kernel fills it. Connected routes of main are not here: who configured an address decides
 * whether its route stays (ipamd deletes those of secondary ENIs, DHCP clients rewrite the primary's).
 */
export const localRoutes = (addresses: readonly Address[], links: readonly Link[]): readonly Route[] =>
  kernelRoutes(addresses, links).filter((route) => route.table === LOCAL_TABLE);

const START: Readonly<Record<Family, readonly IpRule[]>> = { 4: kernelRules(4), 6: kernelRules(6) };

/** The rules every namespace starts with: the same objects everywhere. */
export const startRules = (family: Family): readonly IpRule[] => START[family];
