import type { Socket } from 'node:net';
import type { Response } from './respond.ts';

/** Idle time a connection is kept (coredns core/dnsserver, 10 s). */
const IDLE_MS = 10_000;
const PREFIX = 2;

/**
 * Queries over TCP, each behind its length (RFC 1035 section 4.2.2), as many as a client sends, answered as answers are ready
 * (RFC 7766).
 */
export function serveDnsConnection(
  connection: Socket,
  answer: (message: Buffer) => Promise<Response | undefined>,
  asked: (line: string) => void,
): void {
  let pending = Buffer.alloc(0);
  let open = 0;
  let ended = false;
  const endIdle = (): void => void (ended && open === 0 && connection.end());
  const reply = (response: Response | undefined): void => {
    open--;
    if (response === undefined) connection.destroy();
    else if (connection.writable) {
      const length = Buffer.alloc(PREFIX);
      length.writeUInt16BE(response.message.length, 0);
      connection.write(Buffer.concat([length, response.message]));
      asked(response.line);
    }
    endIdle();
  };
  connection.setTimeout(IDLE_MS, () => connection.destroy());
  connection.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= PREFIX && pending.length >= PREFIX + pending.readUInt16BE(0)) {
      const end = PREFIX + pending.readUInt16BE(0);
      const message = pending.subarray(PREFIX, end);
      pending = pending.subarray(end);
      open++;
      void answer(message).then(reply);
    }
  });
  connection.on('end', () => {
    ended = true;
    endIdle();
  });
}
