import type { Line } from './line.ts';

/** Beyond this a line that says two things is read slower than two lines. */
const LONGEST = 110;

/**
 * Lines of one lookup as one line: the rule that named a table and the route found there, the permanent neighbour entry of
 * that route's gateway; and what a load balancer chose with what that made of the packet. What died keeps a line of its own.
 */
export function foldLookups(lines: readonly Line[]): Line[] {
  const folded: Line[] = [];
  for (const line of lines) {
    const last = folded.at(-1);
    const joined =
      last === undefined || last.bad || line.bad
        ? undefined
        : (ruleAndRoute(last, line) ?? gateway(last, line) ?? balanced(last, line));
    if (joined === undefined) folded.push(line);
    else folded[folded.length - 1] = joined;
  }
  return folded;
}

/** `512: from all to 10.0.2.127 lookup main → 10.0.2.127 dev enifc52edfa283 scope link` */
function ruleAndRoute(rule: Line, route: Line): Line | undefined {
  if (rule.label !== 'rule' || route.label !== 'route') return undefined;
  const table = / lookup (\S+)$/.exec(rule.text)?.[1];
  const found = table === undefined ? route.text : route.text.replace(`table ${table}: `, '');
  const text = `${rule.text} → ${found}`;
  const note = [...new Set([rule.note, route.note])].filter((part) => part !== '').join('; ');
  return text.length > LONGEST ? undefined : { ...rule, text, note };
}

/** `default via 169.254.1.1 dev eth0 · permanent neighbour 5a:f3:56:0b:86:d4` */
function gateway(route: Line, entry: Line): Line | undefined {
  if (entry.label !== 'neigh' || (route.label !== 'route' && route.label !== 'rule')) return undefined;
  const [, via, mac] = /^(\S+) dev \S+ lladdr (\S+) PERMANENT$/.exec(entry.text) ?? [];
  if (via === undefined || mac === undefined || !route.text.includes(`via ${via} `)) return undefined;
  const text = `${route.text} · permanent neighbour ${mac}`;
  return text.length > LONGEST ? undefined : { ...route, text };
}

/**
 * `TCP 80, 1 of 2 targets: dst 10.0.101.252:80 ⇒ 10.0.1.71:30557, source kept`, and where that was ordered. A target group
 * that is called by its listener's port says nothing more.
 */
function balanced(choice: Line, change: Line): Line | undefined {
  if (choice.label !== 'balance' || change.label !== 'balance' || change.note !== KEPT) return undefined;
  const listener = choice.text
    .replace(/: (\d+ of \d+ targets)$/, ', $1')
    .replace(/^(\w+ \d+) → \S+-[a-z]+-\d+,/, '$1,');
  const text = `${listener}: ${change.text}, source kept`;
  return text.length > LONGEST
    ? undefined
    : { ...choice, text, note: choice.note.replace(/^[\w-]+, (?=\S+:\d+(?::\d+)?$)/, '') };
}

const KEPT = "the client's address is kept";
