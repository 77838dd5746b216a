import { invariant } from '../../src/base/index.ts';
import type { RouterText } from '../planes/router.ts';
import { iptablesOf, type Tables } from '../planes/rules.ts';

/** Packets that meet one namespace, one after the other, each with what becomes of it. */
export interface Group {
  readonly title: string;
  readonly router: RouterText;
  readonly rows: readonly Row[];
}

export interface Row {
  readonly put: string;
  readonly want: string;
}

/**
 * Groups as text: a title, the setup that differs from a namespace without rules between 10.1.0.0/24 on in0 and
 * 10.2.0.0/24 on out0, and rows under the rule they probe.
 *
 *   # FORWARD
 *   filter -A FORWARD -p udp --dport 53 -j DROP
 *   filter -A FORWARD -p udp --dport 54 -j REJECT
 *     in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => dropped
 *     in0 udp 10.1.0.2:4000 > 10.2.0.2:54 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/3 [...] ttl 64
 *
 * Behind the arrow stands the packet's end, then (behind `;`) the ends of what this host sent because of it: a device and
 * the packet as it left, `here` and the packet a socket got, or the disposition. Where a row is about rules, they come
 * first: `filter FORWARD 1, filter DENY 2 | dropped`. Lines behind `//` are for the reader.
 */
export function parseCases(text: string): readonly Group[] {
  const blocks = text.split(/^# /m).slice(1);
  return blocks.map((block) => {
    const [title = '', ...lines] = block.split('\n').map((line) => line.replace(/^\s*\/\/.*$/, '').trim());
    const setup = lines.filter((line) => line !== '' && !line.includes(' => '));
    const rows = lines.filter((line) => line.includes(' => ')).map(rowOf);
    return { title, router: routerTextOf(setup), rows };
  });
}

function rowOf(line: string): Row {
  const [put = '', want = ''] = line.split(/ +=> +/);
  return { put, want };
}

const TABLES = ['raw', 'mangle', 'nat', 'filter', 'security'] as const;
const SECTIONS: Readonly<Record<string, keyof RouterText>> = {
  addr: 'addresses',
  route: 'routes',
  rule: 'rules',
  nft: 'nft',
  ipset: 'ipsets',
  ipvs: 'ipvs',
  conntrack: 'conntrack',
  sysctl: 'sysctl',
  socket: 'sockets',
};

function routerTextOf(lines: readonly string[]): RouterText {
  const sections = new Map<string, string>();
  const add = (key: string, line: string): void => void sections.set(key, `${sections.get(key) ?? ''}${line}\n`);
  for (const line of lines) {
    const space = line.indexOf(' ');
    const word = line.slice(0, space);
    const known = SECTIONS[word] ?? (/^(?:raw|mangle|nat|filter|security)6?$/.test(word) ? word : undefined);
    invariant(
      known !== undefined,
      `A line of a case begins with a table or one of ${Object.keys(SECTIONS).join(' ')}: "${line}"`,
    );
    add(known, line.slice(space + 1));
  }
  const tables = (suffix: string): Tables =>
    Object.fromEntries(
      TABLES.flatMap((name) => (sections.has(name + suffix) ? [[name, sections.get(name + suffix)]] : [])),
    );
  const [iptables, ip6tables] = [iptablesOf(tables('')), iptablesOf(tables('6'))];
  return {
    ...Object.fromEntries(
      Object.values(SECTIONS).flatMap((key) => (sections.has(key) ? [[key, sections.get(key)]] : [])),
    ),
    ...(iptables === '' ? {} : { iptables }),
    ...(ip6tables === '' ? {} : { ip6tables }),
  };
}
