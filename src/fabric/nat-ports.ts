/**
 * Connections to one destination (address, port, protocol) an address of a NAT gateway can carry at once (VPC guide, NAT
 * gateway basics).
 */
export const PORTS_PER_DESTINATION = 55_000;
