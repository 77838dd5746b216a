import type { Issue, Parsed } from '../../base/index.ts';
import { type Ip, parseIp } from '../../net/index.ts';
import type { ListenSocket } from './types.ts';

const PROTOCOLS = ['tcp', 'udp', 'udplite', 'sctp'] as const;

/**
 * `ss -Hlntup` (iproute2 6.1, misc/ss.c), with its header or without. Only sockets that answer: LISTEN, and UNCONN for
 * datagrams. Asked for one protocol (`ss -lnt`) ss leaves the column Netid out: then a socket that listens is TCP's.
 */
export function parseSockets(text: string, file: string): Parsed<ListenSocket[]> {
  const issues: Issue[] = [];
  const value: ListenSocket[] = [];
  text.split('\n').forEach((line, index) => {
    const words = line.trim().split(/\s+/);
    if (words[0] === '' || words[0] === 'Netid' || words[0] === 'State') return;
    const socket = readSocket(line, words, (severity, message) => {
      issues.push({ code: 'bad-socket', severity, at: { file, line: index + 1 }, message });
    });
    if (socket !== undefined) value.push(socket);
  });
  return { value, issues };
}

/** Of which protocols a text of ss tells all sockets. */
export interface ToldSockets {
  /** Those with a line, and TCP and UDP where its header, or its being empty, says that both were asked for. */
  readonly told: ReadonlySet<ListenSocket['protocol']>;
  /** It has no column Netid: one protocol alone was asked for. */
  readonly ofOne: boolean;
}

export function toldSockets(text: string, sockets: readonly ListenSocket[]): ToldSockets {
  const heads = new Set(text.split('\n').map((line) => /^\s*(\S+)/.exec(line)?.[1]));
  heads.delete(undefined);
  const lines = sockets.map(({ protocol }) => protocol);
  const asked = heads.size === 0 || heads.has('Netid') ? (['tcp', 'udp'] as const) : [];
  return { told: new Set([...asked, ...lines]), ofOne: [...heads].some((head) => head === 'State' || isState(head)) };
}

/** `LISTEN`, `UNCONN`, `ESTAB`, `CLOSE-WAIT` (ss.c sstate_name). */
const isState = (word: string | undefined): boolean => word !== undefined && /^[A-Z][A-Z0-9-]+$/.test(word);

type Report = (severity: Issue['severity'], message: string) => void;

function readSocket(line: string, words: readonly string[], report: Report): ListenSocket | undefined {
  const refuse = (severity: Issue['severity'], message: string): undefined => {
    report(severity, message);
    return undefined;
  };
  const [first = ''] = words;
  const [netid = '', state = '', , , local = ''] = isState(first) ? [UNSAID[first] ?? '', ...words] : words;
  if (first === 'Recv-Q' || /^\d+$/.test(first) || /^\d+$/.test(state))
    return refuse('error', 'No column says which protocol and state a socket has: collect "ss -Hlntup"');
  const protocol = PROTOCOLS.find((known) => known === netid);
  if (state !== 'LISTEN' && state !== 'UNCONN' && (isState(first) || protocol !== undefined))
    return refuse('warning', `Socket in state "${state.slice(0, 40)}" does not listen`);
  if (protocol === undefined) return refuse('warning', `Socket "${netid.slice(0, 40)}" is not modelled`);
  const split = /^(.*):(\d{1,5})$/.exec(local);
  const [host = '', dev] = (split?.[1] ?? '').replace(/^\[(.*)\]/, '$1').split('%');
  const address: Ip | '*' | undefined = host === '*' ? '*' : parseIp(host);
  const port = Number(split?.[2]);
  if (address === undefined || !(port >= 0 && port <= 65535)) {
    return refuse('error', `Wrong local address "${local.slice(0, 60)}"`);
  }
  const process = /users:\(\("(.*?)",/.exec(line)?.[1] ?? '';
  return { protocol, local: address, port, ...(dev === undefined ? {} : { dev }), process };
}

/** The protocol of a socket whose line does not say it. */
const UNSAID: Readonly<Record<string, ListenSocket['protocol']>> = { LISTEN: 'tcp', UNCONN: 'udp' };

/** One line a socket, single blanks; the queue lengths are those of an idle socket with the kernel's default backlog. */
export const printSockets = (sockets: readonly ListenSocket[]): string =>
  sockets.map((socket) => `${showSocket(socket)}\n`).join('');

/** `tcp LISTEN 0 4096 0.0.0.0:8080 0.0.0.0:* users:(("echoserver",pid=1,fd=3))` */
export function showSocket({ protocol, local, port, dev, process }: ListenSocket): string {
  const host = local === '*' ? '*' : local.includes(':') ? `[${local}]` : local;
  const any = local === '*' ? '*' : local.includes(':') ? '[::]' : '0.0.0.0';
  const listens = protocol === 'tcp' || protocol === 'sctp';
  const users = process === '' ? '' : ` users:(("${process}",pid=1,fd=3))`;
  return `${protocol} ${listens ? 'LISTEN 0 4096' : 'UNCONN 0 0'} ${host}${dev === undefined ? '' : `%${dev}`}:${port} ${any}:*${users}`;
}
