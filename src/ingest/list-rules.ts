/** `iptables -S` prints one table without saying which: it has policies (`-P`), and no `*table` line. */
export const isListRules = (text: string): boolean => /^-P [A-Z]+ (?:ACCEPT|DROP)\b/m.test(text) && !/^\*/m.test(text);

/**
 * `iptables -S [-t TABLE]` as iptables-save has it, line for line after a header. The table follows from the built-in
 * chains that have a policy: only nat and raw lack FORWARD, and only filter lacks PREROUTING. A header
 * comment `# table NAME` above says it outright.
 */
export function fromListRules(text: string): string {
  const policies = new Set([...text.matchAll(/^-P ([A-Z]+) /gm)].map((match) => match[1]));
  const body = text
    .split('\n')
    .map((line) => line.replace(/^-P (\S+) (\S+).*$/, ':$1 $2 [0:0]').replace(/^-N (\S+).*$/, ':$1 - [0:0]'));
  return `*${/^# table (\w+)/m.exec(text)?.[1] ?? tableOf(policies)}\n${body.join('\n')}\nCOMMIT\n`;
}

function tableOf(policies: ReadonlySet<string | undefined>): string {
  if (!policies.has('PREROUTING')) return 'filter';
  if (policies.has('FORWARD')) return 'mangle';
  return policies.has('POSTROUTING') ? 'nat' : 'raw';
}
