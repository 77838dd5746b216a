import { z } from 'zod';
import { cidrValue, idValue, ipValue, portValue } from './values.ts';

/** A transit gateway; `metadata.name` is its id. */
export const transitGatewaySpec = z.strictObject({
  attachments: z.array(
    z.strictObject({
      id: idValue,
      vpc: idValue,
      subnets: z.array(idValue).min(1).meta({ description: 'at most one a zone' }),
      routeTable: idValue.exactOptional(),
      applianceMode: z.boolean().exactOptional(),
    }),
  ),
  routeTables: z
    .array(
      z.strictObject({
        id: idValue,
        routes: z
          .array(
            z.strictObject({
              destination: cidrValue,
              attachment: idValue.meta({ description: 'an attachment\'s id, or "blackhole"' }),
            }),
          )
          .exactOptional(),
        propagations: z.array(idValue).exactOptional(),
      }),
    )
    .exactOptional(),
});

/** A network of one's own; `metadata.name` is its name. */
export const onPremisesSpec = z.strictObject({
  cidrs: z.array(cidrValue).min(1),
  gatewayIp: ipValue.exactOptional(),
  connections: z.array(
    z.strictObject({
      id: idValue,
      kind: z.enum(['vpn', 'direct-connect']),
      gateway: idValue.meta({ description: "a VPC's VPN gateway, or a transit gateway" }),
      mtu: z.int().min(576).max(9001).exactOptional(),
      routeTable: idValue.exactOptional(),
    }),
  ),
});

/** A VPC endpoint; `metadata.name` is its id. */
export const vpcEndpointSpec = z.strictObject({
  vpc: idValue,
  type: z.enum(['Gateway', 'Interface']),
  service: idValue.meta({ description: 'com.amazonaws.eu-west-1.s3' }),
  cidrs: z.array(cidrValue).exactOptional(),
  routeTables: z.array(idValue).exactOptional(),
  subnets: z.array(z.strictObject({ subnet: idValue, ip: ipValue.exactOptional() })).exactOptional(),
  ports: z.array(portValue).exactOptional(),
  dnsNames: z.array(idValue).exactOptional(),
  securityGroups: z.array(idValue).exactOptional(),
});
