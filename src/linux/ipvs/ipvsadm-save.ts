import type { Issue, Parsed } from '../../base/index.ts';
import { familyOf, type Ip, parseIp } from '../../net/index.ts';
import type { ForwardingMethod, IpvsProtocol, RealServer, VirtualAddress, VirtualServer } from './types.ts';

const SERVICE_OPTIONS: ReadonlyMap<string, IpvsProtocol> = new Map<string, IpvsProtocol>([
  ['-t', 'tcp'],
  ['-u', 'udp'],
  ['--sctp-service', 'sctp'],
]);
const METHODS: ReadonlyMap<string, ForwardingMethod> = new Map<string, ForwardingMethod>([
  ['-m', 'masquerading'],
  ['-g', 'gatewaying'],
  ['-i', 'ipip'],
]);
/** Those that change nothing about where a packet goes: `-y` and `-x` at 0 are no limit. */
const NO_LIMIT: ReadonlySet<string> = new Set(['-x', '-y']);

const NUMBERS: ReadonlySet<string> = new Set(['-p', '-w']);

type Draft = { -readonly [K in keyof VirtualServer]: VirtualServer[K] } & { realServers: RealServer[] };

/** `ipvsadm-save -n` (ipvsadm 1.31): a line for a virtual service, and one for each of its real servers after it. */
export function parseIpvsadmSave(text: string, file: string): Parsed<readonly VirtualServer[]> {
  const issues: Issue[] = [];
  const services = new Map<string, Draft>();
  text.split('\n').forEach((line, index) => {
    const words = line.trim().split(/\s+/);
    const [verb] = words;
    if (verb === '' || verb?.startsWith('#')) return;
    const report = (severity: Issue['severity'], message: string, more: Partial<Issue> = {}): void => {
      issues.push({ code: 'bad-ipvs', severity, at: { file, line: index + 1 }, message, ...more });
    };
    const options = readOptions(words.slice(1));
    const at = addressOf(options);
    if ((verb !== '-A' && verb !== '-a') || at === undefined) {
      const expected = 'expected "-A -t ADDRESS:PORT -s SCHEDULER" or "-a -t ADDRESS:PORT -r SERVER:PORT -m"';
      report('error', `Cannot read "${line.trim().slice(0, 80)}"`, { expected });
      return;
    }
    const digits = [...options].find(([option, value]) => NUMBERS.has(option) && !/^\d*$/.test(value));
    if (digits !== undefined) {
      report('error', `Value of ${digits[0]} is "${digits[1].slice(0, 40)}"`, { expected: 'expected a number' });
      return;
    }
    const key = showVirtualAddress(at);
    const known = services.get(key);
    if (verb === '-A') {
      if (known === undefined) services.set(key, serviceOf(at, options));
      else report('error', `Virtual service ${key} is added twice`);
    } else {
      const server = known === undefined ? undefined : realServerOf(options);
      if (known === undefined) report('error', `No virtual service ${key} is added before this real server`);
      else if (server === undefined) report('error', `Cannot read the real server in "${line.trim().slice(0, 80)}"`);
      else known.realServers.push(server);
    }
    const left = unread(options, verb);
    if (left !== undefined)
      report('warning', `Cannot evaluate "${left}"`, { hint: 'a walk that reaches this service ends "unknown"' });
  });
  return { value: [...services.values()], issues };
}

type Options = ReadonlyMap<string, string>;

/** Each option with the word after it, where that is none itself. */
function readOptions(words: readonly string[]): Options {
  const options = new Map<string, string>();
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const next = words[i + 1];
    const value = next === undefined || next.startsWith('-') ? '' : next;
    options.set(word, value);
    if (value !== '') i++;
  }
  return options;
}

function addressOf(options: Options): VirtualAddress | undefined {
  const mark = options.get('-f');
  if (mark !== undefined)
    return /^\d+$/.test(mark) ? { kind: 'fwmark', mark: Number(mark), family: options.has('-6') ? 6 : 4 } : undefined;
  for (const [option, protocol] of SERVICE_OPTIONS) {
    const end = parseEnd(options.get(option));
    if (end !== undefined) return { kind: 'address', protocol, ...end };
  }
  return undefined;
}

function parseEnd(text: string | undefined): { readonly address: Ip; readonly port: number } | undefined {
  const [, six, four, digits = ''] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text ?? '') ?? [];
  const address = parseIp(six ?? four ?? '');
  const port = Number(digits);
  return address === undefined || port > 65_535 ? undefined : { address, port };
}

const SERVICE_KNOWN: ReadonlySet<string> = new Set([
  '-t',
  '-u',
  '--sctp-service',
  '-f',
  '-6',
  '-s',
  '-p',
  '-M',
  '-o',
  '-b',
]);
const SERVER_KNOWN: ReadonlySet<string> = new Set([
  '-t',
  '-u',
  '--sctp-service',
  '-f',
  '-6',
  '-r',
  '-m',
  '-g',
  '-i',
  '-w',
]);

function unread(options: Options, verb: '-A' | '-a'): string | undefined {
  const known = verb === '-A' ? SERVICE_KNOWN : SERVER_KNOWN;
  const left = [...options].filter(([option, value]) => !known.has(option) && !(NO_LIMIT.has(option) && value === '0'));
  return left.length === 0 ? undefined : left.map(([option, value]) => `${option} ${value}`.trim()).join(' ');
}

