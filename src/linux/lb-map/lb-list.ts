import type { Issue, Parsed } from '../../base/index.ts';
import { familyOf, type Ip, parseIp } from '../../net/index.ts';
import type { LbEnd, LbFrontend, LbProtocol } from './types.ts';

const HEAD = ['SERVICE ADDRESS', 'BACKEND ADDRESS (REVNAT_ID) (SLOT)'] as const;
/** Between columns (text/tabwriter, as the tool sets it up). */
const PADDING = 3;
const PROTOCOLS: ReadonlyMap<string, LbProtocol> = new Map<string, LbProtocol>([
  ['TCP', 'tcp'],
  ['UDP', 'udp'],
  ['SCTP', 'sctp'],
]);

const LINE =
  /^(?<frontend>\S+) \(\d+\)\s+(?<backend>\S+) \((?<revnat>\d+)\) \((?<slot>\d+)\)(?: \[(?<flags>[^\]]*)\])?$/;

type Draft = { -readonly [K in keyof LbFrontend]: LbFrontend[K] } & { backends: LbEnd[] };

/**
 * `cilium-dbg bpf lb list` (1.16 and later, with protocols): of each frontend a line of slot 0, which says what it is, and one
 * for each backend, in any order.
 */
export function parseLbList(text: string, file: string): Parsed<readonly LbFrontend[]> {
  const issues: Issue[] = [];
  const found = new Map<string, Draft>();
  const slots = new Map<Draft, Slot[]>();
  text.split('\n').forEach((line, index) => {
    if (line.trim() === '' || line.startsWith(HEAD[0])) return;
    const groups = LINE.exec(line.trim())?.groups;
    const key = groups?.frontend ?? '';
    const front = found.get(key) ?? parseFrontend(key);
    const backend = parseEnd((groups?.backend ?? '').replace(/\/[A-Z]+$/, ''));
    if (groups === undefined || front === undefined || backend === undefined) {
      issues.push({
        code: 'bad-lb-list',
        severity: 'error',
        at: { file, line: index + 1 },
        message: `Cannot read "${line.trim().slice(0, 80)}"`,
        expected: 'expected "ADDRESS:PORT/TCP (SLOT)  BACKEND:PORT/TCP (REVNAT) (SLOT)"',
      });
      return;
    }
    found.set(key, front);
    front.revNat = Number(groups.revnat);
    const slot = Number(groups.slot);
    if (slot === 0) front.flags = (groups.flags ?? '').split(', ').filter((flag) => flag !== '');
    else slotsOf(slots, front).push([slot, backend]);
  });
  for (const [front, ends] of slots) front.backends = ends.sort(([a], [b]) => a - b).map(([, end]) => end);
  return { value: [...found.values()], issues };
}

type Slot = readonly [slot: number, end: LbEnd];

function slotsOf(slots: Map<Draft, Slot[]>, front: Draft): Slot[] {
  const own = slots.get(front) ?? [];
  slots.set(front, own);
  return own;
}

function parseFrontend(text: string): Draft | undefined {
  const [end = '', protocol = '', scope] = text.split('/');
  const at = parseEnd(end);
  const known = PROTOCOLS.get(protocol);
  if (at === undefined || known === undefined || (scope !== undefined && scope !== 'i')) return undefined;
  return {
    ...at,
    protocol: known,
    scope: scope === 'i' ? 'internal' : 'external',
    revNat: 0,
    flags: [],
    backends: [],
  };
}

function parseEnd(text: string): LbEnd | undefined {
  const [, six, four, digits = ''] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const address = parseIp(six ?? four ?? '');
  const port = Number(digits);
  return address === undefined || port > 65_535 ? undefined : { address, port };
}

export const showLbEnd = ({ address, port }: LbEnd): string =>
  familyOf(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`;

/** `172.20.0.10:53/UDP`, `10.0.0.75:30080/TCP/i`. */
export const showFrontend = (front: Pick<LbFrontend, 'address' | 'port' | 'protocol' | 'scope'>): string =>
  `${showLbEnd(front)}/${front.protocol.toUpperCase()}${front.scope === 'internal' ? '/i' : ''}`;

/** The line of slot 0, or of a backend's slot. */
export function showLbLine(front: LbFrontend, slot: number, width = 0): string {
  const { address, protocol, revNat, flags, backends } = front;
  const left = `${showFrontend(front)} (${slot})`.padEnd(width);
  const backend = backends[slot - 1];
  const right =
    backend === undefined
      ? `${showLbEnd({ address: anyOf(address), port: 0 })} (${revNat}) (0) [${flags.join(', ')}]`
      : `${showLbEnd(backend)}/${protocol.toUpperCase()} (${revNat}) (${slot})`;
  return `${left}${' '.repeat(PADDING)}${right}`;
}

// Both are canonical addresses of their family.
const anyOf = (address: Ip): Ip => (familyOf(address) === 4 ? '0.0.0.0' : '::') as Ip;

export function printLbList(fronts: readonly LbFrontend[]): string {
  const longest = fronts.map((front) => `${showFrontend(front)} (${front.backends.length})`.length);
  const width = Math.max(HEAD[0].length, ...longest);
  const lines = fronts.flatMap((front) =>
    [0, ...front.backends.map((_, at) => at + 1)].map((slot) => showLbLine(front, slot, width)),
  );
  return [`${HEAD[0].padEnd(width)}${' '.repeat(PADDING)}${HEAD[1]}`, ...lines, ''].join('\n');
}
