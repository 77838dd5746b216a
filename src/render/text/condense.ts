import { assertNever, fraction } from '../../base/index.ts';
import type { Hop, Step } from '../../trace/index.ts';
import { destinationOf, shortName as placeName, sourceOf } from '../words.ts';
import { foldLookups } from './fold.ts';
import type { Line } from './line.ts';

/**
 * What a tired reader needs of a hop: rule traversals are one line a table, steps that changed nothing are left out, and
 * every line keeps the evidence that decides it. `-o json` and `--steps all` have every step.
 */
export function condense(hop: Hop): Line[] {
  const lines: Line[] = [];
  let run: Step[] = [];
  let balanced: Step | undefined;
  const flush = (): void => {
    lines.push(...traversal(run));
    run = [];
  };
  const asked = askedTwice(hop.steps);
  for (const step of hop.steps) {
    if (asked.has(step)) continue;
    if (step.kind === 'choice' && step.draws !== undefined) {
      lines.push({ label: 'draw', text: step.action, note: step.because, bad: false });
      continue;
    }
    const inRun = step.kind === 'rule' || step.kind === 'choice';
    const last = run.findLast((each) => each.kind === 'rule');
    if (step.kind === 'rule' && last?.kind === 'rule' && (last.table !== step.table || last.hook !== step.hook))
      flush();
    if (inRun) {
      run.push(step);
      continue;
    }
    if (isBalanced(step)) {
      const chosen = run.findLast((each) => each.kind === 'choice') ?? balanced;
      flush();
      lines.push(...balancing(step, chosen));
      continue;
    }
    balanced = run.findLast((each) => each.kind === 'choice' && isOfIpvs(each)) ?? balanced;
    if (step.kind !== 'nat' || step.evidence.artefact.rule === undefined) flush();
    if (step.kind === 'nat' && run.some((each) => each.kind === 'rule')) {
      lines.push(...natWithTrail(step, run));
      run = [];
      continue;
    }
    flush();
    const line = single(step);
    if (line !== undefined) lines.push(line);
  }
  flush();
  return foldLookups(lines);
}

/**
 * `KUBE-SERVICES → KUBE-SVC-… → (1/2) KUBE-SEP-…`: the user chains a packet is in when the run ends. A chain it came back
 * from is left out: the next rule stands in its caller.
 */
function chainTrail(run: readonly Step[]): string[] {
  const trail: { readonly chain: string; readonly text: string }[] = [];
  // A rule's own odds are those of who came to it: the third of three is taken by 2/3 of 1/2.
  let odds = 1;
  for (const step of run) {
    if (step.kind === 'choice') odds *= step.of[step.taken]?.p ?? 1;
    if (step.kind !== 'rule') continue;
    while (trail.length > 0 && trail.at(-1)?.chain !== step.chain) trail.pop();
    const jumps = step.verdict === 'jump' || step.verdict === 'goto';
    const chain = step.target ?? (jumps ? / -[jg] (\S+)/.exec(step.evidence.text)?.[1] : undefined);
    if (chain === undefined) continue;
    trail.push({ chain, text: `${odds === 1 ? '' : `(${fraction(odds)}) `}${shortName(chain)}` });
    odds = 1;
  }
  return trail.map((each) => each.text);
}

/** No chain of iptables has a longer name (XT_EXTENSION_MAXNAMELEN). */
const LONGEST = 28;

/** `endpoint-X2XGCULB-…`: of a name that says everything, as much as tells it from others. */
const shortName = (chain: string): string =>
  chain.length <= LONGEST ? chain : `${/^.{1,18}-/.exec(chain)?.[0] ?? chain.slice(0, LONGEST)}…`;

/** nft's tables have a family and a name, which no label has room for. */
const isNative = (table: string): boolean => table.includes(' ');
const tableLabel = (table: string): string => (isNative(table) ? 'nft' : table);
const inTable = (table: string, text: string): string => (isNative(table) ? `${table}: ${text}` : text);

function natWithTrail(step: Step & { readonly kind: 'nat' }, run: readonly Step[]): Line[] {
  const rules = run.filter((each) => each.kind === 'rule');
  const writer = rules.findLast((each) => each.evidence.setting !== undefined) ?? step;
  const marks = markChange(run);
  const trail = chainTrail(run);
  const label = 'nat';
  const text = trail.join(' → ');
  const places = (...each: readonly string[]): string => each.filter((part) => part !== '').join(', ');
  // One chain translates and takes its mark back: that is one thing.
  if (trail.length < 2) {
    const [mark, at] = marks === undefined ? [[], []] : [[`mark ${marks.text.split('  ')[0]}`], [marks.note]];
    const said = [...(trail.length === 0 ? [] : [`${text}:`]), [...mark, translation(step)].join(', ')].join(' ');
    return [
      {
        label,
        text: said,
        note: places(...at, marks === undefined ? writtenBy(writer) : '', locate(step)),
        bad: false,
      },
    ];
  }
  const isLong = text.length > LONGEST_TRAIL;
  return [
    ...(marks === undefined ? [] : [marks]),
    { label, text, note: isLong ? '' : writtenBy(writer), bad: false },
    { label: '', text: translation(step), note: places(isLong ? writtenBy(writer) : '', locate(step)), bad: false },
  ];
}

