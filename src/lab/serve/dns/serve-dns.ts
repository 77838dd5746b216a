import type { Socket } from 'node:net';
import type { Family } from '../../../net/index.ts';
import { type NameServer, respond } from './respond.ts';

/** Idle time a connection is kept (coredns core/dnsserver, 10 s). */
const IDLE_MS = 10_000;
const PREFIX = 2;

/** Queries over TCP, each behind its length (RFC 1035 section 4.2.2), as many as a client sends (RFC 7766). */
export function serveDnsConnection(
  connection: Socket,
  server: NameServer,
  family: Family,
  asked: (line: string) => void,
): void {
  let pending = Buffer.alloc(0);
  connection.setTimeout(IDLE_MS, () => connection.destroy());
  connection.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= PREFIX && pending.length >= PREFIX + pending.readUInt16BE(0)) {
      const end = PREFIX + pending.readUInt16BE(0);
      const message = pending.subarray(PREFIX, end);
      pending = pending.subarray(end);
      const response = respond(message, server, { protocol: 'tcp', family });
      if (response === undefined) {
        connection.destroy();
        return;
      }
      const length = Buffer.alloc(PREFIX);
      length.writeUInt16BE(response.message.length, 0);
      connection.write(Buffer.concat([length, response.message]));
      asked(response.line);
    }
  });
  connection.on('end', () => connection.end());
}
