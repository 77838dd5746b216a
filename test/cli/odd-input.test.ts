import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commandLine } from './command-line.ts';
import { EKS, node, pod, service } from './manifests.ts';
import { file, scratch } from './refused.ts';

describe('what is no bad input', () => {
  test('a Service without endpoints is an answer: failed, exit 1', async () => {
    const text =
      EKS + node('n1', '10.0.0.10') + pod('a', '10.0.0.9') + service('none', 'selector: {app: x}, ports: [{port: 80}]');
    const { code, stdout, stderr } = await commandLine(['trace', '-f', file(text), 'pod/shop/a', 'svc/shop/none:80']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^failed .*svc\/shop\/none:80/);
    expect(stdout).toContain('reject with icmp-port-unreachable');
    expect(stderr).toContain('Service "shop/none" selects no pod');
  });

  test('a folder of links, as a mounted ConfigMap is', async () => {
    const folder = join(scratch, 'links');
    mkdirSync(folder);
    symlinkSync(file(EKS + node('n1', '10.0.0.10')), join(folder, 'cluster.yaml'));
    const { code, stdout } = await commandLine(['show', '-f', folder, 'node/n1', 'addr']);
    expect(code).toBe(0);
    expect(stdout).toContain('10.0.0.10');
  });

  test('standard input', async () => {
    const { code, stdout } = await commandLine(['show', '-f', '-', 'node/n1', 'addr'], EKS + node('n1', '10.0.0.10'));
    expect(code).toBe(0);
    expect(stdout).toContain('10.0.0.10');
  });
});
