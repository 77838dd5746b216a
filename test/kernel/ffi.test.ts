import { spawnSync } from 'node:child_process';
import { closeSync } from 'node:fs';
import { createServer } from 'node:net';
import { expect } from 'vitest';
import {
  abi,
  boundPort,
  closeSocket,
  createNetns,
  currentNetns,
  libc,
  listenTcp,
  netnsInode,
  SystemError,
  sendTo,
  sockaddr,
  socketIn,
  withNetns,
} from '../../src/lab/exec/ffi/index.ts';
import { ip } from '../../src/net/index.ts';
import { kernelTest } from './kernel.ts';

const HERE = ip('127.0.0.1');

function inNew<T>(act: (netns: number) => T): T {
  const netns = createNetns();
  try {
    withNetns(netns, () => spawnSync('ip', ['link', 'set', 'lo', 'up']));
    return act(netns);
  } finally {
    closeSync(netns);
  }
}

kernelTest('a window into a namespace ends at home, also when what runs in it throws', () => {
  const home = currentNetns();
  inNew((netns) => {
    const inside = withNetns(netns, currentNetns);
    expect(inside).toBe(`net:[${netnsInode(netns)}]`);
    expect(inside).not.toBe(home);
    expect(() =>
      withNetns(netns, () => {
        throw new Error('inside');
      }),
    ).toThrow('inside');
    expect(currentNetns()).toBe(home);
    expect(() => withNetns('/run/netns/no-such', currentNetns)).toThrow('ENOENT');
    expect(() => withNetns(0, currentNetns), 'a descriptor that is no namespace').toThrow(SystemError);
    expect(currentNetns()).toBe(home);
  });
});

kernelTest('what would go on after the window is refused', () => {
  const home = currentNetns();
  inNew((netns) => {
    expect(() => withNetns(netns, async () => 1)).toThrow('Cannot await inside a namespace');
    expect(currentNetns()).toBe(home);
  });
});

kernelTest('a socket stays in the namespace it was made in', () =>
  inNew((netns) => {
    const fd = listenTcp(netns, HERE, 0);
    const port = boundPort(fd);
    expect(port).toBeGreaterThan(0);
    const to = sockaddr(HERE, port);
    const connects = (from: number): number => {
      libc().connect(from, to, to.length);
      return libc().errno();
    };
    const client = socketIn(netns, abi.AF_INET, abi.SOCK_STREAM, 0);
    expect(connects(client), 'EINPROGRESS').toBe(115);
    inNew((other) => {
      expect(() => listenTcp(other, ip('10.9.9.9'), 80)).toThrow('EADDRNOTAVAIL');
      const udp = socketIn(other, abi.AF_INET, abi.SOCK_DGRAM, 0);
      expect(sendTo(udp, Buffer.from('x'), sockaddr(ip('10.9.9.9'), 1)), 'ENETUNREACH').toBe(101);
      closeSocket(udp);
    });
    closeSocket(client);
    closeSocket(fd);
  }),
);

kernelTest('a listening descriptor serves through Node, and a client of the same namespace reaches it', async () => {
  const netns = createNetns();
  withNetns(netns, () => spawnSync('ip', ['link', 'set', 'lo', 'up']));
  const fd = listenTcp(netns, HERE, 8080);
  const server = createServer((socket) => socket.end(`you are ${socket.remoteAddress}`));
  await new Promise<void>((resolve) => server.listen({ fd }, resolve));
  const script = 'exec 3<>/dev/tcp/127.0.0.1/8080; cat <&3';
  const { spawn } = await import('node:child_process');
  const child = withNetns(netns, () => spawn('bash', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] }));
  const chunks: string[] = [];
  for await (const chunk of child.stdout) chunks.push(String(chunk));
  server.close();
  closeSync(netns);
  expect(chunks.join('')).toBe('you are 127.0.0.1');
});
