/** Both are read; the first wins (aws-load-balancer-controller pkg/annotations/constants.go). */
export const SERVICE_PREFIXES = ['service.beta.kubernetes.io/', 'service.kubernetes.io/'] as const;

/** What annotations of load balancers begin with, behind the prefix. */
export const LOAD_BALANCER = 'aws-load-balancer-';

/**
 * What follows `aws-load-balancer-` in the annotations either controller reads, those included that move no packet: names,
 * tags, logs, capacity, TLS policies, intervals and the management of security groups.
 */
export const KNOWN_ANNOTATIONS: ReadonlySet<string> = new Set(
  `access-log-emit-interval access-log-enabled access-log-s3-bucket-name access-log-s3-bucket-prefix
  additional-resource-tags alpn-policy attributes backend-protocol connection-draining-enabled
  connection-draining-timeout connection-idle-timeout cross-zone-load-balancing-enabled disable-nlb-sg eip-allocations
  enable-icmp-for-path-mtu-discovery enable-prefix-for-ipv6-source-nat enable-tcp-udp-listener extra-security-groups
  healthcheck-healthy-threshold healthcheck-interval healthcheck-path healthcheck-port healthcheck-protocol
  healthcheck-success-codes healthcheck-timeout healthcheck-unhealthy-threshold
  inbound-sg-rules-on-private-link-traffic internal ip-address-type ipv6-addresses listener-attributes
  manage-backend-security-group-rules minimum-load-balancer-capacity multi-cluster-target-group name nlb-target-type
  private-ipv4-addresses proxy-protocol proxy-protocol-per-target-group quic-enabled-ports scheme security-groups
  security-group-prefix-lists source-nat-ipv6-prefixes ssl-cert ssl-negotiation-policy ssl-ports subnets
  target-group-attributes target-node-labels type`.split(/\s+/),
);

/** Those that take one more word: a port, or a protocol and a port. */
export const PER_PORT: ReadonlySet<string> = new Set(['target-group-attributes', 'listener-attributes']);
