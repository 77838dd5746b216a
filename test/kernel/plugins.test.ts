import { accessSync, constants, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandLine, program, type Ran } from '../cli/command-line.ts';
import { kernelAvailable, kernelTest } from './kernel.ts';

// The plugins every distribution has, in a node of a lab: what they write is read back and walked on both planes.

const NAME = `plugins-${process.pid}`;
const NODE = 'ip-10-0-0-75';
const FOLDER = '/usr/lib/cni';
const folder = mkdtempSync(join(tmpdir(), 'packetwalk-plugins-'));
const lab = (verb: string, ...args: readonly string[]): Promise<Ran> => program(['lab', verb, '--name', NAME, ...args]);
const trace = (world: string, ...args: readonly string[]): Promise<Ran> => program(['trace', '-f', world, ...args]);

function installed(): boolean {
  try {
    for (const type of ['ptp', 'portmap', 'bridge', 'host-local']) accessSync(join(FOLDER, type), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Like kernelTest: skipped aloud where the plugins are not installed, failed where everything is required. */
function pluginTest(name: string, body: () => Promise<void>): void {
  if (installed()) {
    kernelTest(name, body, 120_000);
    return;
  }
  const why = `it needs the plugins of Debian's containernetworking-plugins in ${FOLDER}`;
  if (process.env.PACKETWALK_KERNEL === 'require') return void test(name, () => expect.fail(why));
  console.warn(`SKIPPED "${name}": ${why}`);
  test.skip(`${name} (${why})`, body);
}

beforeAll(async () => {
  if (kernelAvailable().ok) expect(await lab('up', '-f', 'examples/article', '--no-serve')).toMatchObject({ code: 0 });
}, 120_000);
afterAll(async () => {
  if (kernelAvailable().ok) await lab('down');
  rmSync(folder, { recursive: true });
});

describe('ptp and portmap', () => {
  const world = join(folder, 'ptp');
  pluginTest('are walked as the kernel takes them', async () => {
    const conf = ['--conf', 'examples/article/cni/ptp-portmap.conflist', '--publish', '8080:80'];
    const wired = await lab('cni', NODE, 'shop/web', ...conf, '-o', world);
    expect(wired, wired.stderr).toMatchObject({ code: 0 });
    for (const [from, to, says] of [
      ['pod/shop/web', 'internet', / nat src 10\.88\.0\.2:\d+ -> 10\.0\.0\.75:/],
      ['pod/packetlab/bystander', '10.0.0.75:8080', / nat dst 10\.0\.0\.75:8080 -> 10\.88\.0\.2:80 /],
      ['node/ip-10-0-0-49', '10.0.0.75:8080', / nat dst 10\.0\.0\.75:8080 -> 10\.88\.0\.2:80 /],
      // The pod's own hairpin is marked for masquerade.
      ['pod/shop/web', '10.0.0.75:8080', / rule nat CNI-HOSTPORT-MASQ 1 accept /],
    ] as const) {
      const walked = await trace(world, from, to, '--plane', 'both');
      expect(walked.stdout, `${from} to ${to}`).toMatch(/^agree {7}.*\nmodel {7}delivered\n/);
      expect(walked.stdout).toMatch(says);
    }
    // Rule 1536 of the sender sends what was translated to the pod out of the sender's own card: the VPC CNI's table has no way to it.
    const lost = await trace(world, 'pod/packetlab/toolbox-a', '10.0.0.75:8080', '--plane', 'both');
    expect(lost.stdout).toMatch(/^agree {7}.*\nmodel {7}failed: dropped\n/);
    expect(lost.stdout).toContain('route table 2 dev ens6 via 10.0.0.1');
  });

  pluginTest('the pod is one of the lab, until the lab goes', async () => {
    expect((await lab('exec', 'pod/shop/web', '--', 'ip', '-4', '-o', 'addr', 'show', 'eth0')).stdout).toContain(
      'inet 10.88.0.2/24',
    );
    const seen = await lab('observe', 'node/ip-10-0-0-49', '10.0.0.75:8080');
    expect(seen.stdout).toContain('10.88.0.2:80');
    expect(existsSync('/var/lib/cni')).toBe(false);
  });
});

pluginTest('a bridge is named, not guessed', async () => {
  const world = join(folder, 'bridge');
  const wired = await lab('cni', NODE, 'shop/bridged', '--conf', 'examples/article/cni/bridge.conflist', '-o', world);
  if (wired.code !== 0 && /not supported/.test(wired.stderr)) return console.warn('SKIPPED: this kernel has no bridge');
  expect(wired, wired.stderr).toMatchObject({ code: 0 });
  const walked = await trace(world, 'pod/shop/bridged', 'internet');
  expect(walked.code).toBe(3);
  expect(walked.stdout).toMatch(/is a port of bridge cni0/);
});

pluginTest('what a plugin refuses leaves nothing', async () => {
  const conf = join(folder, 'bad.conf');
  writeFileSync(
    conf,
    '{"cniVersion":"1.0.0","name":"bad","type":"ptp","ipam":{"type":"host-local","ranges":[[{"subnet":"x"}]]}}',
  );
  const refused = await lab('cni', NODE, 'shop/bad', '--conf', conf, '-o', join(folder, 'bad'));
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toMatch(/^packetwalk: Plugin "ptp" says: .*x/);
  expect((await lab('status')).stdout).not.toContain('shop/bad');
  expect((await lab('exec', `node/${NODE}`, '--', 'ip', 'netns', 'list')).stdout).not.toMatch(/^bad\b/m);
});

describe('what is asked wrongly is said in one line', () => {
  const at = ['--conf', 'examples/article/cni/bridge.conflist', '-o', join(folder, 'none')];
  for (const [name, args, code, says] of [
    ['no such plugins', [NODE, 'a/b', ...at, '--plugins', folder], 69, 'apt-get install containernetworking-plugins'],
    ['no configuration', [NODE, 'a/b', '--conf', '/nowhere', '-o', 'x'], 2, 'Cannot read "/nowhere": ENOENT'],
    ['no pod', [NODE, 'b', ...at], 2, 'expected NAMESPACE/NAME'],
    ['no port', [NODE, 'a/b', ...at, '--publish', '0:80'], 2, 'Expected HOST:POD'],
    ['a folder of others', [NODE, 'a/b', '--conf', at[1], '-o', 'src'], 2, 'holds no World'],
  ] as const)
    test(name, async () => {
      const { code: ended, stderr } = await commandLine(['lab', 'cni', '--name', 'nobody', ...args.map(String)]);
      expect(stderr).toContain(says);
      expect(ended).toBe(code);
    });
});
