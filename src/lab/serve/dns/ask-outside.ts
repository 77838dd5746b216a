import { createSocket } from 'node:dgram';
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Family, familyOf, type Ip, ip } from '../../../net/index.ts';
import { bindUdp, connectTcp, type NetnsHandle } from '../../exec/ffi/index.ts';
import { ipOf } from '../addresses.ts';
import type { Transport } from './respond.ts';

const DNS = 53;
const ANY: Readonly<Record<Family, Ip>> = { 4: ip('0.0.0.0'), 6: ip('::') };
/** One server is waited for (coredns plugin/pkg/proxy/connect.go, readTimeout), and all of them (plugin/forward/forward.go, defaultTimeout). */
const READ_MS = 2000;
const ALL_MS = 5000;
/** Between one server's refusal and the next question. */
const PAUSE_MS = 50;

/**
 * Whether one of the servers answers a name server that asks as its client did (plugin/forward/forward.go, ServeDNS): from a
 * socket of its own namespace, one server after the other, again and again until time is up.
 */
export async function isAnsweredOutside(
  netns: NetnsHandle,
  servers: readonly Ip[],
  message: Buffer,
  protocol: Transport['protocol'],
): Promise<boolean> {
  const end = performance.now() + ALL_MS;
  const ask = protocol === 'udp' ? isAnsweredByUdp : isAnsweredByTcp;
  for (let i = 0; performance.now() < end; i++) {
    const server = servers[i % servers.length];
    if (server === undefined) return false;
    // No socket, no answer: a namespace that speaks another family alone, or that is gone.
    if (await ask(netns, server, message).catch(() => false)) return true;
    await sleep(PAUSE_MS, undefined, { ref: false });
  }
  return false;
}

async function isAnsweredByUdp(netns: NetnsHandle, server: Ip, message: Buffer): Promise<boolean> {
  const family = familyOf(server);
  const fd = bindUdp(netns, ANY[family], 0);
  const socket = createSocket(family === 4 ? 'udp4' : 'udp6').unref();
  return new Promise((resolve) => {
    let open = true;
    const end = (answered: boolean): void => {
      clearTimeout(timer);
      if (open) socket.close();
      open = false;
      resolve(answered);
    };
    const timer = setTimeout(() => end(false), READ_MS).unref();
    socket.on('error', () => end(false));
    // Its socket is connected: what comes from anybody else it does not hear.
    socket.on('message', (_, from) => {
      if (from.port === DNS && ipOf(from.address) === server) end(true);
    });
    socket.bind({ fd }, () => socket.send(message, DNS, server, (error) => (error === null ? undefined : end(false))));
  });
}

async function isAnsweredByTcp(netns: NetnsHandle, server: Ip, message: Buffer): Promise<boolean> {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length, 0);
  const from = ANY[familyOf(server)];
  const fd = await connectTcp(netns, { from, to: server, port: DNS, patience: READ_MS });
  const socket = new Socket({ fd, readable: true, writable: true }).unref();
  return new Promise((resolve) => {
    const end = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.setTimeout(READ_MS, () => end(false));
    socket.on('error', () => end(false));
    socket.once('close', () => end(false));
    socket.once('data', () => end(true));
    socket.write(Buffer.concat([length, message]));
  });
}
