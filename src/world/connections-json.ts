import type {
  OnPremises,
  TransitGateway,
  TransitGatewayAttachment,
  TransitGatewayRouteTable,
  VpcEndpoint,
  VpnGateway,
} from '../fabric/index.ts';
import { address, block, type Decode, flag, list, object, oneOf, orNull, tagged, text, whole } from './decode.ts';
import { origin } from './origin-json.ts';

type To = TransitGatewayAttachment['to'];
const over = oneOf('vpn', 'direct-connect');
const to: Decode<To> = tagged<To>('kind', {
  vpc: object<Extract<To, { kind: 'vpc' }>>({
    kind: oneOf('vpc'),
    vpc: text,
    subnets: list(text),
    applianceMode: flag,
  }),
  'on-premises': object<Extract<To, { kind: 'on-premises' }>>({ kind: oneOf('on-premises'), network: text, over }),
});
const attachment = object<TransitGatewayAttachment>({ id: text, routeTable: orNull(text), mtu: whole, to, origin }, [
  'origin',
]);
const route = object<TransitGatewayRouteTable['routes'][number]>(
  { destination: block, attachment: orNull(text), origin },
  ['origin'],
);
const routeTable = object<TransitGatewayRouteTable>({ id: text, routes: list(route) });

export const transitGateway: Decode<TransitGateway> = object<TransitGateway>(
  { id: text, attachments: list(attachment), routeTables: list(routeTable), origin },
  ['origin'],
);

const connection = object<VpnGateway['connections'][number]>({ id: text, network: text, over, mtu: whole });
export const vpnGateway: Decode<VpnGateway> = object<VpnGateway>(
  { id: text, vpc: text, connections: list(connection), origin },
  ['origin'],
);

export const onPremises: Decode<OnPremises> = object<OnPremises>(
  {
    id: text,
    cidrs: list(block),
    gateway: address,
    hosts: list(object<OnPremises['hosts'][number]>({ netns: text, dev: text, addresses: list(address) })),
    routes: list(object<OnPremises['routes'][number]>({ destination: block, connection: text })),
    origin,
  },
  ['origin'],
);

export const vpcEndpoint: Decode<VpcEndpoint> = object<VpcEndpoint>(
  { id: text, vpc: text, kind: oneOf('gateway', 'interface'), service: text, ports: list(whole), origin },
  ['origin'],
);
