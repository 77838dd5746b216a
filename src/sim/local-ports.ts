import { type PortRange, portList, portRange } from '../linux/index.ts';
import type { Evidence } from '../trace/index.ts';
import { perNetns } from './per-netns.ts';
import type { Host } from './types.ts';

/** The ports a namespace gives to sockets that name none. */
export interface LocalPorts {
  readonly first: number;
  readonly count: number;
  /** Whether `first + offset` is in `ip_local_reserved_ports`. */
  reserved(offset: number): boolean;
}

/** The kernel's own (net/ipv4/af_inet.c, inet_init_net). */
const DEFAULT_RANGE: PortRange = { from: 32_768, to: 60_999 };

/** `ip_local_port_range` and `ip_local_reserved_ports`, of both families (net/ipv4/inet_connection_sock.c, inet_get_local_port_range). */
export const localPorts = perNetns(({ sysctls }): LocalPorts => {
  const { from, to } = portRange(sysctls.get('net.ipv4.ip_local_port_range') ?? '') ?? DEFAULT_RANGE;
  const kept = bitmap(portList(sysctls.get('net.ipv4.ip_local_reserved_ports') ?? '') ?? []);
  return { first: from, count: to - from + 1, reserved: (offset) => kept[from + offset] === true };
});

/** The setting ports are drawn by. */
export function portRangeOf({ folder, netns: { sysctls } }: Host): Evidence {
  const range = sysctls.get('net.ipv4.ip_local_port_range') ?? `${DEFAULT_RANGE.from} ${DEFAULT_RANGE.to}`;
  const text = `net.ipv4.ip_local_port_range = ${range}`;
  return { plane: 'sim', artefact: { file: `${folder}/sysctl` }, text };
}

/** By port: whether a range has it. */
function bitmap(ranges: readonly PortRange[]): readonly boolean[] {
  if (ranges.length === 0) return [];
  const change = new Int32Array(65_537);
  for (const { from, to } of ranges) {
    change[from] = (change[from] ?? 0) + 1;
    change[to + 1] = (change[to + 1] ?? 0) - 1;
  }
  let open = 0;
  return Array.from(change, (by) => {
    open += by;
    return open > 0;
  });
}

/**
 * The first port from `offset` on that is neither reserved nor `taken`: every second one, then the others; the last of an
 * odd number is left out (net/ipv4/inet_hashtables.c, __inet_hash_connect).
 */
export function freePort(
  ports: LocalPorts,
  offset: number,
  taken: (port: number) => boolean = () => false,
): number | undefined {
  const count = ports.count > 1 ? ports.count - (ports.count % 2) : 1;
  const half = Math.ceil(count / 2);
  for (let i = 0; i < count; i++) {
    const at = (offset + 2 * (i % half) + (i < half ? 0 : 1)) % count;
    if (!ports.reserved(at) && !taken(ports.first + at)) return ports.first + at;
  }
  return undefined;
}
