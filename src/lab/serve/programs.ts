import type { RemoteInfo } from 'node:dgram';
import type { Socket } from 'node:net';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import { answerCluster, answerUpstream, showTarget } from '../../fabric/index.ts';
import type { NetnsId } from '../../linux/index.ts';
import { familyOf, type Ip } from '../../net/index.ts';
import { asksWithDns64, dnsOf, servesClusterNames, speaksHttp, type World } from '../../world/index.ts';
import type { NetnsHandle } from '../exec/ffi/index.ts';
import { ipOf } from './addresses.ts';
import { type Forwarder, forwarderAt, withSilence } from './dns/forwarder.ts';
import { type NameServer, respond, type Transport } from './dns/respond.ts';
import { serveDnsConnection } from './dns/serve-dns.ts';
import { accessLogLine } from './http/access-log.ts';
import { handlerOf } from './http/handlers.ts';
import { clientOf, type HttpConnections, type HttpService, localOf } from './http/http-server.ts';
import { type ProxyPlace, relay } from './http/proxy.ts';
import { selfSigned } from './http/self-signed.ts';
import { passOn } from './pass-on.ts';
import type { Heard, Place, Sink } from './types.ts';

/** What runs behind a socket. */
export interface Program {
  connection(connection: Socket): void;
  /** The answer to a datagram, at once or when it is there; undefined for silence. */
  datagram(message: Buffer, from: RemoteInfo, local: Heard['local']): Silence | Promise<Silence>;
}

type Silence = Buffer | undefined;

export interface Programs {
  of(place: Place): Program;
}

const DNS = 53;
const SSH_BANNER = 'SSH-2.0-OpenSSH_8.7\r\n';
const TLS_HANDSHAKE = 0x16;
/** How an HTTP/1 request starts; a client of another protocol is answered with what it sends. */
const HTTP_START = /^[A-Z]{2,16} [^\r\n]/;
/** Programs of Go's net/http that speak TLS alone on this port. */
const TLS_ONLY: ReadonlyMap<string, number> = new Map([
  ['kubelet', 10250],
  ['kube-apiserver', 443],
]);

/** What programs reach beside their socket. */
export interface Around {
  /** The listener of a load balancer behind a place; undefined: no load balancer is there. */
  proxyAt(place: Place): ProxyPlace | undefined;
  openNetns(label: string): NetnsHandle | undefined;
}

export function createPrograms(
  world: World,
  http: HttpConnections,
  sink: Sink,
  now: () => Date,
  { proxyAt, openNetns }: Around,
): Programs {
  const serial = Math.floor(now().getTime() / 1000);
  let secure: SecureContext | undefined;
  const secureContext = (): SecureContext => {
    secure ??= createSecureContext(selfSigned('packetwalk.lab', now()));
    return secure;
  };
  const nameServer = (netns: NetnsId, cluster: boolean, client: Ip): NameServer => ({
    serial,
    answer: (question) =>
      (cluster ? answerCluster : answerUpstream)(dnsOf(world, netns), {
        ...question,
        dns64: asksWithDns64(world, netns, client),
      }),
  });
  const names = (place: Place, cluster: boolean): NameProgram => ({
    place,
    sink,
    serverFor: (client) => nameServer(place.netns, cluster, client),
    ...(cluster ? { forwarder: forwarderAt(world, place.netns, openNetns(place.netns)) } : {}),
  });
  return {
    of(place) {
      const addresses = world.netns.get(place.netns)?.addresses ?? [];
      const cluster = addresses.some(({ local }) => servesClusterNames(world, local, place.port));
      if (place.port === DNS || cluster) return nameProgram(names(place, cluster));
      if (place.process === 'sshd') return bannerProgram(place, sink);
      const proxy = proxyAt(place);
      if (proxy !== undefined && !speaksHttp(proxy.listener)) return passProgram(place, proxy, sink, secureContext);
      if (proxy !== undefined) return httpProgram(place, relayOf(place, proxy, sink), { http, sink, secureContext });
      const handler = handlerOf(world, place, now);
      const service: HttpService = {
        answer: handler,
        exchanged: (request, reply) =>
          sink({
            netns: place.netns,
            process: place.process,
            protocol: 'tcp',
            client: request.client,
            local: request.local,
            line: accessLogLine(request, reply, now()),
          }),
      };
      return httpProgram(place, service, { http, sink, secureContext });
    },
  };
}

