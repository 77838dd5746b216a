import type { UnmodelledInput } from '../cluster.ts';
import type { Fields } from '../read/fields.ts';

/** Fields of a node group that give its nodes or pods something the compiler does not make. */
const GROUP_FIELDS = ['localZones', 'outpostARN', 'clusterDNS'] as const;
/** The same of a kubelet's own configuration. */
const KUBELET_FIELDS = ['clusterDNS', 'clusterDomain', 'resolvConf'] as const;
/** Shell that runs on each node as it starts. */
const COMMANDS = ['preBootstrapCommands', 'overrideBootstrapCommand'] as const;

/** What a ClusterConfig says of packet paths that nothing compiles: a warning for each, and what it touches. */
export function readNotModelled(config: Fields): readonly UnmodelledInput[] {
  warn(config, 'localZones', 'Local Zones are not modelled yet: "localZones" is left out');
  if (config.child('autoModeConfig')?.boolean('enabled') === true)
    warn(
      config,
      'autoModeConfig',
      'Nodes of EKS Auto Mode are not modelled: none is made, and what would run on one is unknown',
    );
  return [...outpost(config), ...nodeGroups(config)];
}

function outpost(config: Fields): readonly UnmodelledInput[] {
  if (!config.has('outpost')) return [];
  warn(config, 'outpost', 'Outposts are not modelled yet: a walk that crosses the VPC ends unknown');
  return [{ what: 'Outposts are not modelled', at: config.place('outpost'), touches: { kind: 'vpc' } }];
}

function nodeGroups(config: Fields): readonly UnmodelledInput[] {
  return [...config.children('managedNodeGroups'), ...config.children('nodeGroups')].flatMap((group) => {
    for (const key of COMMANDS)
      warn(group, key, `Commands are not read: what "${key}" changes on the nodes is in no answer`);
    const kubelet = group.child('kubeletExtraConfig');
    const places = [
      ...GROUP_FIELDS.filter((key) => group.has(key)).map((key) => [key, group.place(key)] as const),
      ...KUBELET_FIELDS.flatMap((key) =>
        kubelet?.has(key) === true ? [[`kubeletExtraConfig.${key}`, kubelet.place(key)] as const] : [],
      ),
    ];
    const name = group.string('name') ?? '';
    return places.map(([key, at]): UnmodelledInput => {
      const what = `"${key}" of node group "${name}" is not modelled`;
      group.complain([], {
        code: 'not-modelled',
        severity: 'warning',
        message: `${what}: its nodes' walks end unknown`,
      });
      return { what, at, touches: { kind: 'nodes', group: name } };
    });
  });
}

function warn(fields: Fields, key: string, message: string): void {
  if (fields.has(key)) fields.complain([key], { code: 'not-modelled', severity: 'warning', message });
}
