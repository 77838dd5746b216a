import { type RealServer, showRealServer, showVirtualServer, type VirtualServer } from '../../../linux/index.ts';
import type { Ip, Protocol } from '../../../net/index.ts';
import type { Evidence } from '../../../trace/index.ts';
import { perNetns } from '../../per-netns.ts';
import type { Host } from '../../types.ts';

interface Services {
  readonly byAddress: ReadonlyMap<string, VirtualServer>;
  readonly byMark: ReadonlyMap<number, VirtualServer>;
  /** Of its `-A` line. */
  readonly lines: ReadonlyMap<VirtualServer, number>;
}

const keyOf = (protocol: Protocol, address: Ip, port: number): string => `${protocol} ${address} ${port}`;

const servicesOf = perNetns(({ ipvs = [] }): Services => {
  const byAddress = new Map<string, VirtualServer>();
  const byMark = new Map<number, VirtualServer>();
  const lines = new Map<VirtualServer, number>();
  let line = 1;
  for (const service of ipvs) {
    const { at } = service;
    if (at.kind === 'fwmark') byMark.set(at.mark, service);
    else byAddress.set(keyOf(at.protocol, at.address, at.port), service);
    lines.set(service, line);
    line += 1 + service.realServers.length;
  }
  return { byAddress, byMark, lines };
});

/**
 * The virtual service a packet is for: one of its firewall mark first, then one of its address and port, then one of all
 * ports of the address (net/netfilter/ipvs/ip_vs_ctl.c, ip_vs_service_find).
 */
export function findService(
  host: Host,
  mark: number,
  protocol: Protocol,
  address: Ip,
  port: number,
): VirtualServer | undefined {
  const { byAddress, byMark } = servicesOf(host);
  const marked = mark === 0 ? undefined : byMark.get(mark);
  return marked ?? byAddress.get(keyOf(protocol, address, port)) ?? byAddress.get(keyOf(protocol, address, 0));
}

/** The line of a virtual service, or of one of its real servers, and who wrote it. */
export function serviceEvidence(host: Host, service: VirtualServer, server?: RealServer): Evidence {
  const first = servicesOf(host).lines.get(service);
  const offset = server === undefined ? 0 : service.realServers.indexOf(server) + 1;
  const { origin } = service;
  return {
    plane: 'sim',
    artefact: { file: `${host.folder}/ipvsadm-save`, ...(first === undefined ? {} : { line: first + offset }) },
    text: server === undefined ? showVirtualServer(service) : showRealServer(service.at, server),
    ...(origin === undefined ? {} : { by: origin.by }),
    ...(origin?.because === undefined ? {} : { setting: origin.because }),
  };
}
