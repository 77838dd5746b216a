import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Heard } from '../lab/index.ts';
import type { NetnsId } from '../linux/index.ts';
import { ip } from '../net/index.ts';
import { appendHeard, readHeard } from './heard-log.ts';

const folder = mkdtempSync(join(tmpdir(), 'packetwalk-heard-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const heard = (line: string): Heard => ({
  netns: 'host/legacy' as NetnsId, // any name does
  process: 'nginx',
  protocol: 'tcp',
  client: { ip: ip('10.0.0.9'), port: 40000 },
  local: { ip: ip('10.0.0.10'), port: 80 },
  line,
});
const linesOf = (path: string): readonly string[] => readHeard(path).map(({ line }) => line);

test('what was heard is read back, oldest first', () => {
  const path = join(folder, 'short');
  for (const line of ['GET /', 'GET /café', 'a\nb']) appendHeard(path, heard(line));
  expect(linesOf(path)).toEqual(['GET /', 'GET /café', 'a\nb']);
});

test('nothing was heard yet', () => expect(readHeard(join(folder, 'absent'))).toEqual([]));

test('of too many lines the newest are kept, each of them whole', () => {
  const path = join(folder, 'long');
  const most = 10_000;
  for (let i = 0; i < 500; i++) {
    appendHeard(path, heard(`GET /${i} → ${'é'.repeat(i % 7)}`), most);
    expect(statSync(path).size).toBeLessThanOrEqual(most);
    expect(linesOf(path).at(-1)).toContain(`GET /${i} `);
  }
  const kept = linesOf(path).map((line) => Number(/\d+/.exec(line)?.[0]));
  expect(kept).toEqual(Array.from({ length: kept.length }, (_, at) => 500 - kept.length + at));
  expect(kept.length).toBeGreaterThan(20);
  expect(readdirSync(folder).sort()).toEqual(['long', 'short']);
});

test('a line longer than the log may be is not kept', () => {
  const path = join(folder, 'wide');
  appendHeard(path, heard('x'.repeat(3000)), 1000);
  appendHeard(path, heard('after'), 1000);
  expect(linesOf(path)).toEqual(['after']);
});
