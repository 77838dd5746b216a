import type { Eni, Subnet } from '../../fabric/index.ts';
import type { DropCause, Place, Step } from '../../trace/index.ts';
import type { PortDraw } from '../../world/index.ts';
import { tellDraw } from '../draw-port.ts';
import type { Packet } from '../packet.ts';
import { packetHeaders } from '../packet.ts';
import type { Walk } from '../types.ts';
import type { FabricIndex } from './fabric-index.ts';
import type { TrackedFlows } from './filters/tracked-flows.ts';
import type { ProxyConnections } from './load-balancer/application/connections.ts';
import type { ProxyEnd } from './load-balancer/application/proxy-end.ts';
import type { FlowTable } from './load-balancer/flow-table.ts';
import type { CheckTarget } from './load-balancer/health-types.ts';
import type { NatTable } from './nat-table.ts';

/** What crossing the fabric needs: the index, the translation tables, and where steps go. */
export interface FabricWalk {
  readonly index: FabricIndex;
  readonly nat: (gateway: string) => NatTable;
  readonly proxy: (loadBalancer: string) => ProxyConnections;
  /** Flows through network load balancers. */
  readonly flows: () => FlowTable;
  readonly checkTarget: CheckTarget;
  /** A header that goes before the packet's data tells the far end this. */
  readonly announce: (header: string) => void;
  /** Of an attachment in appliance mode: the zone each flow keeps. */
  readonly pins: (attachment: string) => Map<string, string>;
  /** What an ENI's security groups know. */
  readonly tracked: (eni: string) => TrackedFlows;
  readonly walk: Walk;
  /** Starts a hop at a place of the fabric: the steps that follow belong to it. */
  readonly enter: (place: Place) => void;
}

type FabricStep = Step & { readonly kind: 'fabric' };

export function recordFabric(
  on: FabricWalk,
  what: FabricStep['what'],
  before: Packet,
  after: Packet,
  line: {
    readonly action: string;
    readonly because?: string;
    readonly text: string;
    readonly by?: string;
    readonly at?: string;
    readonly destination?: string;
    readonly unhealthy?: FabricStep['unhealthy'];
    readonly failsOpen?: boolean;
  },
): void {
  if (on.walk.record === undefined) return;
  on.walk.record({
    kind: 'fabric',
    what,
    ...(line.destination === undefined ? {} : { destination: line.destination }),
    ...(line.unhealthy === undefined ? {} : { unhealthy: line.unhealthy, failsOpen: line.failsOpen ?? false }),
    action: line.action,
    because: line.because ?? '',
    evidence: {
      plane: 'sim',
      artefact: { file: 'fabric.json' },
      text: line.text,
      ...(line.by === undefined ? {} : { by: line.by }),
      ...(line.at === undefined ? {} : { setting: line.at }),
    },
    before: packetHeaders(before),
    after: packetHeaders(after),
  });
}

/** Of a source port that a device of the fabric draws for a packet. */
export const toldDraw = (
  on: FabricWalk,
  packet: Packet,
  line: { readonly text: string; readonly by?: string },
): PortDraw =>
  tellDraw(on.walk.record, 'source port', () => ({
    evidence: { plane: 'sim', artefact: { file: 'fabric.json' }, ...line },
    headers: packetHeaders(packet),
  }));

/** How a crossing ended. */
export type Crossing =
  /** Arrives on a device of a namespace. */
  | { readonly kind: 'arrive'; readonly netns: string; readonly dev: string; readonly packet: Packet }
  /** A device of the fabric made an answer: it travels from there. */
  | {
      readonly kind: 'died';
      readonly disposition: 'dropped' | 'ttl-exceeded' | 'too-big' | 'exhausted' | 'refused' | 'loop';
      readonly because: string;
      readonly error: FabricPacket | undefined;
      readonly packet: Packet;
    }
  /** Delivered to something without a namespace: the control plane, the VPC resolver. */
  | {
      readonly kind: 'delivered';
      readonly name: string;
      readonly packet: Packet;
      readonly answer: FabricPacket | undefined;
      readonly socket: string;
      /** It ended at a proxy, which may open a connection of its own for what is asked over this one. */
      readonly proxy?: ProxyEnd;
    }
  | { readonly kind: 'unknown'; readonly what: string; readonly packet: Packet };

/** Where a packet stands between two devices of the fabric: what it meets next. */
export type Next =
  /** At the implicit router of a subnet, to be sent on by its route table. */
  | { readonly kind: 'route'; readonly subnet: Subnet; readonly packet: Packet; readonly sender: Eni | undefined }
  /** Over a connection to a customer gateway. */
  | { readonly kind: 'on-premises'; readonly network: string; readonly mtu: number; readonly packet: Packet }
  /** Out of every VPC. */
  | { readonly kind: 'internet'; readonly packet: Packet };

/**
 * Where in a VPC a packet comes from: the subnet it leaves, and the ENI that sent it. Undefined: from outside the VPC, or from
 * the router itself; from what is no ENI that a security group could name.
 */
export interface Whence {
  readonly subnet: Subnet | undefined;
  readonly sender: Eni | undefined;
}

export const OUTSIDE: Whence = { subnet: undefined, sender: undefined };

/** A packet that a device of the fabric makes. */
export type FabricPacket =
  /** It starts its way inside a VPC, at an address that belongs there. */
  | {
      readonly vpc: string;
      /** The subnet its maker stands in; absent: the router made it, and it stays in the VPC. */
      readonly subnet?: Subnet;
      /** The ENI it leaves by, past its security groups. */
      readonly eni?: Eni;
      readonly place: Place;
      readonly packet: Packet;
    }
  /** What answers on the card of an ENI's host: straight to who is behind that ENI. */
  | { readonly card: Eni; readonly place: Place; readonly packet: Packet }
  /** A customer gateway's. */
  | { readonly network: string; readonly place: Place; readonly packet: Packet }
  /** It starts on the internet. */
  | { readonly outside: true; readonly place: Place; readonly packet: Packet };

/** `line`: what decided; where it stands in the input, if that is known. */
export function die(
  on: FabricWalk,
  packet: Packet,
  disposition: (Crossing & { kind: 'died' })['disposition'],
  cause: DropCause,
  because: string,
  line: string | { readonly text: string; readonly by?: string },
  error?: FabricPacket,
): Crossing {
  if (on.walk.record !== undefined) {
    const headers = packetHeaders(packet);
    const said = typeof line === 'string' ? { text: line } : line;
    const evidence = { plane: 'sim', artefact: { file: 'fabric.json' }, ...said } as const;
    on.walk.record({
      kind: 'drop',
      disposition,
      cause,
      action: 'dropped',
      because,
      evidence,
      before: headers,
      after: headers,
    });
  }
  return { kind: 'died', disposition, because, error, packet };
}
