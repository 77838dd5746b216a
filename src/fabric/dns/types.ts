import type { Ip } from '../../net/index.ts';

/** One record as a message carries it: absolute name without the trailing dot, as the client spelled it. */
export type Rr = { readonly name: string; readonly ttl: number } & (
  | { readonly type: 'A' | 'AAAA'; readonly address: Ip }
  | { readonly type: 'CNAME' | 'PTR' | 'NS'; readonly target: string }
  | {
      readonly type: 'SRV';
      readonly priority: number;
      readonly weight: number;
      readonly port: number;
      readonly target: string;
    }
  | { readonly type: 'TXT'; readonly text: string }
  | {
      readonly type: 'SOA';
      readonly mname: string;
      readonly rname: string;
      readonly refresh: number;
      readonly retry: number;
      readonly expire: number;
      readonly minimum: number;
    }
);

export interface DnsQuestion {
  /** Who asks outside the cluster is in a subnet with DNS64; absent: in none. */
  readonly dns64?: boolean;
  /** No server outside answers who asks there for the name. */
  readonly silent?: boolean;
  readonly name: string;
  /** `A`, `SRV`, ... as RFC 1035 and its successors name them; `TYPE65280` for one without a name. */
  readonly type: string;
}

/** What a name server says, before it is fitted into a message. */
export interface DnsAnswer {
  readonly rcode: 'NOERROR' | 'NXDOMAIN' | 'REFUSED' | 'SERVFAIL';
  /** AA: the server answers from its own zone. */
  readonly authoritative: boolean;
  /** RA: a resolver stands behind the answer. */
  readonly recursionAvailable: boolean;
  readonly answers: readonly Rr[];
  readonly authority: readonly Rr[];
  readonly additional: readonly Rr[];
  readonly answeredBy: 'coredns' | 'upstream';
  /** Why nobody can say what the real server answers. Then the rest is a server that failed. */
  readonly unknown?: string;
}
