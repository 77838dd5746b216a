import type { Hook } from '../iptables/types.ts';
import type { Entry } from './blocks.ts';
import { parsePriority } from './priority.ts';
import type { NftChain, NftMeets, NftTable } from './types.ts';

/** What a chain says of itself beside its rules. */
export interface ChainHead {
  readonly name: string;
  readonly comment: string | undefined;
  /** Where it hangs, as far as that can be read. Undefined: on no hook. */
  readonly hangs: Hangs | undefined;
  readonly rules: readonly Entry[];
}

export type Hangs =
  | { readonly kind: 'base'; readonly base: NonNullable<NftChain['base']> }
  | { readonly kind: 'unread'; readonly meets: NftMeets; readonly drops: boolean };

const HOOKS: Readonly<Record<string, Hook>> = {
  prerouting: 'PREROUTING',
  input: 'INPUT',
  forward: 'FORWARD',
  output: 'OUTPUT',
  postrouting: 'POSTROUTING',
};

export const hookNamed = (name: string): Hook | undefined => (Object.hasOwn(HOOKS, name) ? HOOKS[name] : undefined);

export const commentOf = (text: string): string | undefined => /^comment "([^"]*)"$/.exec(text)?.[1];

/** `type filter hook ingress device "eth0" priority filter`. */
const BASE = /^type (\S+) hook (\S+)(?: devices? (?:= )?(\{[^{}]*\}|\S+))? priority (.+)$/;

/** The lines of a chain, in whatever order (src/parser_bison.y, chain_block). */
export function readChain(entry: Entry, family: NftTable['family']): ChainHead {
  const rules: Entry[] = [];
  let comment: string | undefined;
  let type: string | undefined;
  let policy: string | undefined;
  let odd = false;
  for (const each of entry.body ?? []) {
    const { head } = each;
    if (/^type \S+ hook\b/.test(head)) {
      odd ||= type !== undefined;
      type = head;
    } else if (head.startsWith('policy ')) {
      odd ||= policy !== undefined;
      policy = head.slice('policy '.length);
    } else if (head.startsWith('flags ')) odd = true;
    else if (commentOf(head) !== undefined) comment = commentOf(head);
    else rules.push(each);
  }
  const name = entry.head.slice('chain '.length);
  const hangs =
    type === undefined && policy === undefined && !odd ? undefined : hangsBy(type ?? '', policy, odd, family);
  return { name, comment, hangs, rules };
}

function hangsBy(text: string, policyText: string | undefined, odd: boolean, family: NftTable['family']): Hangs {
  const [, type, hookName = '', devices, priorityText = ''] = BASE.exec(text) ?? [];
  const hook = hookNamed(hookName);
  const priority = parsePriority(priorityText);
  const policy = policyText ?? 'accept';
  if (
    !odd &&
    (family === 'ip' || family === 'ip6' || family === 'inet') &&
    (type === 'filter' || type === 'nat' || type === 'route') &&
    (policy === 'accept' || policy === 'drop') &&
    hook !== undefined &&
    devices === undefined &&
    priority !== undefined
  )
    return { kind: 'base', base: { type, hook, priority, policy } };
  return { kind: 'unread', meets: whoMeets(family, hookName, devices), drops: policy !== 'accept' };
}

function whoMeets(family: NftTable['family'], hookName: string, devices: string | undefined): NftMeets {
  if (family === 'arp') return { kind: 'neighbours' };
  if (family === 'bridge') return { kind: 'bridges' };
  if ((hookName === 'ingress' || hookName === 'egress') && devices !== undefined)
    return { kind: 'device', side: hookName, devices: namesIn(devices) };
  const hook = family === 'netdev' ? undefined : hookNamed(hookName);
  return hook === undefined ? { kind: 'all' } : { kind: 'hook', hook };
}

const namesIn = (devices: string): readonly string[] =>
  devices
    .replace(/^\{|\}$/g, '')
    .split(',')
    .map((name) => name.trim().replace(/^"|"$/g, ''))
    .filter((name) => name !== '');
