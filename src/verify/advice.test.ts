import { describe, expect, test } from 'vitest';
import { ip } from '../net/index.ts';
import { adviceFor } from './advice.ts';

describe('advice about name servers that do not answer', () => {
  test.each([
    [['172.20.0.10'], 'trace FROM 172.20.0.10:53 --proto udp'],
    [['fd00::a'], 'trace FROM [fd00::a]:53 --proto udp'],
    [['172.20.0.10', '10.0.0.2'], 'trace FROM 172.20.0.10:53 --proto udp; trace FROM 10.0.0.2:53 --proto udp'],
  ])('%j: each is a command that can be run', (servers, commands) => {
    const cause = {
      kind: 'silent-name-server',
      name: 'site.example',
      servers: servers.map((each) => ip(each)),
    } as const;
    expect(adviceFor(cause)).toBe(`walk to the name server itself: ${commands}`);
  });
});
