import { familyOf, parseCidr, parseIp } from '../../net/index.ts';
import { anonymousLookup, namedLookup, setUpdate, verdictMap } from './parse-lookup.ts';
import { cut, type Reader, type TableContext } from './reader.ts';
import { reject } from './reject.ts';
import type { NftStatement } from './types.ts';

const ALL_BITS = 0xffffffff;

/**
 * The statements of one rule, left to right (nft(8), EXPRESSIONS and STATEMENTS). From the first word the model does
 * not know, the rest of the rule is one `unsupported` statement: what stood before it still decides whether a packet
 * gets there.
 */
export function parseStatements(text: string, table: TableContext): readonly NftStatement[] {
  const statements: NftStatement[] = [];
  let rest = text.trim();
  while (rest !== '') {
    let read: ReturnType<Reader>;
    for (const reader of READERS) {
      read = reader(rest, table);
      if (read !== undefined) break;
    }
    if (read === undefined) return [...statements, { kind: 'unsupported', text: rest }];
    statements.push(read[0]);
    rest = read[1].trimStart();
  }
  return statements;
}

/** `{ a, b }` or one word. */
const LIST = '(\\{[^{}]*\\}|[^\\s{}@]+)';
const members = (text: string): readonly string[] =>
  (text.startsWith('{') ? text.slice(1, -1).split(',') : [text]).map((member) => member.trim());

const address: Reader = (text, { family }) => {
  const read = cut(text, new RegExp(`^(ip6?) ([sd]addr) (!= )?${LIST}`));
  if (read === undefined) return undefined;
  const [[, version, field, not, list], rest] = read;
  const wanted = version === 'ip' ? 4 : 6;
  if ((family === 'ip' && wanted === 6) || (family === 'ip6' && wanted === 4)) return undefined;
  const cidrs = members(list ?? '').map(parseCidr);
  const known = cidrs.filter((cidr) => cidr?.family === wanted).filter((cidr) => cidr !== undefined);
  if (known.length !== cidrs.length) return undefined;
  return [
    { kind: 'match-address', field: field === 'saddr' ? 'saddr' : 'daddr', not: not !== undefined, cidrs: known },
    rest,
  ];
};

const networkInterface: Reader = (text) => {
  const read = cut(text, /^(iifname|oifname) (!= )?"([^"]+)"/);
  if (read === undefined) return undefined;
  const [[, field, not, name = ''], rest] = read;
  const wildcard = name.endsWith('*') && !name.endsWith('\\*');
  const of = field === 'iifname' ? 'iifname' : 'oifname';
  return [{ kind: 'match-interface', field: of, not: not !== undefined, name, wildcard }, rest];
};

const port: Reader = (text) => {
  const read = cut(text, new RegExp(`^(tcp|udp|sctp|th) ([sd]port) (!= )?${LIST}`));
  if (read === undefined) return undefined;
  const [[, protocol, field, not, list], rest] = read;
  const ports = members(list ?? '').map((member) => /^(\d+)(?:-(\d+))?$/.exec(member));
  if (ports.some((one) => one === null)) return undefined;
  return [
    {
      kind: 'match-port',
      protocol: protocol === 'tcp' || protocol === 'udp' || protocol === 'sctp' ? protocol : 'th',
      field: field === 'sport' ? 'sport' : 'dport',
      not: not !== undefined,
      ports: ports.flatMap((one) => (one === null ? [] : [{ from: Number(one[1]), to: Number(one[2] ?? one[1]) }])),
    },
    rest,
  ];
};

/** `ip protocol` reads the same field of an IPv4 header. */
const l4proto: Reader = (text, { family }) => {
  const read = cut(text, new RegExp(`^(meta l4proto|ip protocol) (!= )?${LIST}`));
  if (read === undefined) return undefined;
  const [[, key, not, list], rest] = read;
  if (key === 'ip protocol' && family !== 'ip') return undefined;
  return [{ kind: 'match-l4proto', not: not !== undefined, protocols: members(list ?? '') }, rest];
};

const fibType: Reader = (text) => {
  const read = cut(text, /^fib ([sd]addr) type (!= )?([a-z]+)/);
  if (read === undefined) return undefined;
  const [[, of, not, type = ''], rest] = read;
  return [{ kind: 'match-fib-type', of: of === 'saddr' ? 'saddr' : 'daddr', not: not !== undefined, type }, rest];
};

const ctState: Reader = (text) => {
  const read = cut(text, /^ct state (!= )?([a-z]+(?:,[a-z]+)*)/);
  if (read === undefined) return undefined;
  const [[, not, states = ''], rest] = read;
  return [{ kind: 'match-ct-state', not: not !== undefined, states: states.split(',') }, rest];
};

