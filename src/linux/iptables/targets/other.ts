import type { Family } from '../../../net/index.ts';
import { bad, badValue, missing, parseUint, type TargetModule } from '../option.ts';
import type { RejectWith, Target } from '../types.ts';

type Of<K extends Target['kind']> = Extract<Target, { kind: K }>;

const DEFAULT_REJECT = { 4: 'icmp-port-unreachable', 6: 'icmp6-port-unreachable' } as const;

/** The names they are saved as, and the short ones (extensions/libipt_REJECT.c, libip6t_REJECT.c). */
const REJECT_WITH: Readonly<Record<Family, readonly (readonly [long: RejectWith, short: string])[]>> = {
  4: [
    ['icmp-net-unreachable', 'net-unreach'],
    ['icmp-host-unreachable', 'host-unreach'],
    ['icmp-port-unreachable', 'port-unreach'],
    ['icmp-proto-unreachable', 'proto-unreach'],
    ['icmp-net-prohibited', 'net-prohib'],
    ['icmp-host-prohibited', 'host-prohib'],
    ['tcp-reset', 'tcp-rst'],
    ['icmp-admin-prohibited', 'admin-prohib'],
  ],
  6: [
    ['icmp6-no-route', 'no-route'],
    ['icmp6-adm-prohibited', 'adm-prohibited'],
    ['icmp6-addr-unreachable', 'addr-unreach'],
    ['icmp6-port-unreachable', 'port-unreach'],
    ['tcp-reset', 'tcp-reset'],
    ['icmp6-policy-fail', 'policy-fail'],
    ['icmp6-reject-route', 'reject-route'],
  ],
};

export const reject: TargetModule = {
  options: { '--reject-with': 1 },
  parse(uses, family) {
    const use = uses.at(-1);
    if (use === undefined) return { kind: 'REJECT', with: DEFAULT_REJECT[family] };
    const text = use.args[0] ?? '';
    const found = REJECT_WITH[family].find(([long, short]) => text === long || text === short);
    return found === undefined
      ? badValue(use, `one of ${REJECT_WITH[family].map(([long]) => long).join(', ')}`)
      : { kind: 'REJECT', with: found[0] };
  },
};

const TTL_NAME = { 4: 'TTL', 6: 'HL' } as const;
const TTL_OPS = ['set', 'dec', 'inc'] as const;
/** `-j TTL` of IPv4, `-j HL` of IPv6 (extensions/libipt_TTL.c, libip6t_HL.c): one target, named and spelled by family. */
const hopsTarget = (of: Family): TargetModule => {
  const name = TTL_NAME[of];
  const option = `--${name.toLowerCase()}`;
  return {
    options: Object.fromEntries(TTL_OPS.map((op) => [`${option}-${op}`, 1])),
    parse(uses, family) {
      if (family !== of) return bad(`Only IPv${of} has a target "${name}"`, `"-j ${TTL_NAME[family]}"`);
      const [use, more] = uses;
      const op = TTL_OPS.find((each) => use?.name === `${option}-${each}`);
      if (use === undefined || op === undefined || more !== undefined)
        return missing(name, `one of ${TTL_OPS.map((each) => `${option}-${each} N`).join(', ')}`);
      const value = parseUint(use.args[0], 255);
      if (value === undefined) return badValue(use, 'a number from 0 to 255');
      // net/netfilter/xt_HL.c, ttl_tg_check and hl_tg6_check.
      return op !== 'set' && value === 0 ? badValue(use, 'more than 0') : { kind: 'TTL', family, op, value };
    },
  };
};
export const ttl = hopsTarget(4);
export const hl = hopsTarget(6);
export const saveTtlTarget = ({ family, op, value }: Of<'TTL'>): string =>
  `-j ${TTL_NAME[family]} --${TTL_NAME[family].toLowerCase()}-${op} ${value}`;
const TTL_LISTED = { set: 'set to', dec: 'decrement by', inc: 'increment by' } as const;
export const listTtlTarget = ({ family, op, value }: Of<'TTL'>): string =>
  `${TTL_NAME[family]} ${TTL_LISTED[op]} ${value}`;

/** What the headers leave of the longest packet (extensions/libxt_TCPMSS.c). */
const MOST_MSS = { 4: 65_495, 6: 65_475 } as const;
export const tcpmss: TargetModule = {
  options: { '--set-mss': 1, '--clamp-mss-to-pmtu': 0 },
  parse(uses, family) {
    const [use, more] = uses;
    if (use === undefined || more !== undefined) return missing('TCPMSS', '--set-mss N or --clamp-mss-to-pmtu');
    if (use.name === '--clamp-mss-to-pmtu') return { kind: 'TCPMSS' };
    const mss = parseUint(use.args[0], MOST_MSS[family]);
    return mss === undefined ? badValue(use, `a number from 0 to ${MOST_MSS[family]}`) : { kind: 'TCPMSS', mss };
  },
};
export const saveTcpmss = ({ mss }: Of<'TCPMSS'>): string =>
  `-j TCPMSS ${mss === undefined ? '--clamp-mss-to-pmtu' : `--set-mss ${mss}`}`;
export const listTcpmss = ({ mss }: Of<'TCPMSS'>): string =>
  `TCPMSS ${mss === undefined ? 'clamp to PMTU' : `set ${mss}`}`;

export const notrack: TargetModule = { options: {}, parse: () => ({ kind: 'NOTRACK' }) };
/** `-j CT --notrack` is the same target; the kernel keeps a flag that tells which spelling to save (libxt_CT.c). */
export const ct: TargetModule = {
  options: { '--notrack': 0 },
  parse: (uses) =>
    uses.length === 0 ? bad('A CT target without options does nothing') : { kind: 'NOTRACK', via: 'CT' },
};

/** `iptables -L` prints LOG's defaults too (extensions/libxt_LOG.c, LOG_print). */
export function listNoEffect(target: Of<'no-effect'>): string {
  if (target.name !== 'LOG') return target.options;
  const level = /--log-level (\S+)/.exec(target.options)?.[1] ?? '4';
  const prefix = /--log-prefix ("(?:[^"\\]|\\.)*"|\S+)/.exec(target.options)?.[1];
  const flags = [
    ['--log-tcp-sequence', 1],
    ['--log-tcp-options', 2],
    ['--log-ip-options', 4],
    ['--log-uid', 8],
    ['--log-macdecode', 32],
  ] as const;
  const bits = flags.reduce((sum, [name, bit]) => sum + (target.options.includes(name) ? bit : 0), 0);
  const quoted = prefix === undefined ? '' : ` prefix "${prefix.replace(/^"|"$/g, '').replace(/\\(.)/g, '$1')}"`;
  return `LOG flags ${bits} level ${level}${quoted}`;
}