/** Beside a longer trail its note has no room, and goes to the translation. */
const LONGEST_TRAIL = 100;

const isOfIpvs = (step: Step): boolean => step.evidence.artefact.file.endsWith('/ipvsadm-save');
const isBalanced = (step: Step): boolean => step.kind === 'nat' && !step.reply && isOfIpvs(step);

/** The lookup IPVS makes for a real server, where the packet is routed again before it leaves: only that one counts. */
function askedTwice(steps: readonly Step[]): ReadonlySet<Step> {
  const hidden = new Set<Step>();
  steps.forEach((step, at) => {
    if (!isBalanced(step) || !steps.slice(at).some(({ kind }) => kind === 'route')) return;
    for (let i = at - 1; i >= 0; i--) {
      const before = steps[i];
      if (before?.kind === 'ttl') continue;
      if (before?.kind !== 'route' && before?.kind !== 'ip-rule') break;
      hidden.add(before);
    }
  });
  return hidden;
}

/** `-t 172.20.122.189:80 → (1/2) 10.0.2.127:8080`: the virtual service, and the real server it gave. */
function balancing(step: Step, chosen: Step | undefined): Line[] {
  const service = / (-[a-z-]+ \S+) -r /.exec(step.evidence.text)?.[1] ?? destinationOf(step.before);
  const taken = chosen?.kind === 'choice' ? chosen.of[chosen.taken] : undefined;
  const odds = taken === undefined || taken.p === 1 ? '' : `(${fraction(taken.p)}) `;
  return [
    { label: 'ipvs', text: `${service} → ${odds}${destinationOf(step.after)}`, note: writtenBy(step), bad: false },
    { label: '', text: translation(step), note: `${step.because}, ${locate(step)}`, bad: false },
  ];
}

/** A traversal that ended without translation: worth a line only when it marked, dropped or accepted by a rule of its own. */
function traversal(run: readonly Step[]): Line[] {
  const lines: Line[] = [];
  const marks = markChange(run);
  if (marks !== undefined) lines.push(marks);
  const fatal = run.find((step) => step.kind === 'rule' && (step.verdict === 'drop' || step.verdict === 'reject'));
  if (fatal !== undefined && fatal.kind === 'rule') {
    const trail = chainTrail(run);
    const way = trail.length === 0 ? fatal.chain : trail.join(' → ');
    const text = inTable(fatal.table, `${way}: ${fatal.action}`);
    lines.push({ label: tableLabel(fatal.table), text, note: locate(fatal), bad: true });
  }
  return lines;
}

const RESTORES = /--restore-mark|meta mark set ct mark/;

/** The packet's mark, or its connection's: what changed it, who wrote that rule, and where it stands. */
function markChange(run: readonly Step[]): Line | undefined {
  const rules = run.filter((step) => step.kind === 'rule');
  const setsConnection = rules.find((step) => /CONNMARK --set|ct mark set/.test(step.evidence.text));
  const setsPacket = rules.find((step) => step.before.mark !== step.after.mark);
  const changing = setsPacket ?? setsConnection;
  if (changing === undefined) return undefined;
  const first = rules[0]?.before.mark ?? 0;
  const last = rules.at(-1)?.after.mark ?? 0;
  if (first === last && first !== changing.after.mark) return undefined;
  const action =
    setsConnection === undefined || setsConnection === changing
      ? changing.action
      : `${setsConnection.action}, then ${RESTORES.test(changing.evidence.text) ? 'restore it' : changing.action}`;
  const hex = (mark: number): string => `0x${mark.toString(16)}`;
  return {
    label: 'mark',
    text: `${first === last ? '' : `${hex(first)} ⇒ ${hex(last)}  `}${action}`,
    note: [writtenBy(setsConnection ?? changing), locate(changing)].filter((part) => part !== '').join(', '),
    bad: false,
  };
}

