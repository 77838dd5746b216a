import { badValue, bang, type MatchModule, missing, parseUint } from '../option.ts';
import type { Match } from '../types.ts';

type Icmp = Extract<Match, { kind: 'icmp' }>;

/** Names iptables accepts for a type or a type and code (extensions/libipt_icmp.c, libip6t_icmp6.c); saved as numbers. */
const NAMES: Readonly<Record<4 | 6, Readonly<Record<string, string>>>> = {
  4: {
    'echo-reply': '0',
    pong: '0',
    'destination-unreachable': '3',
    'network-unreachable': '3/0',
    'host-unreachable': '3/1',
    'protocol-unreachable': '3/2',
    'port-unreachable': '3/3',
    'fragmentation-needed': '3/4',
    'communication-prohibited': '3/13',
    'source-quench': '4',
    redirect: '5',
    'echo-request': '8',
    ping: '8',
    'router-advertisement': '9',
    'router-solicitation': '10',
    'time-exceeded': '11',
    'ttl-exceeded': '11',
    'ttl-zero-during-transit': '11/0',
    'parameter-problem': '12',
    'timestamp-request': '13',
    'timestamp-reply': '14',
  },
  6: {
    'destination-unreachable': '1',
    'no-route': '1/0',
    'communication-prohibited': '1/1',
    'address-unreachable': '1/3',
    'port-unreachable': '1/4',
    'packet-too-big': '2',
    'time-exceeded': '3',
    'ttl-exceeded': '3',
    'parameter-problem': '4',
    'echo-request': '128',
    ping: '128',
    'echo-reply': '129',
    pong: '129',
    'router-solicitation': '133',
    'router-advertisement': '134',
    'neighbour-solicitation': '135',
    'neighbor-solicitation': '135',
    'neighbour-advertisement': '136',
    'neighbor-advertisement': '136',
    redirect: '137',
  },
};

const moduleOf = (family: 4 | 6): MatchModule => {
  const option = family === 4 ? '--icmp-type' : '--icmpv6-type';
  return {
    options: { [option]: 1 },
    parse(uses, _family, module) {
      const use = uses.at(-1);
      if (use === undefined) return missing(module, `${option} TYPE[/CODE]`);
      const text = use.args[0] ?? '';
      if (text === 'any') return { kind: 'icmp', family, not: use.not, type: 255, codeFrom: 0, codeTo: 255, any: true };
      const [left, right] = ((Object.hasOwn(NAMES[family], text) ? NAMES[family][text] : undefined) ?? text).split('/');
      const type = parseUint(left, 255);
      const code = right === undefined ? undefined : parseUint(right, 255);
      if (type === undefined || (right !== undefined && code === undefined)) {
        return badValue(use, 'an ICMP type such as "8", "3/4" or "echo-request"');
      }
      return { kind: 'icmp', family, not: use.not, type, codeFrom: code ?? 0, codeTo: code ?? 255, any: false };
    },
  };
};

export const icmp: MatchModule = moduleOf(4);
export const icmp6: MatchModule = moduleOf(6);

const hasCode = (match: Icmp): boolean => match.codeFrom !== 0 || match.codeTo !== 255;

export function saveIcmp(match: Icmp): string {
  const option = match.family === 4 ? '-m icmp' : '-m icmp6';
  const type = match.any ? 'any' : `${match.type}${hasCode(match) ? `/${match.codeFrom}` : ''}`;
  return `${option} ${bang(match.not)}${match.family === 4 ? '--icmp-type' : '--icmpv6-type'} ${type}`;
}

export function listIcmp(match: Icmp): string {
  const name = match.family === 4 ? 'icmp' : 'ipv6-icmp';
  return `${name}${match.not ? ' !' : ''}type ${match.type}${hasCode(match) ? ` code ${match.codeFrom}` : ''}`;
}
