import type { DnsQuery, Finding, SilentServer } from '../trace/index.ts';

/** What a lookup cost and why, where some of the resolver's servers said nothing: the kinds of silence that time ends. */
export function lookupFindings(
  queries: readonly DnsQuery[],
  silent: readonly SilentServer[],
  waited: number,
): readonly Finding[] {
  const own = silent.filter(({ by }) => by === undefined);
  if (waited === 0 || own.length === 0) return [];
  const servers = own.map(({ address, disposition }) => `${address} (${disposition})`).join(', ');
  const names = new Set(queries.map(({ name }) => name)).size;
  const found = queries.some(({ answers }) => answers.length > 0);
  const spent = `${waited} s${names > 1 ? ` over ${names} names` : ''}`;
  return [
    {
      code: 'silent-name-server',
      severity: found ? 'warning' : 'info',
      message: `The lookup waits ${spent} for ${own.length === 1 ? 'a name server that says' : 'name servers that say'} nothing, ${servers}, ${found ? 'before another one answers' : 'and is given up then'} (glibc; options timeout and attempts of resolv.conf)`,
      fix: found
        ? `take ${own.map(({ address }) => address).join(', ')} out of the list, or let the queries reach it`
        : '',
    },
  ];
}
