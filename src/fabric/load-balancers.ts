import type { Cidr, Ip } from '../net/index.ts';
import type { FabricOrigin } from './origin.ts';

/**
 * An Elastic Load Balancing load balancer as EC2 and ELBv2 know it: what controllers made of a Service or an Ingress, or
 * what the input gives as it is. Field names are the API's in camel case (DescribeLoadBalancers, DescribeListeners,
 * DescribeRules, DescribeTargetGroups).
 */
export interface LoadBalancer {
  /** `LoadBalancerName`: unique in the World. */
  readonly id: string;
  /** `classic`: the one before ELBv2; it has listeners of one rule. */
  readonly type: 'network' | 'application' | 'classic';
  readonly scheme: 'internal' | 'internet-facing';
  readonly vpc: string;
  /** What resolves to the addresses of its zones. */
  readonly dnsName: string;
  readonly zones: readonly LoadBalancerZone[];
  /** Whether a node of one zone uses the targets of the others, where the target group does not say. */
  readonly crossZone: boolean;
  readonly listeners: readonly Listener[];
  /** `routing.http.xff_header_processing.mode` of an application load balancer. */
  readonly xForwardedFor: 'append' | 'preserve' | 'remove';
  /** `routing.http.xff_client_port.enabled`: what is appended is the peer's address and port. */
  readonly xffClientPort?: boolean;
  /** `NS/NAME` of the Service or the Ingresses it was made for. */
  readonly madeFor: readonly string[];
  /** The security group made for it alone, whose rules its controller writes from what it was made for. */
  readonly ownGroup?: string;
  readonly origin?: FabricOrigin;
}

/** One node of it. Its ENI is among the fabric's, with the address, the public address and the security groups. */
export interface LoadBalancerZone {
  readonly zone: string;
  readonly subnet: string;
  readonly eni: string;
}

export interface Listener {
  readonly protocol: 'TCP' | 'UDP' | 'TCP_UDP' | 'TLS' | 'HTTP' | 'HTTPS';
  readonly port: number;
  /** Seconds without a packet after which a connection is cut. */
  readonly idleTimeout: number;
  /** By priority; the last is the default rule, without conditions. A network load balancer has no other. */
  readonly rules: readonly ListenerRule[];
}

export interface ListenerRule {
  readonly priority: number | 'default';
  /** All must hold; of the values of one, any. */
  readonly conditions: readonly ListenerCondition[];
  readonly action: ListenerAction;
  readonly origin?: FabricOrigin;
}

export type ListenerCondition =
  /** Globs: `*` is any text, `?` one character. Hosts without case, paths with. */
  | { readonly field: 'host-header' | 'path-pattern' | 'http-request-method'; readonly values: readonly string[] }
  /** `RegexValues` of a host or a path. */
  | { readonly field: 'host-regex' | 'path-regex'; readonly values: readonly string[] }
  | { readonly field: 'http-header' | 'http-header-regex'; readonly name: string; readonly values: readonly string[] }
  | {
      readonly field: 'query-string';
      readonly values: readonly { readonly key?: string; readonly value: string }[];
    }
  /** Of the connection's other end, never of a header. */
  | { readonly field: 'source-ip'; readonly values: readonly Cidr[] };

export type ListenerAction =
  | {
      readonly kind: 'forward';
      readonly targetGroups: readonly { readonly id: string; readonly weight: number }[];
      /** Seconds for which a client stays with its target group (`TargetGroupStickinessConfig`, where it is enabled). */
      readonly stickinessSeconds?: number;
    }
  /** `#{host}` and the like stand for what the request had. */
  | {
      readonly kind: 'redirect';
      readonly statusCode: 301 | 302;
      readonly protocol: string;
      readonly host: string;
      readonly port: string;
      readonly path: string;
      readonly query: string;
    }
  | {
      readonly kind: 'fixed-response';
      readonly statusCode: number;
      readonly contentType: string;
      readonly body: string;
      /** What the rule names and its controller did not find, so that it made this answer instead. */
      readonly missing?: string;
    }
  /** An action nobody here can say the outcome of: a request that meets it ends `unknown`. */
  | {
      readonly kind: 'unmodelled';
      readonly what: string;
      /** Where requests go that pass it, where that is known. */
      readonly targetGroups?: readonly { readonly id: string; readonly weight: number }[];
    };

export interface TargetGroup {
  readonly id: string;
  /** `TargetGroupName`, where `id` is not that. */
  readonly name?: string;
  readonly arn?: string;
  readonly vpc: string;
  readonly protocol: Listener['protocol'];
  readonly targetType: 'instance' | 'ip' | 'alb';
  /** `preserve_client_ip.enabled`. */
  readonly preserveClientIp: boolean;
  /** `proxy_protocol_v2.enabled`. */
  readonly proxyProtocolV2: boolean;
  /** A Classic Load Balancer's ProxyProtocol policy: version 1, a line of text before the data. */
  readonly proxyProtocolV1?: boolean;
  /** `load_balancing.cross_zone.enabled`. */
  readonly crossZone: 'use_load_balancer_configuration' | 'true' | 'false';
  /** `stickiness.type` where it is enabled. */
  readonly stickiness: 'none' | 'source_ip' | 'lb_cookie' | 'app_cookie';
  /** Of the two by cookie: the target's own name for it (`stickiness.app_cookie.cookie_name`), and for how long it holds. */
  readonly stickinessCookie?: { readonly name?: string; readonly seconds: number };
  readonly healthCheck: HealthCheck;
  readonly targets: readonly Target[];
  /** Why its controller registers none. */
  readonly unregistered?: string;
  /** What leaves open whether any of them is registered: what comes to the group then ends `unknown`. */
  readonly unsure?: string;
  /** `NS/NAME` and port of the Service whose endpoints or node ports are its targets (`spec.serviceRef` of a TargetGroupBinding). */
  readonly serviceRef?: { readonly name: string; readonly port: number };
  readonly origin?: FabricOrigin;
}

export interface HealthCheck {
  readonly protocol: 'TCP' | 'HTTP' | 'HTTPS';
  readonly port: number | 'traffic-port';
  /** HTTP and HTTPS only. */
  readonly path: string;
  /** HTTP status codes that count as healthy, as the API writes them: `200`, `200-399`, `200,301`. */
  readonly matcher: string;
}

/** Whether it is healthy is not written down: a health check is a walk of its own. */
export interface Target {
  /** The instance id, the address, or the load balancer's name. */
  readonly id: string;
  /** Where its packets go: an instance's is the primary address of its primary ENI. */
  readonly ip: Ip;
  readonly port: number;
  /** `all` for an address outside the VPC's zones. */
  readonly zone: string;
}
