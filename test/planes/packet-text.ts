import { invariant } from '../../src/base/index.ts';
import { familyOf, type Ip, ip, parseIp, parseProtocol } from '../../src/net/index.ts';
import type { Headers, TcpFlag } from '../../src/trace/index.ts';

/**
 * Packets as cases write them, and as `showHeaders` prints them:
 *
 *   tcp 10.1.0.2:40000 > 10.2.0.2:80 S            flags S A R F P; ttl 64, length and df as the protocol has them
 *   udp [fd01::2]:40000 > [fd02::2]:53 ttl 3
 *   icmp 10.1.0.2 > 10.2.0.2 8/0 id 7
 *   icmp 10.2.0.9 > 10.1.0.2 3/4 mtu 1400 [udp 10.1.0.2:40000 > 10.2.0.2:53]
 */
export function parsePacket(text: string): Headers {
  const match = /^(\S+) (\S+) > (\S+)(?: (.*))?$/.exec(text);
  invariant(match !== null, `Cannot read the packet "${text}": expected "PROTOCOL SRC > DST ..."`);
  const [, name = '', from = '', to = '', rest = ''] = match;
  const protocol = parseProtocol(name);
  invariant(protocol !== undefined, `Cannot read the packet "${text}": unknown protocol "${name}"`);
  const source = endOf(from);
  const target = endOf(to);
  const family = familyOf(source.address);
  const options = readOptions(rest);
  const isIcmp = protocol === 'icmp' || protocol === 'ipv6-icmp';
  const head = family === 4 ? 20 : 40;
  return {
    family,
    src: source.address,
    dst: target.address,
    protocol,
    ...(source.port === undefined ? {} : { sport: source.port }),
    ...(target.port === undefined ? {} : { dport: target.port }),
    ...(protocol === 'tcp' ? { tcpFlags: options.flags } : {}),
    ...(isIcmp ? { icmp: options.icmp } : {}),
    ttl: options.ttl,
    length: options.length ?? head + (protocol === 'tcp' ? 20 : isIcmp ? 36 : 12),
    df: options.df,
    mark: 0,
  };
}

interface Options {
  flags: readonly TcpFlag[];
  icmp: NonNullable<Headers['icmp']>;
  ttl: number;
  length: number | undefined;
  df: boolean;
}

const FLAGS: Readonly<Record<string, TcpFlag>> = { S: 'SYN', A: 'ACK', R: 'RST', F: 'FIN', P: 'PSH' };

export const parseFlags = (text: string): readonly TcpFlag[] =>
  [...text].flatMap((letter) => FLAGS[letter] ?? []).sort();

/** To the last bracket: an IPv6 end has some of its own. */
const QUOTE = /\[(.+ > .+)\]/;

function readOptions(text: string): Options {
  const found: Options = { flags: [], icmp: { type: 8, code: 0, id: 1 }, ttl: 64, length: undefined, df: false };
  const quote = QUOTE.exec(text);
  if (quote !== null) found.icmp = { ...found.icmp, quoted: parsePacket(quote[1] ?? '') };
  const words = text.replace(QUOTE, '').split(/\s+/);
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const value = Number(words[i + 1]);
    const type = /^(\d+)\/(\d+)$/.exec(word);
    if (type !== null) found.icmp = { ...withoutId(found), type: Number(type[1]), code: Number(type[2]) };
    else if (word === 'id') found.icmp = { ...found.icmp, id: value };
    else if (word === 'mtu') found.icmp = { ...found.icmp, mtu: value };
    else if (word === 'ttl') found.ttl = value;
    else if (word === 'length') found.length = value;
    else if (word === 'df') found.df = true;
    else if (/^[SARFP]+$/.test(word)) found.flags = parseFlags(word);
    else invariant(word === '' || /^\d+$/.test(word), `Cannot read "${word}" in the packet options "${text}"`);
  }
  return found;
}

/** An error has no id: the quoted packet is what it is about. */
function withoutId({ icmp }: Options): NonNullable<Headers['icmp']> {
  const { id, ...rest } = icmp;
  return icmp.quoted === undefined ? { ...rest, id: id ?? 1 } : rest;
}

function endOf(text: string): { readonly address: Ip; readonly port: number | undefined } {
  const bracketed = /^\[(.+)\](?::(\d+))?$/.exec(text);
  if (bracketed !== null) return { address: ip(bracketed[1] ?? ''), port: portOf(bracketed[2]) };
  if (parseIp(text) !== undefined) return { address: ip(text), port: undefined };
  const [address = '', port] = text.split(':');
  return { address: ip(address), port: portOf(port) };
}

const portOf = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));