function single(step: Step): Line | undefined {
  const line = (label: string, text: string, note = locate(step), bad = false): Line => ({ label, text, note, bad });
  switch (step.kind) {
    case 'enter':
    case 'leave':
    case 'ttl':
    case 'choice':
    case 'rule':
      return undefined;
    case 'ip-rule':
      return step.priority === 0 || step.priority === 32766 || step.priority === 32767
        ? undefined
        : line('rule', step.evidence.text.replace(/\s+/g, ' '), step.because || provenance(step));
    case 'route':
      return step.routeType === 'local' ? undefined : line('route', routeText(step), step.because || provenance(step));
    case 'neighbour':
      if (step.state === 'PERMANENT') return line('neigh', step.evidence.text, step.because || provenance(step));
      return step.state === 'FAILED' ? line('neigh', step.action, step.because, true) : undefined;
    case 'policy':
      return step.verdict === 'drop'
        ? line(
            tableLabel(step.table),
            inTable(step.table, `policy of ${step.hook}: ${step.action}`),
            locate(step),
            true,
          )
        : undefined;
    case 'nat':
      return line(step.reply ? 'un-nat' : 'nat', translation(step), step.because || locate(step));
    case 'socket':
      return line(
        'socket',
        step.action,
        step.evidence.by === undefined ? locate(step) : `${writtenBy(step)}, ${locate(step)}`,
      );
    case 'conntrack':
      if (step.state === 'new' || step.state === 'untracked') return undefined;
      return line('conntrack', step.action, step.because, step.state === 'invalid');
    case 'tc':
      return line('policy', step.action, writtenBy(step) || locate(step));
    case 'icmp-error':
      return line(step.after.icmp === undefined ? 'answer' : 'icmp', step.action, step.because);
    case 'fabric':
      if (step.what === 'load-balancer') return line('balance', translation(step), step.because || writtenBy(step));
      return line(fabricLabel(step.what), step.action, step.because || placeOf(step));
    case 'deliver':
      return line('deliver', step.action, step.because);
    case 'answer':
      return line('answer', step.action, step.because);
    case 'drop':
      // Where the action only repeats the label, why it died is the news.
      return step.action === 'dropped' && step.because !== ''
        ? line('drop', step.because, locate(step), true)
        : line('drop', step.action, step.because || locate(step), true);
    case 'unknown':
      return line('unknown', step.action, locate(step), true);
    default:
      return assertNever(step);
  }
}

function fabricLabel(what: (Step & { kind: 'fabric' })['what']): string {
  switch (what) {
    case 'subnet-route':
      return 'route';
    case 'delivery':
      return 'vpc';
    case 'source-dest-check':
      return 'check';
    case 'igw-nat':
    case 'nat-gateway':
      return 'nat';
    case 'peering':
      return 'peering';
    case 'transit-gateway':
      return 'transit';
    case 'connection':
      return 'connect';
    case 'endpoint':
      return 'endpoint';
    case 'internet':
      return 'internet';
    case 'load-balancer':
      return 'balance';
    case 'security-group':
    case 'network-acl':
      return 'filter';
  }
}

/** `table 2: default via 10.0.0.1 dev ens6`; the main table goes without saying. */
function routeText(step: Step & { readonly kind: 'route' }): string {
  const route = step.evidence.text.replace(/ table \S+/, '');
  return step.table === 'main' ? route : `table ${step.table}: ${route}`;
}

/** `dst 172.20.122.189:80 ⇒ 10.0.3.193:8080` */
function translation(step: Step): string {
  const { before, after } = step;
  const parts: string[] = [];
  if (sourceOf(before) !== sourceOf(after)) parts.push(`src ${sourceOf(before)} ⇒ ${sourceOf(after)}`);
  if (destinationOf(before) !== destinationOf(after))
    parts.push(`dst ${destinationOf(before)} ⇒ ${destinationOf(after)}`);
  return parts.length === 0 ? step.action : parts.join(', ');
}

/** `iptables-save:88` */
export function locate(step: Step): string {
  const { file, line } = step.evidence.artefact;
  const name = file.slice(file.lastIndexOf('/') + 1);
  return line === undefined ? name : `${name}:${line}`;
}

const writtenBy = (step: Step): string =>
  [step.evidence.by, step.evidence.setting].filter((part) => part !== undefined && part !== '').join(', ');

/** Of a filter the line of the input its rule stands in. */
const placeOf = (step: Step & { readonly kind: 'fabric' }): string =>
  step.what === 'security-group' || step.what === 'network-acl' ? provenance(step) : locate(step);

/** Who wrote a line; of a dumped one, and of one nobody is known to have written, the place where it stands. */
function provenance(step: Step): string {
  const by = writtenBy(step);
  return by === 'dump' ? `dump, ${locate(step)}` : by || locate(step);
}

/**
 * The reply of a healthy walk in the lines that changed it: what became of its source and of its destination, by every
 * translation that was undone, and nothing a reader knows from the way there. A reply that died is told like the request.
 */
export function condenseReply(hops: readonly Hop[]): Line[] {
  const undone = hops.flatMap(({ where, steps }) =>
    steps
      .filter((step) => step.kind === 'nat' || (step.kind === 'fabric' && translation(step) !== step.action))
      .map((step) => ({ where: placeName(where), step })),
  );
  return (['src', 'dst'] as const).flatMap((side) => {
    const read = side === 'src' ? sourceOf : destinationOf;
    const changes = undone.filter(({ step }) => read(step.before) !== read(step.after));
    const first = changes[0]?.step;
    if (first === undefined) return [];
    const ends = [read(first.before), ...changes.map(({ step }) => read(step.after))];
    const names = (list: readonly string[]): string => [...new Set(list)].join(', ');
    return [
      {
        label: 'reply',
        text: `${side} ${ends.join(' ⇒ ')}  on ${names(changes.map(({ where }) => where))}`,
        note: names(changes.map(({ step }) => locate(step))),
        bad: false,
      },
    ];
  });
}
