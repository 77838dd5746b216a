import { resolverAddresses } from '../../fabric/index.ts';
import type { ListenSocket } from '../../linux/index.ts';
import { ip } from '../../net/index.ts';
import { implicitInternetHost, type World } from '../../world/index.ts';

/** Sockets of a part of the fabric, by the label its namespace has in a lab. */
export interface FabricSockets {
  readonly label: string;
  readonly hostname: string;
  readonly sockets: readonly ListenSocket[];
  /** Every address there is is its own: an answer leaves from the one that was asked. */
  readonly anyAddress: boolean;
}

const DNS = 53;
const HTTPS = 443;

/**
 * Who listens where the model answers without a namespace of the World: the resolver of each VPC, the API server behind the
 * control plane's ENIs, and the host at every public address nobody declared.
 */
export function fabricSockets({ fabric }: World): readonly FabricSockets[] {
  const controlPlanes = new Set(
    fabric.enis.map(({ owner }) => owner).filter((each) => each.startsWith('control-plane/')),
  );
  return [
    ...fabric.vpcs.map((vpc) => ({
      label: `resolver/${vpc.id}`,
      hostname: '',
      sockets: resolverAddresses(vpc).flatMap((local) =>
        (['udp', 'tcp'] as const).map((protocol) => ({ protocol, local, port: DNS, process: 'vpc-resolver' })),
      ),
      anyAddress: false,
    })),
    ...[...controlPlanes].map((label) => ({
      label,
      hostname: label.slice(label.indexOf('/') + 1),
      sockets: [{ protocol: 'tcp', local: '*', port: HTTPS, process: 'kube-apiserver' } as const],
      anyAddress: false,
    })),
    { label: 'internet/*', hostname: '', sockets: implicitInternetHost(ip('0.0.0.0')).sockets, anyAddress: true },
  ];
}
