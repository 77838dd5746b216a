import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMPILED_FILE, findHolder, insideLab, openLab } from '../../src/lab/index.ts';
import { commandLine, program, type Ran } from '../cli/command-line.ts';
import { exampleWorld } from '../lab/worlds.ts';
import { kernelAvailable, kernelTest } from './kernel.ts';

// What is said of a lab that is up, and of one that is not.

const NAME = `verbs-${process.pid}`;
const EXAMPLE = ['-f', 'examples/article'];
const TOOLBOX = 'pod/packetlab/toolbox-a';
const lab = (verb: string, ...args: readonly string[]): Promise<Ran> => program(['lab', verb, '--name', NAME, ...args]);

beforeAll(async () => {
  if (kernelAvailable().ok) expect(await lab('up', ...EXAMPLE)).toMatchObject({ code: 0 });
});
afterAll(async () => {
  if (kernelAvailable().ok) await lab('down');
});

describe('lab logs', () => {
  kernelTest('one place, by the names "lab exec" takes', async () => {
    const get = ['curl', '-s', '-o', '/dev/null', 'http://10.0.0.49:10256/healthz'];
    expect(await lab('exec', TOOLBOX, '--', ...get)).toMatchObject({ code: 0 });
    const names = ['node/ip-10-0-0-49', 'node/ip-10-0-0-49.ec2.internal'];
    for (const where of names) expect((await lab('logs', where)).stdout).toMatch(/^10\.0\.1\.51 .*"GET \/healthz/);
    expect(await lab('logs', 'node/ip-10-0-0-75')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect((await lab('logs')).stdout).toMatch(/^node\/ip-10-0-0-49\.ec2\.internal {2}10\.0\.1\.51 /m);
  });

  kernelTest("the VPC's resolver, by the name it has in the lab", async () => {
    expect((await lab('status')).stdout).toMatch(/ resolver\/vpc-packetlab\n/);
    await lab('exec', 'node/ip-10-0-0-75', '--', 'getent', 'ahostsv4', 'ip-10-0-0-49.ec2.internal');
    expect((await lab('logs', 'resolver/vpc-packetlab')).stdout).toContain('A ip-10-0-0-49.ec2.internal NOERROR\n');
  });

  kernelTest('a place the lab does not have, with the nearest', async () => {
    expect(await lab('logs', 'node/ip-10-0-0-50')).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/No namespace "node\/ip-10-0-0-50" in this lab; did you mean "node\/ip-10-0-0-\d+/),
    });
    expect((await lab('logs', 'pod/packetlab/echoserver')).stderr).toContain('2 begin like this: pod/packetlab/echo');
  });
});

kernelTest('a pod of the host network runs in its node, with the resolver it has', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'packetwalk-host-pod-'));
  const [pods, script] = [join(folder, 'pods.yaml'), join(folder, 'script')];
  const pod = (name: string, spec: object): object => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'agents' },
    spec: {
      nodeName: 'ip-10-0-0-75.ec2.internal',
      hostNetwork: true,
      containers: [{ name: 'c', image: 'i' }],
      ...spec,
    },
  });
  const items = [pod('own', { dnsPolicy: 'ClusterFirstWithHostNet' }), pod('plain', {})];
  writeFileSync(pods, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  writeFileSync(
    script,
    'on pod/agents/own getent ahostsv4 echo-clusterip.packetlab\non pod/agents/own ip -o addr show ens5\non pod/agents/plain grep nameserver /etc/resolv.conf\non pod/packetlab/toolbox-a true\n',
  );
  try {
    const { code, stdout } = await program(['lab', 'run', ...EXAMPLE, '-f', pods, script]);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^172\.20\.122\.189 .* inet 10\.0\.0\.75\/.*\nnameserver 10\.0\.0\.2\n$/s),
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe('no lab is made for', () => {
  const folder = mkdtempSync(join(tmpdir(), 'packetwalk-run-'));
  const file = join(folder, 'file');
  writeFileSync(file, 'true\n');
  afterAll(() => rmSync(folder, { recursive: true }));
  for (const [name, args, said] of [
    ['a script that is not there', ['nosuch.sh'], 'There is no script "nosuch.sh"'],
    ['a folder as a script', [folder], `"${folder}" is a folder; name the script to run`],
    ['a file to capture into', ['--pcap', file, file], `"${file}" is a file; name a folder with --pcap`],
  ] as const)
    test(name, async () => {
      expect(await commandLine(['lab', 'run', ...EXAMPLE, ...args])).toEqual({
        code: 2,
        stdout: '',
        stderr: `packetwalk: ${said}\n`,
      });
    });
  kernelTest('a folder nobody can make', async () => {
    const { code, stderr } = await program(['lab', 'run', ...EXAMPLE, '--pcap', join(file, 'x'), file]);
    expect(code).toBe(2);
    expect(stderr).toContain(`Cannot write "${join(file, 'x')}": ENOTDIR; name a folder you may create with --pcap`);
  });
});

describe('a lab that is not up', () => {
  for (const args of [['exec', TOOLBOX, '--', 'true'], ['logs'], ['observe', TOOLBOX, '10.0.2.127']])
    test(`lab ${args[0]}`, async () => {
      const [verb = '', ...rest] = args;
      expect(await commandLine(['lab', verb, '--name', 'nobody', ...rest])).toEqual({
        code: 1,
        stdout: '',
        stderr: 'packetwalk: No lab "nobody" is up; make one with "packetwalk lab up -f ..."\n',
      });
    });
});

kernelTest('only a lab that stays keeps the World it was made of', async () => {
  const passing = await openLab(exampleWorld('article'));
  try {
    expect(existsSync(insideLab(passing.holder.identity.pid, COMPILED_FILE))).toBe(false);
  } finally {
    passing.holder.end();
  }
  const staying = findHolder(NAME);
  expect(staying !== undefined && existsSync(insideLab(staying.pid, COMPILED_FILE))).toBe(true);
});
