import type { IpSet, IpSetElement, IpSetPart } from '../../../linux/index.ts';
import type { Cidr, Family, Ip } from '../../../net/index.ts';
import type { ServicePortInfo } from '../service-port.ts';

type Type = 'hash:ip' | 'hash:ip,port' | 'hash:ip,port,ip' | 'hash:ip,port,net' | 'bitmap:port';

/** The sets of the mode, with the comment of the rules that ask them (pkg/proxy/ipvs/ipset.go, and ipsetInfo in proxier.go). */
const SETS = {
  'KUBE-LOOP-BACK': ['hash:ip,port,ip', 'Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose'],
  'KUBE-CLUSTER-IP': ['hash:ip,port', 'Kubernetes service cluster ip + port for masquerade purpose'],
  'KUBE-EXTERNAL-IP': ['hash:ip,port', 'Kubernetes service external ip + port for masquerade and filter purpose'],
  'KUBE-EXTERNAL-IP-LOCAL': ['hash:ip,port', 'Kubernetes service external ip + port with externalTrafficPolicy=local'],
  'KUBE-LOAD-BALANCER': ['hash:ip,port', 'Kubernetes service lb portal'],
  'KUBE-LOAD-BALANCER-FW': [
    'hash:ip,port',
    'Kubernetes service load balancer ip + port for load balancer with sourceRange',
  ],
  'KUBE-LOAD-BALANCER-LOCAL': [
    'hash:ip,port',
    'Kubernetes service load balancer ip + port with externalTrafficPolicy=local',
  ],
  'KUBE-LOAD-BALANCER-SOURCE-IP': [
    'hash:ip,port,ip',
    'Kubernetes service load balancer ip + port + source IP for packet filter purpose',
  ],
  'KUBE-LOAD-BALANCER-SOURCE-CIDR': [
    'hash:ip,port,net',
    'Kubernetes service load balancer ip + port + source cidr for packet filter purpose',
  ],
  'KUBE-NODE-PORT-TCP': ['bitmap:port', 'Kubernetes nodeport TCP port for masquerade purpose'],
  'KUBE-NODE-PORT-LOCAL-TCP': ['bitmap:port', 'Kubernetes nodeport TCP port with externalTrafficPolicy=local'],
  'KUBE-NODE-PORT-UDP': ['bitmap:port', 'Kubernetes nodeport UDP port for masquerade purpose'],
  'KUBE-NODE-PORT-LOCAL-UDP': ['bitmap:port', 'Kubernetes nodeport UDP port with externalTrafficPolicy=local'],
  'KUBE-NODE-PORT-SCTP-HASH': [
    'hash:ip,port',
    "Kubernetes nodeport SCTP port for masquerade purpose with type 'hash ip:port'",
  ],
  'KUBE-NODE-PORT-LOCAL-SCTP-HASH': [
    'hash:ip,port',
    "Kubernetes nodeport SCTP port with externalTrafficPolicy=local with type 'hash ip:port'",
  ],
  'KUBE-HEALTH-CHECK-NODE-PORT': ['bitmap:port', 'Kubernetes health check node port'],
  'KUBE-IPVS-IPS': ['hash:ip', ''],
} as const satisfies Readonly<Record<string, readonly [type: Type, comment: string]>>;

export type SetName = keyof typeof SETS;

export const SET_NAMES = Object.keys(SETS) as readonly SetName[]; // the keys of a literal

export const commentOf = (name: SetName): string => SETS[name][1];

/** ipset(8): no name is longer. */
const MAX_NAME = 31;

/** Both families' sets are there at once, so those of IPv6 are called otherwise (NewIPSet). */
export const setName = (name: SetName, family: Family): string =>
  family === 4 ? name : name.replace('KUBE-', 'KUBE-6-').slice(0, MAX_NAME);

/** A set as kube-proxy makes it (pkg/proxy/ipvs/ipset/ipset.go, setIPSetDefaults). */
export function makeSet(name: SetName, family: Family, elements: readonly IpSetElement[]): IpSet {
  const type = SETS[name][0];
  const options =
    type === 'bitmap:port' ? 'range 0-65535' : `family ${family === 4 ? 'inet' : 'inet6'} hashsize 1024 maxelem 65536`;
  return { name: setName(name, family), type, options, elements };
}

type Of = Pick<ServicePortInfo, 'protocol' | 'origin'>;

const element = ({ origin }: Of, parts: readonly IpSetPart[]): IpSetElement => ({ parts, nomatch: false, origin });

export const ipElement = (of: Of, ip: Ip): IpSetElement => element(of, [{ kind: 'ip', ip }]);
export const portElement = (of: Of, port: number): IpSetElement => element(of, [{ kind: 'port', port }]);
export const ipPortElement = (of: Of, ip: Ip, port: number): IpSetElement =>
  element(of, [{ kind: 'ip', ip }, portOf(of, port)]);
export const ipPortIpElement = (of: Of, ip: Ip, port: number, source: Ip): IpSetElement =>
  element(of, [{ kind: 'ip', ip }, portOf(of, port), { kind: 'ip', ip: source }]);
export const ipPortNetElement = (of: Of, ip: Ip, port: number, cidr: Cidr): IpSetElement =>
  element(of, [{ kind: 'ip', ip }, portOf(of, port), { kind: 'net', cidr }]);

const portOf = ({ protocol }: Of, port: number): IpSetPart => ({ kind: 'port', protocol, port });
