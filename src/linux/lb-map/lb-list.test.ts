import { expect, test } from 'vitest';
import { parseLbList, printLbList } from './lb-list.ts';

const LIST = `SERVICE ADDRESS             BACKEND ADDRESS (REVNAT_ID) (SLOT)
172.20.0.10:53/UDP (0)      0.0.0.0:0 (2) (0) [ClusterIP, non-routable]
172.20.0.10:53/UDP (1)      10.0.1.181:53/UDP (2) (1)
172.20.0.10:53/UDP (2)      10.0.3.231:53/UDP (2) (2)
10.0.0.75:30080/TCP (0)     0.0.0.0:0 (3) (0) [NodePort, Local, two-scopes]
10.0.0.75:30080/TCP/i (0)   0.0.0.0:0 (3) (0) [NodePort, Local, two-scopes]
10.0.0.75:30080/TCP/i (1)   10.0.1.181:80/TCP (3) (1)
[fd00::1]:80/TCP (0)        [::]:0 (4) (0) []
[fd00::1]:80/TCP (1)        [fd01::7]:8080/TCP (4) (1)
`;

test('a list is printed as it was read', () => {
  const { value, issues } = parseLbList(LIST, 'lb');
  expect(issues).toEqual([]);
  expect(value.map(({ flags, backends }) => [flags.length, backends.length])).toEqual([
    [2, 2],
    [3, 0],
    [3, 1],
    [0, 1],
  ]);
  expect(printLbList(value)).toBe(LIST);
});

test('the lines of a frontend may come in any order', () => {
  const [head, ...lines] = LIST.trimEnd().split('\n');
  const { value } = parseLbList([head, ...lines.reverse()].join('\n'), 'lb');
  expect(value.find(({ port }) => port === 53)?.backends.map(({ address }) => address)).toEqual([
    '10.0.1.181',
    '10.0.3.231',
  ]);
});

test.each(['172.20.0.10:53 (0) 0.0.0.0:0 (2) (0)', '172.20.0.10:53/UDP (0) nobody (2) (0)', 'what'])(
  '%s is an issue',
  (line) => {
    expect(parseLbList(`${line}\n`, 'lb').issues).toMatchObject([{ code: 'bad-lb-list', at: { file: 'lb', line: 1 } }]);
  },
);
