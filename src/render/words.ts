import type { Headers, IdentityKind, Place } from '../trace/index.ts';

/** `10.0.1.51:59432`, `[2600::1]:80`, or the bare address where there is no port. */
export function endpoint(ip: string, port: number | null | undefined): string {
  if (port === null || port === undefined) return ip;
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

export const sourceOf = (headers: Headers): string => endpoint(headers.src, headers.sport);
export const destinationOf = (headers: Headers): string => endpoint(headers.dst, headers.dport);

/** The name a reader uses: a pod without its namespace, a node without its domain. */
export function shortName(place: Place): string {
  if (place.kind === 'pod') return place.name.slice(place.name.indexOf('/') + 1);
  if (place.kind === 'node') return place.name.split('.')[0] ?? place.name;
  if (place.kind === 'vpc') return 'vpc';
  if (place.kind === 'control-plane') return 'control plane';
  return place.name;
}

export const longName = (place: Place): string => `${place.kind}/${place.name}`;

/** Who an address is, as a clause after "sees ADDRESS,". */
export function identityClause(kind: IdentityKind, name: string, sharedBy: number): string {
  const shared = sharedBy > 1 ? `, shared by ${sharedBy}` : '';
  switch (kind) {
    case 'pod':
      return 'the pod itself';
    case 'node':
      return `node ${name.split('.')[0] ?? name}${shared}`;
    case 'nat-gateway':
      return `NAT gateway ${name}${shared}`;
    case 'load-balancer':
      return `load balancer ${name}${shared}`;
    case 'control-plane':
      return `the control plane of ${name}`;
    case 'internet-client':
      return 'a client on the internet';
    case 'server':
      if (name === 'loopback') return 'the same machine';
      return name.startsWith('svc/') ? `Service ${name.slice('svc/'.length)}` : `server ${name}`;
    case 'unowned':
      return name === 'link-local'
        ? 'a link-local address'
        : name.startsWith('no Service')
          ? `an address of ${name}`
          : 'an address nobody owns';
  }
}
