import { type Ip, ip, parseIp } from '../../../net/index.ts';
import { badValue, bang, type MatchModule, missing, type OptionUse, parseUint } from '../option.ts';
import type { Match } from '../types.ts';

type Recent = Extract<Match, { kind: 'recent' }>;

const FULL_MASK: Readonly<Record<4 | 6, Ip>> = {
  4: ip('255.255.255.255'),
  6: ip('ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'),
};
const OPS = ['set', 'rcheck', 'update', 'remove'] as const;

/** xt_recent: one list of addresses a name; `DEFAULT` and the whole source address unless told (iptables-extensions(8)). */
export const recent: MatchModule = {
  options: {
    '--set': 0,
    '--rcheck': 0,
    '--update': 0,
    '--remove': 0,
    '--seconds': 1,
    '--reap': 0,
    '--hitcount': 1,
    '--rttl': 0,
    '--name': 1,
    '--mask': 1,
    '--rsource': 0,
    '--rdest': 0,
  },
  parse(uses, family) {
    const find = (name: string): OptionUse | undefined => uses.find((use) => use.name === name);
    const op = OPS.find((name) => find(`--${name}`));
    if (op === undefined) return missing('recent', 'one of --set, --rcheck, --update, --remove');
    const numbers: { seconds?: number; hitcount?: number } = {};
    for (const key of ['seconds', 'hitcount'] as const) {
      const use = find(`--${key}`);
      if (use === undefined) continue;
      const value = parseUint(use.args[0]);
      if (value === undefined) return badValue(use, 'a number');
      numbers[key] = value;
    }
    const maskUse = find('--mask');
    const mask = maskUse === undefined ? FULL_MASK[family] : parseIp(maskUse.args[0] ?? '');
    if (maskUse !== undefined && mask === undefined) return badValue(maskUse, `a mask such as "${FULL_MASK[family]}"`);
    return {
      kind: 'recent',
      not: find(`--${op}`)?.not ?? false,
      op,
      name: find('--name')?.args[0] ?? 'DEFAULT',
      ...numbers,
      reap: find('--reap') !== undefined,
      rttl: find('--rttl') !== undefined,
      mask: mask ?? FULL_MASK[family],
      side: find('--rdest') === undefined ? 'rsource' : 'rdest',
    };
  },
};

export function saveRecent(match: Recent): string {
  let text = `-m recent ${bang(match.not)}--${match.op}`;
  if (match.seconds !== undefined) text += ` --seconds ${match.seconds}`;
  if (match.reap) text += ' --reap';
  if (match.hitcount !== undefined) text += ` --hitcount ${match.hitcount}`;
  if (match.rttl) text += ' --rttl';
  return `${text} --name ${match.name} --mask ${match.mask} --${match.side}`;
}

const LISTED = { set: 'SET', rcheck: 'CHECK', update: 'UPDATE', remove: 'REMOVE' } as const;

export function listRecent(match: Recent): string {
  let text = `${bang(match.not)}recent: ${LISTED[match.op]}`;
  if (match.seconds !== undefined) text += ` seconds: ${match.seconds}`;
  if (match.reap) text += ' reap';
  if (match.hitcount !== undefined) text += ` hit_count: ${match.hitcount}`;
  if (match.rttl) text += ' TTL-Match';
  return `${text} name: ${match.name} side: ${match.side === 'rsource' ? 'source' : 'dest'} mask: ${match.mask}`;
}
