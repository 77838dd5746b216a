import { describe, expect } from 'vitest';
import {
  type Netns,
  parseIpJsonAddr,
  parseIpJsonLink,
  parseIpJsonRoute,
  parseIpJsonRule,
  parseSysctl,
} from '../../src/linux/index.ts';
import type { FibCase } from '../sim/fib/case.ts';
import { FIB_CASES } from '../sim/fib/cases.ts';
import { askModel, showAnswer } from '../sim/fib/model.ts';
import { fibNetns, fibScript } from '../sim/fib/namespace.ts';
import { inNetns, kernelTest } from './kernel.ts';

/** The route lookups of the model's own table, asked of the running kernel; and the model again, on what the kernel lists. */

const READ_BACK = `
echo @links; ip -j link; echo @addresses; ip -j addr; echo @routes; ip -j -4 route show table all; echo @routes6; ip -j -6 route show table all
echo @rules; ip -j -4 rule; echo @rules6; ip -j -6 rule; echo @sysctls; sysctl -a 2>/dev/null | grep -E '^net.ipv[46].(ip_forward|conf)'
`;

interface Seen {
  readonly answers: readonly string[];
  readonly netns: Netns;
}

function onKernel(of: FibCase): Seen {
  // Once for the address, source and device, once for the route that matched: fibmatch prints one or the other.
  const asks = of.rows.map(
    ([ask]) => `echo @ask; ip -j route get ${ask} 2>&1 || true; echo; ip -j route get fibmatch ${ask} 2>&1 || true`,
  );
  const text = inNetns([fibScript(of), READ_BACK, ...asks].join('\n'));
  const parts = text
    .split(/^@/m)
    .slice(1)
    .map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1)] as const);
  const part = (name: string): string => parts.find(([each]) => each === name)?.[1] ?? '';
  return {
    answers: parts.filter(([name]) => name === 'ask').map(([, body], at) => kernelAnswer(body, of.rows[at]?.[0] ?? '')),
    netns: {
      ...fibNetns(of),
      links: parseIpJsonLink(part('links'), 'links').value,
      addresses: parseIpJsonAddr(part('addresses'), 'addresses').value,
      routes: [
        ...parseIpJsonRoute(part('routes'), 'routes', 4).value,
        ...parseIpJsonRoute(part('routes6'), 'routes6', 6).value,
      ],
      rules: [
        ...parseIpJsonRule(part('rules'), 'rules', 4).value,
        ...parseIpJsonRule(part('rules6'), 'rules6', 6).value,
      ],
      sysctls: parseSysctl(part('sysctls'), 'sysctls').value,
    },
  };
}

const ERRNO: Readonly<Record<string, string>> = {
  'Network is unreachable': 'ENETUNREACH',
  'No route to host': 'EHOSTUNREACH',
  'Permission denied': 'EACCES',
  'Invalid argument': 'EINVAL',
};

interface Got {
  readonly type?: string;
  readonly dst: string;
  readonly dev: string;
  readonly gateway?: string;
  readonly prefsrc?: string;
  readonly table?: string;
}

/** IPv6 tells a source also where one was asked with; that is then nobody's choice. */
function kernelAnswer(body: string, ask: string): string {
  const [got = '', matched = ''] = body.split('\n\n').map((each) => each.trim());
  const failed = /answers: (.*)/.exec(got)?.[1];
  if (failed !== undefined) return ERRNO[failed] ?? failed;
  const [route] = JSON.parse(got) as readonly Got[]; // iproute2's keys
  const [match] = JSON.parse(matched) as readonly Got[];
  if (route === undefined || match === undefined) return `nothing in ${body}`;
  const { table = 'main' } = match;
  return showAnswer({
    type: route.type ?? 'unicast',
    dev: route.dev,
    via: route.gateway,
    src: ask.includes(' from ') ? undefined : route.prefsrc,
    block: match.dst,
    table: table === 'main' || table === 'local' ? '' : table,
  });
}

describe('route lookups: the kernel, and the model on what the kernel lists', () => {
  for (const each of FIB_CASES) {
    kernelTest(each.what, () => {
      const { answers, netns } = onKernel(each);
      const asked = (answer: (ask: string, at: number) => string): string[] =>
        each.rows.map(([ask], at) => `${ask}: ${answer(ask, at)}`);
      const wanted = each.rows.map(([ask, answer]) => `${ask}: ${answer}`);
      expect(
        asked((_, at) => answers[at] ?? ''),
        'the kernel',
      ).toEqual(wanted);
      expect(
        asked((ask) => askModel(netns, ask)),
        'the model',
      ).toEqual(wanted);
    });
  }
});
