/** `iptables -S` prints one table without saying which: it has policies (`-P`), and no `*table` line. */
const isListRules = (text: string): boolean => !/^\*/m.test(text) && /^-P [A-Z]+ (?:ACCEPT|DROP)\b/m.test(text);

/**
 * The table of a text that `iptables -S [-t TABLE]` printed; undefined for one of iptables-save. It follows from the
 * built-in chains that have a policy: only nat and raw lack FORWARD, and only filter lacks PREROUTING. A header comment
 * `# table NAME` above says it outright.
 */
export function listedTable(text: string): string | undefined {
  if (!isListRules(text)) return undefined;
  const policies = new Set([...text.matchAll(/^-P ([A-Z]+) /gm)].map((match) => match[1]));
  return /^# table (\w+)/m.exec(text)?.[1] ?? tableOf(policies);
}

function tableOf(policies: ReadonlySet<string | undefined>): string {
  if (!policies.has('PREROUTING')) return 'filter';
  if (policies.has('FORWARD')) return 'mangle';
  return policies.has('POSTROUTING') ? 'nat' : 'raw';
}

/** A line of `iptables -S` as iptables-save has it: only chains are written otherwise. */
export const asSaved = (line: string): string =>
  line.startsWith('-P ') || line.startsWith('-N ')
    ? line.replace(/^-P (\S+) (\S+).*$/, ':$1 $2 [0:0]').replace(/^-N (\S+).*$/, ':$1 - [0:0]')
    : line;