const NUMBER = '(0x[0-9a-fA-F]+|\\d+)';

const markMatch: Reader = (text) => {
  const read = cut(text, new RegExp(`^(meta|ct) mark (?:(?:&|and) ${NUMBER} (==|!=)|(!=|==))? ?${NUMBER}`));
  if (read === undefined) return undefined;
  const [[, of, mask, masked, plain, value], rest] = read;
  return [
    {
      kind: 'match-mark',
      of: of === 'ct' ? 'ct' : 'meta',
      mask: mask === undefined ? ALL_BITS : Number(mask),
      not: (masked ?? plain) === '!=',
      value: Number(value),
    },
    rest,
  ];
};

/** `((source & and) ^ xor) | or`: nft prints the operators in their order of binding. */
const markSet: Reader = (text) => {
  const read = cut(
    text,
    new RegExp(
      `^(meta|ct) mark set (?:(meta|ct) mark(?: (?:&|and) ${NUMBER})?(?: (?:\\^|xor) ${NUMBER})?(?: (?:\\||or) ${NUMBER})?|${NUMBER})`,
    ),
  );
  if (read === undefined) return undefined;
  const [[, of, source, and, xor, or, value], rest] = read;
  const to = of === 'ct' ? 'ct' : 'meta';
  if (value !== undefined) {
    return [{ kind: 'set-mark', of: to, source: 'immediate', and: 0, or: Number(value), xor: 0 }, rest];
  }
  return [
    {
      kind: 'set-mark',
      of: to,
      source: source === 'ct' ? 'ct' : 'meta',
      and: and === undefined ? ALL_BITS : Number(and),
      or: Number(or ?? 0),
      xor: Number(xor ?? 0),
    },
    rest,
  ];
};

const counter: Reader = (text) => {
  const read = cut(text, /^counter(?: packets \d+ bytes \d+)?/);
  return read && [{ kind: 'counter' }, read[1]];
};

const verdict: Reader = (text) => {
  const read = cut(text, /^(accept|drop|return|continue)/);
  const word = read?.[0][1];
  if (read === undefined) return undefined;
  if (word !== 'accept' && word !== 'drop' && word !== 'return' && word !== 'continue') return undefined;
  return [{ kind: 'verdict', verdict: word }, read[1]];
};

const jump: Reader = (text) => {
  const read = cut(text, /^(jump|goto) (\S+)/);
  return read && [{ kind: read[0][1] === 'goto' ? 'goto' : 'jump', chain: read[0][2] ?? '' }, read[1]];
};

const FLAGS = '(?: (random|fully-random|random,fully-random))?$';
const flags = (text: string | undefined): { random: boolean; fullyRandom: boolean } => ({
  random: text === 'random' || text === 'random,fully-random',
  fullyRandom: text?.endsWith('fully-random') ?? false,
});

const nat: Reader = (text, { family }) => {
  const found = new RegExp(
    `^([ds]nat)(?: (ip6?))? to (?:\\[([^\\]]+)\\]|([^\\s:]+|[^\\s[\\]]+?))(?::(\\d+))?${FLAGS}`,
  ).exec(text);
  if (found === null) return undefined;
  const [, kind, version, bracketed, bare, portText, flag] = found;
  const plain6 =
    family === 'ip6' || version === 'ip6' ? /^\S+ (?:ip6 )?to ([0-9a-f:]+)(?: |$)/.exec(text)?.[1] : undefined;
  const to = parseIp(bracketed ?? plain6 ?? bare ?? '');
  if (to === undefined || (family !== 'inet' && familyOf(to) !== (family === 'ip' ? 4 : 6))) return undefined;
  const toPort = plain6 === undefined ? portText : undefined;
  return [
    {
      kind: kind === 'dnat' ? 'dnat' : 'snat',
      to,
      ...(toPort === undefined ? {} : { port: Number(toPort) }),
      ...flags(flag),
    },
    '',
  ];
};

const masquerade: Reader = (text) => {
  const found = new RegExp(`^masquerade${FLAGS}`).exec(text);
  return found === null ? undefined : [{ kind: 'masquerade', ...flags(found[1]) }, ''];
};

const READERS: readonly Reader[] = [
  counter,
  verdictMap,
  namedLookup,
  address,
  networkInterface,
  port,
  l4proto,
  fibType,
  ctState,
  markSet,
  markMatch,
  verdict,
  jump,
  reject,
  nat,
  masquerade,
  setUpdate,
  anonymousLookup,
];
