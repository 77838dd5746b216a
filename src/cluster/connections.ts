import type { SourceRef } from '../base/index.ts';
import type { Cidr, Ip } from '../net/index.ts';

// What connects the cluster's VPC to other networks, as a user describes it.

export interface TransitGatewaySpec {
  readonly id: string;
  readonly attachments: readonly {
    readonly id: string;
    readonly vpc: string;
    readonly subnets: readonly string[];
    /** Absent: the default one, or none where route tables are given. */
    readonly routeTable?: string;
    readonly applianceMode: boolean;
    readonly source: SourceRef;
  }[];
  /** Empty: one default route table, with which every attachment is associated and to which every one propagates. */
  readonly routeTables: readonly {
    readonly id: string;
    /** `attachment` is the id of one, or `blackhole`. */
    readonly routes: readonly {
      readonly destination: Cidr;
      readonly attachment: string;
      readonly source: SourceRef;
    }[];
    /** Attachments whose networks' blocks it learns. */
    readonly propagations: readonly string[];
    readonly source: SourceRef;
  }[];
  readonly source: SourceRef;
}

export interface OnPremisesSpec {
  readonly name: string;
  readonly cidrs: readonly Cidr[];
  /** The customer gateway's address inside; absent: the first of the first block. */
  readonly gatewayIp?: Ip;
  readonly connections: readonly {
    readonly id: string;
    readonly kind: 'vpn' | 'direct-connect';
    /** A VPN gateway of a VPC, or a transit gateway: there the connection's id is its attachment's. */
    readonly gateway: string;
    /** Absent: 1500. */
    readonly mtu: number;
    /** Of a transit gateway: the route table its attachment is associated with. */
    readonly routeTable?: string;
    readonly source: SourceRef;
  }[];
  readonly source: SourceRef;
}

export interface VpcEndpointSpec {
  readonly id: string;
  readonly vpc: string;
  readonly type: 'Gateway' | 'Interface';
  readonly service: string;
  /** A gateway endpoint's: the blocks of the service's prefix list, and the route tables that have the route. */
  readonly cidrs: readonly Cidr[];
  readonly routeTables: readonly string[];
  /** An interface endpoint's ENIs. */
  readonly subnets: readonly { readonly subnet: string; readonly ip?: Ip }[];
  readonly ports: readonly number[];
  /** Private DNS: names of the service that resolve to the ENIs' addresses. */
  readonly dnsNames: readonly string[];
  readonly securityGroups: readonly string[];
  readonly source: SourceRef;
}
