import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect } from 'vitest';
import { createRng } from '../../src/base/index.ts';
import { kernelTest } from './kernel.ts';

// However a lab ends, the machine is as it was: no namespace, device, mount, rule or process of it is left.

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'packetwalk-safety-'));
/** In the environment of everything these tests start, so that their processes are known from anybody else's. */
const MARK = `PACKETWALK_SAFETY=${randomUUID()}`;
const SEED = 20261121;
/** Looks for what has to come, 50 ms apart: a minute. */
const MOST_TRIES = 1200;

const environment = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  ...process.env,
  XDG_RUNTIME_DIR: folder,
  PACKETWALK_SAFETY: MARK.slice(MARK.indexOf('=') + 1),
  ...more,
});

afterAll(() => {
  for (const { pid } of ownProcesses()) process.kill(pid, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(args: readonly string[], env = environment()): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...args], { cwd: root, env });
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, ended };
}

const packetwalk = (...args: readonly string[]): Promise<Ended> => start(args).ended;
const up = (name: string): readonly string[] => ['lab', 'up', '-f', 'examples/article', '--name', name];

/** What a lab could leave behind, but for its processes. */
function machine(): Readonly<Record<string, string>> {
  const say = (file: string, ...args: readonly string[]): string => execFileSync(file, args, { encoding: 'utf8' });
  return {
    namespaces: say('ip', 'netns', 'list'),
    links: say('ip', '-br', 'link'),
    addresses: say('ip', '-br', 'addr'),
    rules: say('ip', 'rule'),
    mounts: readFileSync('/proc/self/mounts', 'utf8'),
    forwarding: readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8'),
    ruleset: say('nft', 'list', 'ruleset'),
    run: readdirSync('/run')
      .filter((name) => /netns|packetwalk/.test(name))
      .join(' '),
  };
}

