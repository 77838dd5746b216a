import type { Cidr, Ip } from '../net/index.ts';
import type { FabricOrigin } from './origin.ts';

/**
 * A transit gateway: a router between attachments. A packet is looked up in the route table its attachment is associated
 * with (Amazon VPC transit gateways guide, How transit gateways work).
 */
export interface TransitGateway {
  readonly id: string;
  readonly attachments: readonly TransitGatewayAttachment[];
  readonly routeTables: readonly TransitGatewayRouteTable[];
  readonly origin?: FabricOrigin;
}

export interface TransitGatewayAttachment {
  readonly id: string;
  /** The route table packets that come in by it are looked up in; null: none, they are dropped. */
  readonly routeTable: string | null;
  readonly mtu: number;
  readonly to:
    | {
        readonly kind: 'vpc';
        readonly vpc: string;
        /** At most one a zone: only packets of these zones get in, and packets come out in one of them. */
        readonly subnets: readonly string[];
        /** Both directions of a flow keep one zone of this VPC. */
        readonly applianceMode: boolean;
      }
    | { readonly kind: 'on-premises'; readonly network: string; readonly over: ConnectionKind };
  readonly origin?: FabricOrigin;
}

export type ConnectionKind = 'vpn' | 'direct-connect';

export interface TransitGatewayRouteTable {
  readonly id: string;
  /** Of two for the same block the first one holds: static ones stand before what was propagated. */
  readonly routes: readonly {
    readonly destination: Cidr;
    /** null: a blackhole. */
    readonly attachment: string | null;
    readonly origin?: FabricOrigin;
  }[];
}

/** A virtual private gateway: where VPN and Direct Connect connections of one VPC end. */
export interface VpnGateway {
  readonly id: string;
  readonly vpc: string;
  /** The one preferred stands first (Site-to-Site VPN guide, route priority). */
  readonly connections: readonly {
    readonly id: string;
    readonly network: string;
    readonly over: ConnectionKind;
    readonly mtu: number;
  }[];
  readonly origin?: FabricOrigin;
}

/** A network of somebody's own, behind a customer gateway. */
export interface OnPremises {
  readonly id: string;
  readonly cidrs: readonly Cidr[];
  /** The customer gateway's address inside: a router, and a hop. */
  readonly gateway: Ip;
  /** Its hosts: each has one device on the network. */
  readonly hosts: readonly { readonly netns: string; readonly dev: string; readonly addresses: readonly Ip[] }[];
  /** What its customer gateway sends over which connection; of two for the same block the first one holds. */
  readonly routes: readonly { readonly destination: Cidr; readonly connection: string }[];
  readonly origin?: FabricOrigin;
}

/**
 * A gateway endpoint: a route to a service's public addresses that leaves the source as it is (VPC guide, Gateway endpoints).
 * An interface endpoint is an ENI with the owner `vpc-endpoint/ID`.
 */
export interface VpcEndpoint {
  readonly id: string;
  readonly vpc: string;
  readonly kind: 'gateway' | 'interface';
  /** `com.amazonaws.eu-west-1.s3` */
  readonly service: string;
  /** TCP ports it answers on: an interface endpoint's. */
  readonly ports: readonly number[];
  readonly origin?: FabricOrigin;
}