const relayOf = (place: Place, proxy: ProxyPlace, sink: Sink): HttpService => ({
  relay(incoming, response) {
    const client = clientOf(incoming.socket);
    const local = localOf(incoming.socket);
    const asked = `${incoming.method ?? 'GET'} ${incoming.headers.host ?? ''}${incoming.url ?? '/'}`;
    void relay(proxy, incoming, response).then(({ status, target }) => {
      const to = target === undefined ? 'answered' : `to ${showTarget(target)}`;
      sink({
        netns: place.netns,
        process: place.process,
        protocol: 'tcp',
        client,
        local,
        line: `${asked} ${to} ${status}`,
      });
    });
  },
});

/** TLS ends at the load balancer where its listener speaks it. */
const passProgram = (place: Place, proxy: ProxyPlace, sink: Sink, secureContext: () => SecureContext): Program => ({
  connection(connection) {
    const heard = heardOn(place, connection, '');
    const isTls = proxy.listener.protocol === 'TLS';
    const client = isTls ? new TLSSocket(connection, { isServer: true, secureContext: secureContext() }) : connection;
    void passOn(proxy, client).then(({ target }) =>
      sink({ ...heard, line: target === undefined ? 'closed: no target' : `passed on to ${showTarget(target)}` }),
    );
  },
  datagram: () => undefined,
});

interface Means {
  readonly http: HttpConnections;
  readonly sink: Sink;
  secureContext(): SecureContext;
}

/** HTTP, HTTPS and anything else on one port, told apart by what the client sends first. */
function httpProgram(place: Place, service: HttpService, { http, sink, secureContext }: Means): Program {
  const heard = (connection: Socket, line: string): void => sink(heardOn(place, connection, line));
  return {
    connection(connection) {
      connection.once('data', (first: Buffer) => {
        connection.pause();
        connection.unshift(first);
        if (first[0] === TLS_HANDSHAKE) {
          http.serve(new TLSSocket(connection, { isServer: true, secureContext: secureContext() }), service);
        } else if (TLS_ONLY.get(place.process) === place.port) {
          connection.end('HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n');
        } else if (HTTP_START.test(first.toString('latin1', 0, 64))) http.serve(connection, service);
        else {
          heard(connection, `echoed ${first.length} octets`);
          connection.pipe(connection);
        }
        process.nextTick(() => connection.resume());
      });
    },
    datagram(message, from, local) {
      const client = { ip: ipOf(from.address), port: from.port };
      sink({
        netns: place.netns,
        process: place.process,
        protocol: 'udp',
        client,
        local,
        line: `echoed ${message.length} octets`,
      });
      return message;
    },
  };
}

const heardOn = (place: Place, connection: Socket, line: string): Heard => ({
  netns: place.netns,
  process: place.process,
  protocol: 'tcp',
  client: clientOf(connection),
  local: { ip: ipOf(connection.localAddress), port: connection.localPort ?? 0 },
  line,
});

const bannerProgram = (place: Place, sink: Sink): Program => ({
  connection(connection) {
    sink(heardOn(place, connection, 'connected'));
    connection.write(SSH_BANNER);
    connection.on('data', () => connection.destroy());
    connection.on('end', () => connection.end());
  },
  datagram: () => undefined,
});

interface NameProgram {
  readonly place: Place;
  readonly sink: Sink;
  readonly serverFor: (client: Ip) => NameServer;
  /** Absent: it asks nobody. */
  readonly forwarder?: Forwarder;
}

function nameProgram({ place, sink, serverFor, forwarder }: NameProgram): Program {
  const answer = async (
    client: Ip,
    message: Buffer,
    protocol: Transport['protocol'],
  ): Promise<ReturnType<typeof respond>> => {
    const server = serverFor(client);
    const isSilent = (await forwarder?.(server, message, protocol)) === false;
    return respond(message, isSilent ? withSilence(server) : server, { protocol, family: familyOf(client) });
  };
  return {
    connection(connection) {
      const client = ipOf(connection.remoteAddress);
      serveDnsConnection(
        connection,
        (message) => answer(client, message, 'tcp'),
        (line) => sink(heardOn(place, connection, line)),
      );
    },
    async datagram(message, from, local) {
      const client = { ip: ipOf(from.address), port: from.port };
      const response = await answer(client.ip, message, 'udp');
      if (response === undefined) return undefined;
      sink({ netns: place.netns, process: place.process, protocol: 'udp', client, local, line: response.line });
      return response.message;
    },
  };
}
