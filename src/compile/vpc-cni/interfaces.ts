import type { Ip } from '../../net/index.ts';
import type { EniPlan } from '../node/plan-types.ts';
import type { PathSettings } from './settings.ts';

/**
 * The address by which ipamd and the plugin know an interface: its primary one, of a trunk and a branch in an IPv6 cluster the
 * IPv6 one (amazon-vpc-cni-k8s `pkg/ipamd/ipamd.go` setupENI, `pkg/ipamd/rpc_handler.go` AddNetwork).
 */
export const setUpAddress = ({ spec, vlan }: EniPlan): Ip =>
  vlan === undefined && spec.interfaceType !== 'trunk' ? spec.primaryIp : (spec.addresses[0] ?? spec.primaryIp);

/** A branch in strict mode: what concerns its pod is decided by the device packets come in by, and leaves by the trunk. */
export const isStrict = ({ vlan }: EniPlan, settings: PathSettings): boolean =>
  vlan !== undefined && settings.podSecurityGroupEnforcingMode === 'strict';

export const sayEni = ({ spec, vlan }: EniPlan): string =>
  vlan === undefined
    ? `${spec.id}, device ${spec.deviceIndex}`
    : `${spec.id}, VLAN ${vlan.id} of ${vlan.trunk.spec.id}`;
