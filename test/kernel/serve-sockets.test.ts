import { closeSync, readdirSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { createNetns, netnsPath } from '../../src/lab/exec/ffi/index.ts';
import { type Heard, startServers } from '../../src/lab/serve/index.ts';
import type { ListenSocket, Netns, NetnsId } from '../../src/linux/index.ts';
import { familyOf, ip } from '../../src/net/index.ts';
import { implicitInternetHost, type World } from '../../src/world/index.ts';
import { exampleWorld } from '../lab/worlds.ts';
import { ipBatch, runInside } from './inside.ts';
import { kernelTest } from './kernel.ts';

const HOST = 'host/many' as NetnsId;
const ADDRESSES = ['10.9.0.1', '10.9.0.2', 'fd00::1', 'fd00::2'];
const [V4, V6] = ['10.9.0.9', 'fd00::9'];

function worldOf(sockets: readonly ListenSocket[]): World {
  const plain = implicitInternetHost(ip('10.9.0.1'));
  const addresses = ADDRESSES.map((address): Netns['addresses'][number] => {
    const local = ip(address);
    return { dev: 'eth0', family: familyOf(local), local, prefixlen: 128, scope: 'global' };
  });
  return { ...exampleWorld('article'), netns: new Map([[HOST, { ...plain, id: HOST, addresses, sockets }]]) };
}

/** A client beside one server that has several addresses of both families. */
async function served(
  sockets: readonly ListenSocket[],
  use: (run: (script: string) => Promise<string>, heard: readonly Heard[]) => Promise<void>,
): Promise<readonly string[]> {
  const [client, server] = [createNetns(), createNetns()];
  const heard: Heard[] = [];
  try {
    ipBatch(client, [`link add eth0 type veth peer name eth0 netns ${netnsPath(server)}`]);
    const up = ['link set lo up', 'link set eth0 up'];
    const add = (address: string): string =>
      `addr add ${address}${address.includes(':') ? '/64 nodad' : '/24'} dev eth0`;
    ipBatch(server, [...ADDRESSES.map(add), ...up]);
    ipBatch(client, [add(V4), add(V6), ...up]);
    const servers = await startServers(
      worldOf(sockets),
      (label) => (label === HOST ? server : undefined),
      (each) => heard.push(each),
    );
    try {
      await use(async (script) => (await runInside(client, script)).stdout, heard);
    } finally {
      await servers.close();
    }
    return servers.failed.map(({ because }) => because);
  } finally {
    closeSync(client);
    closeSync(server);
  }
}

/** bash's UDP sockets are connected: what comes from another address than was asked is not read. */
const askUdp = (address: string, port: number): string =>
  `exec 3<>/dev/udp/${address}/${port}; echo hello >&3; timeout 60 head -c 6 <&3`;

describe('a server with several addresses', () => {
  kernelTest('a datagram is answered from the address it was sent to', async () => {
    const failed = await served([{ protocol: 'udp', local: '*', port: 9000, process: 'echo' }], async (run, heard) => {
      for (const address of ADDRESSES) {
        expect(await run(askUdp(address, 9000)), address).toBe('hello\n');
        expect(heard.at(-1)).toMatchObject({
          netns: HOST,
          client: { ip: address.includes(':') ? V6 : V4 },
          local: { ip: address, port: 9000 },
        });
      }
    });
    expect(failed).toEqual([]);
  });

  kernelTest('a connection shows its client in its own family, on one socket for both', async () => {
    await served([{ protocol: 'tcp', local: '*', port: 8080, process: 'echoserver' }], async (run) => {
      expect(await run('curl -s http://10.9.0.2:8080')).toContain(`client_address=${V4}\n`);
      expect(await run('curl -s http://[fd00::2]:8080')).toContain(`client_address=${V6}\n`);
    });
  });

  kernelTest('a socket of one address is closed on the others', async () => {
    await served([{ protocol: 'tcp', local: ip('10.9.0.2'), port: 8080, process: 'echoserver' }], async (run) => {
      expect(await run('curl -s -o /dev/null -w %{http_code} http://10.9.0.2:8080')).toBe('200');
      expect(await run('curl -s -o /dev/null -w %{exitcode} http://10.9.0.1:8080')).toBe('7');
    });
  });

  kernelTest('what cannot be served is told, and the rest goes on', async () => {
    const sockets: readonly ListenSocket[] = [
      { protocol: 'sctp', local: '*', port: 8080, process: 'x' },
      { protocol: 'tcp', local: '*', port: 8080, process: 'x' },
      { protocol: 'tcp', local: ip('10.9.0.77'), port: 8081, process: 'x' },
      { protocol: 'udp', local: ip('10.9.0.77'), port: 8081, process: 'x' },
    ];
    const failed = await served(sockets, async (run) => {
      expect(await run('curl -s -o /dev/null -w %{http_code} http://10.9.0.1:8080')).toBe('200');
    });
    expect(failed).toEqual([
      'Cannot serve sctp: only tcp and udp have a server',
      expect.stringContaining('EADDRNOTAVAIL'),
      expect.stringContaining('EADDRNOTAVAIL'),
    ]);
  });
});

kernelTest('two thousand listeners in one process come and go', async () => {
  const sockets = Array.from({ length: 2000 }, (_, i): ListenSocket => {
    const protocol = i % 4 === 0 ? 'udp' : 'tcp';
    return { protocol, local: ip('0.0.0.0'), port: 10_000 + i, process: 'echo' };
  });
  const open = (): number => readdirSync('/proc/self/fd').length;
  const before = open();
  const failed = await served(sockets, async (run) => {
    expect(open()).toBeGreaterThan(before + 2000);
    const idle = 'exec 4<>/dev/tcp/10.9.0.1/10001';
    expect(await run(`${idle}; curl -s -o /dev/null -w %{http_code} http://10.9.0.1:11999`)).toBe('200');
  });
  expect(failed).toEqual([]);
  expect(open(), 'descriptors left').toBeLessThanOrEqual(before + 5);
});