function serviceOf(at: VirtualAddress, options: Options): Draft {
  const persistent = options.get('-p');
  const netmask = netmaskOf(options.get('-M'));
  const flags = options.get('-b');
  const left = unread(options, '-A');
  return {
    at,
    scheduler: options.get('-s') ?? 'wlc',
    ...(persistent === undefined ? {} : { persistent: persistent === '' ? DEFAULT_PERSISTENCE : Number(persistent) }),
    ...(netmask === undefined ? {} : { netmask }),
    onePacket: options.has('-o'),
    schedFlags: flags === undefined ? [] : flags.split(','),
    realServers: [],
    ...(left === undefined ? {} : { unsupported: left }),
  };
}

/** ipvsadm(8), `-p` without a time. */
const DEFAULT_PERSISTENCE = 300;

/** A dotted mask, or a length for IPv6; undefined for the whole address. */
function netmaskOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text) === 128 ? undefined : Number(text);
  const bits = maskBits(text);
  return bits === 32 ? undefined : bits;
}

const maskBits = (mask: string): number =>
  mask.split('.').reduce((sum, octet) => sum + Number(octet).toString(2).replaceAll('0', '').length, 0);

function realServerOf(options: Options): RealServer | undefined {
  const end = parseEnd(options.get('-r'));
  if (end === undefined) return undefined;
  const method = [...METHODS].find(([option]) => options.has(option))?.[1] ?? 'gatewaying';
  const left = unread(options, '-a');
  const weight = Number(options.get('-w') ?? 1);
  return { ...end, forward: method, weight, ...(left === undefined ? {} : { unsupported: left }) };
}

// ---- text --------------------------------------------------------------------------------------------------------------

const showEnd = (address: Ip, port: number): string =>
  familyOf(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`;

/** `-t 172.20.0.10:53`, `-u [fd00::a]:53`, `-f 7`. */
export function showVirtualAddress(at: VirtualAddress): string {
  if (at.kind === 'fwmark') return `-f ${at.mark}${at.family === 6 ? ' -6' : ''}`;
  const option = [...SERVICE_OPTIONS].find(([, protocol]) => protocol === at.protocol)?.[0] ?? '-t';
  return `${option} ${showEnd(at.address, at.port)}`;
}

/** The `-A` line. */
export function showVirtualServer({
  at,
  scheduler,
  persistent,
  netmask,
  onePacket,
  schedFlags,
  ...rest
}: VirtualServer): string {
  const words = [`-A ${showVirtualAddress(at)} -s ${scheduler}`];
  if (persistent !== undefined) words.push(`-p ${persistent}`);
  if (netmask !== undefined) words.push(`-M ${showMask(at, netmask)}`);
  if (onePacket) words.push('-o');
  if (schedFlags.length > 0) words.push(`-b ${schedFlags.join(',')}`);
  if (rest.unsupported !== undefined) words.push(rest.unsupported);
  return words.join(' ');
}

function showMask(at: VirtualAddress, bits: number): string {
  const six = (at.kind === 'fwmark' ? at.family : familyOf(at.address)) === 6;
  if (six) return String(bits);
  const octets = [0, 8, 16, 24].map((from) => 256 - 2 ** (8 - Math.min(8, Math.max(0, bits - from))));
  return octets.join('.');
}

/** An `-a` line. */
export function showRealServer(
  at: VirtualAddress,
  { address, port, forward, weight, unsupported }: RealServer,
): string {
  const method = [...METHODS].find(([, known]) => known === forward)?.[0] ?? '-g';
  const line = `-a ${showVirtualAddress(at)} -r ${showEnd(address, port)} ${method} -w ${weight}`;
  return unsupported === undefined ? line : `${line} ${unsupported}`;
}

export const printIpvsadmSave = (services: readonly VirtualServer[]): string =>
  services
    .map((service) =>
      [showVirtualServer(service), ...service.realServers.map((server) => showRealServer(service.at, server))]
        .map((line) => `${line}\n`)
        .join(''),
    )
    .join('');

// ---- ipvsadm -Ln -------------------------------------------------------------------------------------------------------

const FORWARD: Readonly<Record<ForwardingMethod, string>> = {
  masquerading: 'Masq',
  gatewaying: 'Route',
  ipip: 'Tunnel',
};

/** `ipvsadm -Ln`, of a table no connection uses. */
export function showIpvs(services: readonly VirtualServer[]): string {
  const lines = [
    'IP Virtual Server version 1.2.1 (size=4096)',
    'Prot LocalAddress:Port Scheduler Flags',
    '  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn',
  ];
  for (const { at, scheduler, persistent, netmask, onePacket, realServers } of services) {
    const head =
      at.kind === 'fwmark'
        ? `FWM  ${at.mark}${at.family === 6 ? ' IPv6' : ''}`
        : `${at.protocol.toUpperCase().padEnd(4)} ${showEnd(at.address, at.port)}`;
    const mask = netmask === undefined ? '' : ` mask ${showMask(at, netmask)}`;
    const flags = `${persistent === undefined ? '' : ` persistent ${persistent}`}${mask}${onePacket ? ' ops' : ''}`;
    lines.push(`${head} ${scheduler}${flags}`);
    for (const { address, port, forward, weight } of realServers) {
      const end = showEnd(address, port).padEnd(28);
      lines.push(`  -> ${end} ${FORWARD[forward].padEnd(7)} ${String(weight).padEnd(6)} 0          0`);
    }
  }
  return `${lines.join('\n')}\n`;
}
