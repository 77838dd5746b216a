import type {
  OnPremises,
  TransitGateway,
  TransitGatewayAttachment,
  TransitGatewayRouteTable,
  VpcEndpoint,
  VpnGateway,
} from '../fabric/index.ts';
import { address, block, type Decode, flag, list, name, object, oneOf, orNull, tagged, text, whole } from './decode.ts';
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
const attachment = object<TransitGatewayAttachment>({ id: name, routeTable: orNull(text), mtu: whole, to, origin }, [
  'origin',
]);
const route = object<TransitGatewayRouteTable['routes'][number]>(
  { destination: block, attachment: orNull(text), origin },
  ['origin'],
);
const routeTable = object<TransitGatewayRouteTable>({ id: name, routes: list(route) });

export const transitGateway: Decode<TransitGateway> = object<TransitGateway>(
  { id: name, attachments: list(attachment), routeTables: list(routeTable), origin },
  ['origin'],
);

const connection = object<VpnGateway['connections'][number]>({ id: name, network: text, over, mtu: whole });
export const vpnGateway: Decode<VpnGateway> = object<VpnGateway>(
  { id: name, vpc: text, connections: list(connection), origin },
  ['origin'],
);

export const onPremises: Decode<OnPremises> = object<OnPremises>(
  {
    id: name,
    cidrs: list(block),
    gateway: address,
    hosts: list(object<OnPremises['hosts'][number]>({ netns: name, dev: name, addresses: list(address) })),
    routes: list(object<OnPremises['routes'][number]>({ destination: block, connection: text })),
    origin,
  },
  ['origin'],
);

export const vpcEndpoint: Decode<VpcEndpoint> = object<VpcEndpoint>(
  { id: name, vpc: text, kind: oneOf('gateway', 'interface'), service: text, ports: list(whole), origin },
  ['origin'],
);
