import { IPV6_ROUTER } from '../../fabric/index.ts';
import { MAIN_TABLE, type Route } from '../../linux/index.ts';
import { cidrOf, defaultRoute, familyOf } from '../../net/index.ts';
import type { EniPlan, NodePlan } from '../node/plan-types.ts';
import { isStrict, sayEni, setUpAddress } from './interfaces.ts';
import type { PathSettings } from './settings.ts';

const NO_FLAGS: Route['flags'] = [];

/**
 * Routes of the plugin and of ipamd: one host route a pod in main, and a table a secondary ENI or branch with the subnet's
 * router and nothing else but, in strict mode, the host route of the branch's pod (cmd/routed-eni-cni-plugin/driver:
 * SetupPodNetwork, SetupBranchENIPodNetwork; pkg/networkutils: setupENINetwork).
 */
export function vpcCniRoutes(node: NodePlan, settings: PathSettings): readonly Route[] {
  return [
    ...node.enis.filter((eni) => eni.table !== MAIN_TABLE).flatMap((eni) => tableRoutes(node, eni)),
    ...node.branches.flatMap((eni) => tableRoutes(node, eni)),
    ...podRoutes(node, settings),
  ];
}

function tableRoutes(node: NodePlan, eni: EniPlan): readonly Route[] {
  const family = familyOf(setUpAddress(eni));
  const gateway = family === 6 ? IPV6_ROUTER : eni.subnet.router;
  const shared = {
    type: 'unicast',
    family,
    table: eni.table,
    dev: eni.ifname,
    protocol: 'boot',
    flags: [],
    origin: {
      by: 'vpc-cni',
      because: sayEni(eni),
      at: eni.spec.source ?? node.spec.source,
    },
  } as const;
  return [
    { ...shared, dst: defaultRoute(family), gateway, scope: 'global' },
    { ...shared, dst: cidrOf(gateway), scope: family === 4 ? 'link' : 'global' },
  ];
}

function podRoutes(node: NodePlan, settings: PathSettings): readonly Route[] {
  return node.pods.flatMap(({ addresses, veth, origin, eni }) =>
    addresses.map((address): Route => {
      const family = familyOf(address);
      return {
        type: 'unicast',
        family,
        dst: cidrOf(address),
        table: isStrict(eni, settings) ? eni.table : MAIN_TABLE,
        dev: veth,
        protocol: 'boot',
        scope: family === 4 ? 'link' : 'global',
        flags: NO_FLAGS,
        origin,
      };
    }),
  );
}
