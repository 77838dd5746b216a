import { BUILTIN_CHAINS, SAVE_ORDER } from '../../src/linux/index.ts';

/** Rules by table: `-A` lines, and `:CHAIN POLICY` where a built-in chain has another policy than ACCEPT. */
export interface Tables {
  readonly raw?: string;
  readonly mangle?: string;
  readonly nat?: string;
  readonly filter?: string;
  readonly security?: string;
}

/** iptables-restore text: chains that rules are appended to exist without being declared. */
export function iptablesOf(tables: Tables): string {
  return SAVE_ORDER.flatMap((name) => {
    const text = tables[name];
    if (text === undefined) return [];
    const lines = text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
    const declared = new Map(lines.filter((line) => line.startsWith(':')).map(headOf));
    const appended = lines.flatMap((line) => /^-A (\S+)/.exec(line)?.[1] ?? []);
    const chains = new Set<string>([...BUILTIN_CHAINS[name], ...declared.keys(), ...appended]);
    const builtin: readonly string[] = BUILTIN_CHAINS[name];
    const heads = [...chains].map(
      (chain) => `:${chain} ${declared.get(chain) ?? (builtin.includes(chain) ? 'ACCEPT' : '-')} [0:0]`,
    );
    return [`*${name}`, ...heads, ...lines.filter((line) => line.startsWith('-A')), 'COMMIT'];
  })
    .map((line) => `${line}\n`)
    .join('');
}

function headOf(line: string): readonly [chain: string, policy: string] {
  const [chain = '', policy = '-'] = line.slice(1).split(' ');
  return [chain, policy];
}
