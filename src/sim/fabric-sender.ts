import type { Eni } from '../fabric/index.ts';
import { familyOf, type Ip, ip } from '../net/index.ts';
import type { DropCause, Evidence, Place, Probe } from '../trace/index.ts';
import type { Asker } from './exchange.ts';
import { type Packet, packetHeaders } from './packet.ts';
import { packetWithoutHost } from './probe-packet.ts';
import type { SessionState } from './session-state.ts';
import type { SourceDraw } from './source-draw.ts';

/** A sender that no namespace stands for, with its first packet. */
export type FabricSender =
  | { readonly ok: true; readonly packet: Packet; readonly asker: Asker }
  | {
      readonly ok: false;
      readonly cause: DropCause;
      readonly because: string;
      readonly packet: Packet;
    };

/**
 * What begins at an interface without a namespace: a call of the API server, or a connection of a load balancer's node, be
 * it a health check or one it opens for a client. `probe.from` is who has the interface, `probe.src` which one of several.
 * Its answer is awaited, so that it is not taken for a client's packet. Undefined: nobody of that name.
 */
export function fabricSender(state: SessionState, probe: Probe, draw: SourceDraw): FabricSender | undefined {
  const { index } = state;
  const place = placeOf(probe.from);
  const enis = place === undefined ? [] : index.fabric.enis.filter(({ owner }) => owner === probe.from);
  const [first] = enis;
  if (place === undefined || first === undefined) return undefined;
  const found = interfaceFor(enis, probe);
  const subnet = found === undefined ? undefined : index.subnet(found.eni.subnet);
  if (found === undefined || subnet === undefined) {
    const because = `no interface of ${probe.from} has an address of the family of ${probe.dst}`;
    const packet = packetWithoutHost(probe, familyOf(probe.dst) === 4 ? ANY[4] : ANY[6]);
    return { ok: false, cause: { kind: 'no-source' }, because, packet };
  }
  const { eni, src } = found;
  const packet = packetWithoutHost(probe, src, draw.source);
  state.flows.expect(packet);
  const asker: Asker = {
    start: (each) => ({
      kind: 'fabric',
      from: { vpc: subnet.vpc, subnet, eni, place, packet: each },
      packet: each,
      ...(each === packet ? { opening: draw.told(evidenceOf(eni), packetHeaders(packet)) } : {}),
    }),
    isHome: ({ device, packet: { dst } }) => device === probe.from && dst === src,
  };
  return { ok: true, packet, asker };
}

/** The address such a sender has towards a destination. */
export const interfaceTowards = ({ index }: SessionState, from: string, dst: Ip): Ip | undefined =>
  interfaceFor(
    index.fabric.enis.filter(({ owner }) => owner === from),
    { dst },
  )?.src;

const evidenceOf = ({ id }: Eni): Evidence => ({ plane: 'sim', artefact: { file: 'fabric.json' }, text: id });

const ANY = { 4: ip('0.0.0.0'), 6: ip('::') } as const;

function placeOf(from: string): Place | undefined {
  const name = from.slice(from.indexOf('/') + 1);
  if (from.startsWith('control-plane/')) return { kind: 'control-plane', name };
  return from.startsWith('lb/') ? { kind: 'load-balancer', name } : undefined;
}

/** The one with the source that is asked for, or the first that can speak to the destination at all. */
function interfaceFor(
  enis: readonly Eni[],
  { src, dst }: Pick<Probe, 'src' | 'dst'>,
): { readonly eni: Eni; readonly src: Ip } | undefined {
  const family = familyOf(dst);
  const asked = src === undefined ? enis : enis.filter(({ addresses }) => addresses.includes(src));
  for (const eni of asked) {
    const own = eni.addresses.find((address) => familyOf(address) === family);
    if (own !== undefined) return { eni, src: own };
  }
  return undefined;
}