function ownProcesses(): readonly { readonly pid: number; readonly command: string }[] {
  return readdirSync('/proc').flatMap((name) => {
    try {
      if (!/^\d+$/.test(name) || !readFileSync(`/proc/${name}/environ`, 'utf8').includes(MARK)) return [];
      return [{ pid: Number(name), command: readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ') }];
    } catch {
      return [];
    }
  });
}

/** Waits for the kernel to have ended what was killed, then compares. */
async function expectNothingLeft(before: ReturnType<typeof machine>): Promise<void> {
  for (let tries = 0; tries < MOST_TRIES && ownProcesses().length > 0; tries++) await pause(50);
  expect(ownProcesses()).toEqual([]);
  expect(machine()).toEqual(before);
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The process that holds a lab, as its state file names it. */
const holderOf = (name: string): number => {
  const state: unknown = JSON.parse(readFileSync(join(folder, 'packetwalk', `${name}.json`), 'utf8'));
  return Number((state as { readonly pid: number }).pid); // the lab's own file
};

describe('killed while it is being made', () => {
  const rng = createRng(SEED);
  const moments = Array.from({ length: 4 }, () => Math.floor(rng.next() * 2500));
  for (const [i, moment] of moments.entries()) {
    const signal = i % 2 === 1 ? 'SIGINT' : 'SIGKILL';
    kernelTest(`${signal} after ${moment} ms (seed ${SEED})`, async () => {
      const before = machine();
      const { child, ended } = start(up('killed'));
      await Promise.race([pause(moment), ended]);
      child.kill(signal);
      await ended;
      await packetwalk('lab', 'down', '--name', 'killed');
      await expectNothingLeft(before);
    });
  }
});

kernelTest('the process that holds it is killed: all of it is gone, and it can come up again', async () => {
  const before = machine();
  expect(await packetwalk(...up('held'))).toMatchObject({ code: 0, stderr: '' });
  process.kill(holderOf('held'), 'SIGKILL');
  await expectNothingLeft(before);
  expect(await packetwalk('lab', 'status', '--name', 'held')).toMatchObject({ code: 1 });
  expect(await packetwalk(...up('held'))).toMatchObject({ code: 0 });
  expect(await packetwalk('lab', 'down', '--name', 'held')).toMatchObject({ code: 0 });
  await expectNothingLeft(before);
});

kernelTest('two at once do not know of each other, and what runs in one ends with it', async () => {
  const before = machine();
  const ups = await Promise.all([packetwalk(...up('one')), packetwalk(...up('two'))]);
  expect(ups.map((each) => each.code)).toEqual([0, 0]);
  expect(machine()).toEqual(before);
  const inside = ['lab', 'exec', '--name', 'one', 'pod/packetlab/toolbox-a', '--', 'sleep', '600'];
  const { ended } = start(inside);
  for (let tries = 0; tries < MOST_TRIES && !ownProcesses().some((each) => each.command === 'sleep 600 '); tries++)
    await pause(50);
  expect(ownProcesses().map((each) => each.command)).toContain('sleep 600 ');
  expect(await packetwalk('lab', 'down', '--name', 'one')).toMatchObject({ code: 0 });
  expect((await ended).code).not.toBe(0);
  expect(await packetwalk('lab', 'status', '--name', 'two')).toMatchObject({ code: 0 });
  expect(await packetwalk('lab', 'down', '--name', 'two')).toMatchObject({ code: 0 });
  await expectNothingLeft(before);
});

kernelTest('a script ends: its lab is gone, its exit code is ours', async () => {
  const before = machine();
  const script = join(folder, 'script.sh');
  writeFileSync(
    script,
    'ip link add stray type veth peer name stray2\non node/ip-10-0-0-75 ip -br addr show ens6\nexit 5\n',
  );
  const { code, stdout } = await packetwalk('lab', 'run', '-f', 'examples/article', script);
  expect(code).toBe(5);
  expect(stdout).toContain('10.0.0.85/22');
  await expectNothingLeft(before);
});

describe('what is missing is said in one line', () => {
  kernelTest('a package', async () => {
    const bin = mkdtempSync(join(folder, 'bin-'));
    for (const tool of ['unshare', 'nsenter', 'ip', 'iptables-nft-restore', 'ip6tables-nft-restore', 'sh'])
      for (const from of (process.env['PATH'] ?? '').split(delimiter))
        if (existsSync(join(from, tool)) && !existsSync(join(bin, tool)))
          symlinkSync(join(from, tool), join(bin, tool));
    const { code, stderr, stdout } = await start(up('poor'), environment({ PATH: bin })).ended;
    expect({ code, stdout }).toEqual({ code: 69, stdout: '' });
    expect(stderr).toBe(
      'packetwalk: The kernel plane needs nft: install it with "apt-get install nftables" or "dnf install nftables"\n',
    );
  });
  kernelTest('root', async () => {
    const code = `process.setuid(65534); process.argv.push(${up('nobody')
      .map((word) => JSON.stringify(word))
      .join(', ')});`;
    const script = `const { run } = await import('./src/cli/run.ts'); ${code}
      const say = (text) => process.stdout.write(text); const io = { stdout: say, stderr: say, stdin: () => '' };
      process.exitCode = await run(process.argv.slice(1), { ...io, style: new Proxy({}, { get: () => (text) => text }) });`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      cwd: root,
      env: environment(),
    });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const exit = await new Promise((resolve) => child.on('close', resolve));
    expect({ exit, said }).toEqual({
      exit: 69,
      said: 'packetwalk: The kernel plane needs root: the lab makes network namespaces; run it with sudo\n',
    });
  });
});

kernelTest('a World this kernel refuses: the line it stopped at, and nothing left', async () => {
  const before = machine();
  const world = join(folder, 'world');
  expect(await packetwalk('compile', '-f', 'examples/article', '-o', world)).toMatchObject({ code: 0 });
  const save = join(world, 'nodes/ip-10-0-0-75.ec2.internal/iptables-save');
  writeFileSync(save, readFileSync(save, 'utf8').replace('-A PREROUTING -i ens5', '-A PREROUTING -m nonsense -i ens5'));
  const { code, stderr } = await packetwalk('lab', 'up', '-f', world, '--name', 'refused');
  expect(code).toBe(69);
  expect(stderr).toMatch(/failed at "-A PREROUTING .*-m nonsense/);
  await expectNothingLeft(before);
});

/** Runs the command where a folder is a small disk that is full, but for `room` kilobytes, and lists its files at the end. */
async function onFullDisk(
  disk: string,
  room: number,
  args: readonly string[],
  more: NodeJS.ProcessEnv,
): Promise<{ said: string; left: string; exit: unknown }> {
  const FULL =
    'mkdir -p "$1" && mount -t tmpfs -o size=64k full "$1" && head -c $(((64 - $2) * 1024)) /dev/zero > "$1/fill" 2>/dev/null; disk=$1; shift 2; "$@"; code=$?; find "$disk" -type f ! -path "*/tsx-*"; exit $code';
  const command = [process.execPath, '--import', 'tsx', 'src/cli/main.ts', ...args];
  const argv = ['-m', '--propagation', 'private', '--', 'sh', '-c', FULL, 'sh', disk, `${room}`, ...command];
  const child = spawn('unshare', argv, { cwd: root, env: environment(more) });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  let left = '';
  child.stdout.on('data', (chunk: Buffer) => {
    left += chunk.toString();
  });
  const exit = await new Promise((resolve) => child.on('close', resolve));
  return { said, left, exit };
}

kernelTest('a full disk: one line says so, and nothing is left', async () => {
  const before = machine();
  const disk = join(folder, 'full');
  const { said, left, exit } = await onFullDisk(disk, 0, up('full'), { XDG_RUNTIME_DIR: disk, TMPDIR: disk });
  expect(said).toMatch(
    /^packetwalk: The kernel plane needs room .*ENOSPC: no space left on device; set XDG_RUNTIME_DIR to a folder with room\n$/,
  );
  expect({ exit, left }).toEqual({ exit: 69, left: `${disk}/fill\n` });
  await expectNothingLeft(before);
  expect(readdirSync(disk)).toEqual([]);
});

kernelTest('a capture that fills its disk ends the run in one line, and takes back what it wrote', async () => {
  const before = machine();
  const disk = join(folder, 'small');
  const script = join(folder, 'ping.sh');
  writeFileSync(script, `on node/ip-10-0-0-75 ping -q -c 200 -i 0.01 10.0.0.49 > /dev/null; sleep 600\n`);
  const args = ['lab', 'run', '-f', 'examples/article', '--pcap', join(disk, 'pcap'), script];
  const { said, left, exit } = await onFullDisk(disk, 24, args, {});
  expect(said).toMatch(
    /^packetwalk: The kernel plane needs room for ".*pcap": ENOSPC: no space left on device; give --pcap a folder with room\n$/,
  );
  expect({ exit, left }).toEqual({ exit: 69, left: `${disk}/fill\n` });
  await expectNothingLeft(before);
});
