import type { Hook } from '../iptables/types.ts';

/** Names of priorities and the hooks that know them (src/rule.c, std_prios and std_prio_family_hook_compat). */
const NAMED: readonly { readonly name: string; readonly value: number; readonly hook?: Hook }[] = [
  { name: 'raw', value: -300 },
  { name: 'mangle', value: -150 },
  { name: 'dstnat', value: -100, hook: 'PREROUTING' },
  { name: 'filter', value: 0 },
  { name: 'security', value: 50 },
  { name: 'srcnat', value: 100, hook: 'POSTROUTING' },
];

/** nft names a neighbour of at most this distance: `dstnat + 10`. */
const REACH = 10;

export function priorityText(value: number, hook: Hook): string {
  const near = NAMED.filter((one) => one.hook === undefined || one.hook === hook).find(
    (one) => Math.abs(value - one.value) <= REACH,
  );
  if (near === undefined) return `${value}`;
  const offset = value - near.value;
  return offset === 0 ? near.name : `${near.name} ${offset < 0 ? '-' : '+'} ${Math.abs(offset)}`;
}

/** `-90`, `dstnat`, `dstnat + 10`. */
export function parsePriority(text: string): number | undefined {
  if (/^-?\d+$/.test(text)) return Number(text);
  const [, name, sign, offset] = /^([a-z]+)(?:\s*([-+])\s*(\d+))?$/.exec(text) ?? [];
  const base = NAMED.find((one) => one.name === name)?.value;
  if (base === undefined) return undefined;
  return base + (sign === '-' ? -1 : 1) * Number(offset ?? 0);
}
