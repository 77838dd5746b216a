import { Socket } from 'node:net';
import { statusMatches, type Target, type TargetGroup } from '../../../fabric/index.ts';
import type { Ip } from '../../../net/index.ts';
import { connectTcp, type NetnsHandle, SystemError } from '../../exec/ffi/index.ts';

/** Milliseconds a target has to answer. AWS gives it six to ten seconds; in a lab nothing is far. */
const PATIENCE = 1000;

/** Whether a target gets flows, and if not, why. */
export interface CheckResult {
  readonly healthy: boolean;
  readonly because: string;
}

/**
 * One health check: a connection from the node's own address to the target's health port, and over it, where the check is HTTP,
 * a request (NLB and ALB user guides, health checks). HTTPS is taken for healthy once the connection is open.
 */
export async function checkTarget(
  netns: NetnsHandle,
  from: Ip,
  { healthCheck, proxyProtocolV2 }: Pick<TargetGroup, 'healthCheck' | 'proxyProtocolV2'>,
  { ip, port: traffic }: Target,
): Promise<CheckResult> {
  const { protocol, path, matcher } = healthCheck;
  const port = healthCheck.port === 'traffic-port' ? traffic : healthCheck.port;
  const what = `${protocol} check of port ${port}`;
  let fd: number;
  try {
    fd = await connectTcp(netns, { from, to: ip, port, patience: PATIENCE });
  } catch (error) {
    if (error instanceof SystemError)
      return { healthy: false, because: `${what}: ${REFUSED[error.code] ?? error.code}` };
    throw error;
  }
  const socket = new Socket({ fd, readable: true, writable: true });
  try {
    if (protocol !== 'HTTP') return { healthy: true, because: '' };
    const status = await statusOf(
      socket,
      proxyProtocolV2 ? PROXY_HEADER : Buffer.alloc(0),
      requestFor(path, from, port),
    );
    if (status === undefined) return { healthy: false, because: `${what}: ${path} is not answered in HTTP` };
    const because = statusMatches(matcher, status) ? '' : `${what}: ${path} answers ${status}, not ${matcher}`;
    return { healthy: because === '', because };
  } finally {
    socket.destroy();
  }
}

const REFUSED: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection is refused',
  ETIMEDOUT: 'nothing answers',
  EHOSTUNREACH: 'the host is unreachable',
  ENETUNREACH: 'no route leads there',
};

const requestFor = (path: string, from: Ip, port: number): string =>
  `GET ${path} HTTP/1.1\r\nHost: ${from.includes(':') ? `[${from}]` : from}:${port}\r\nUser-Agent: ELB-HealthChecker/2.0\r\nConnection: close\r\n\r\n`;

/** A PROXY protocol header version 2 that tells of no client: command LOCAL (haproxy, proxy-protocol.txt, 2.2). */
const PROXY_HEADER = Buffer.from('0d0a0d0a000d0a515549540a20000000', 'hex');

/** Status of the first line that comes back; undefined: none came in time, or it is no HTTP. */
function statusOf(socket: Socket, head: Buffer, request: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    let said = '';
    const done = (): void => {
      clearTimeout(watch);
      const status = /^HTTP\/1\.[01] (\d{3})/.exec(said)?.[1];
      resolve(status === undefined ? undefined : Number(status));
    };
    // From the request to the whole of the first line: one that sends it octet by octet is not waited for.
    const watch = setTimeout(done, PATIENCE);
    socket.on('data', (chunk: Buffer) => {
      said += chunk.toString('latin1');
      if (said.includes('\n')) done();
    });
    socket.on('error', done);
    socket.on('close', done);
    socket.write(Buffer.concat([head, Buffer.from(request)]));
  });
}
