import { type Issue, nearest, type SourceRef } from '../../base/index.ts';
import type { Family } from '../../net/index.ts';
import { BASE_OPTIONS, parseBase } from './matches/base.ts';
import { MATCH_MODULES } from './matches/registry.ts';
import { type Bad, bad, bang, type MatchModule, type OptionUse } from './option.ts';
import { KNOWN_UNSUPPORTED_TARGETS, NO_EFFECT_TARGETS, TARGET_MODULES } from './targets/registry.ts';
import type { Token } from './tokens.ts';
import type { Match, Rule, Target } from './types.ts';

export interface RuleContext {
  readonly family: Family;
  readonly file: string;
  readonly line: number;
  readonly chains: ReadonlySet<string>;
  readonly issues: Issue[];
}

/** A `-m NAME` being read: its options so far, and its words should it prove unreadable. */
interface OpenMatch {
  readonly kind: 'open';
  readonly name: string;
  readonly module: MatchModule | undefined;
  readonly uses: OptionUse[];
  readonly words: string[];
  unsupported: boolean;
}

const JUMPS = new Set(['-j', '--jump', '-g', '--goto']);
const PORT_PROTOCOLS: Readonly<Record<string, string>> = {
  tcp: 'tcp',
  udp: 'udp',
  sctp: 'sctp',
  udplite: 'udplite',
  icmp: 'icmp',
  'ipv6-icmp': 'icmp6',
};

/** Reads the words after `-A CHAIN`. A rule that cannot be read is kept whole as text, so indices stay what they are. */
export function parseRule(tokens: readonly Token[], context: RuleContext): Rule {
  const parts: (Match | OpenMatch)[] = [];
  let at = 0;
  let target: Target | undefined;
  while (at < tokens.length) {
    const start = at;
    let not = false;
    if (tokens[at]?.text === '!') {
      not = true;
      at++;
    }
    const word = tokens[at];
    if (word === undefined) return unreadable(tokens, start, bad('A "!" stands before nothing'), context);
    if (JUMPS.has(word.text)) {
      const read = parseTarget(tokens, at, context);
      if (read.kind === 'bad') return unreadable(tokens, start, read, context);
      target = read.target;
      break;
    }
    const next = readMatchWord(tokens, at, not, parts, context);
    if (typeof next !== 'number') return unreadable(tokens, start, next, context);
    at = next;
  }
  const matches: Match[] = [];
  for (const part of parts) {
    matches.push(part.kind === 'open' ? close(part, context) : part);
  }
  return { matches, target };
}

/** One option before the target. Returns where to go on, or what is wrong. */
function readMatchWord(
  tokens: readonly Token[],
  at: number,
  not: boolean,
  parts: (Match | OpenMatch)[],
  context: RuleContext,
): number | Bad {
  const word = tokens[at]?.text ?? '';
  if (word === '-m' || word === '--match') {
    const name = tokens[at + 1]?.text;
    if (name === undefined) return bad('"-m" stands before nothing', 'the name of a match, such as "-m tcp"');
    parts.push(open(name));
    return at + 2;
  }
  if (!word.startsWith('-')) return bad(`Unexpected word "${word}"`, 'an option such as "-d" or "-m"');
  const arity = Object.hasOwn(BASE_OPTIONS, word) ? BASE_OPTIONS[word] : undefined;
  const lastOpen = parts.findLast((part) => part.kind === 'open');
  if (arity !== undefined && !(lastOpen?.kind === 'open' && lastOpen.module === undefined && !isOpening(word))) {
    const use = { name: word, not, args: argsOf(tokens, at, arity) };
    if (use.args.length < arity) return bad(`${word} stands without its value`);
    const match = parseBase(use, context.family);
    if (match?.kind === 'bad') return match;
    if (match === undefined) return at + 1 + arity;
    if (parts.some(({ kind }) => kind === match.kind)) return bad(`${word} stands twice in one rule`, 'it once');
    if (match.kind === 'unsupported' && / ?-p /.test(match.text)) warnUnsupported(match.text, context);
    parts.push(match);
    return at + 1 + arity;
  }
  return readModuleOption(tokens, at, not, parts);
}

/** Single-letter options belong to the rule whatever module came before; a module of unknown options may own the long ones. */
const isOpening = (word: string): boolean => !word.startsWith('--');

function readModuleOption(
  tokens: readonly Token[],
  at: number,
  not: boolean,
  parts: (Match | OpenMatch)[],
): number | Bad {
  const word = tokens[at]?.text ?? '';
  const owner = findOwner(parts, word);
  if (owner === undefined) return bad(`Unknown option "${word}"`, 'an option of a match named before it with "-m"');
  const arity =
    owner.module !== undefined && Object.hasOwn(owner.module.options, word) ? owner.module.options[word] : undefined;
  if (arity === undefined) {
    let end = at + 1;
    while (end < tokens.length && tokens[end]?.text !== '!' && !(tokens[end]?.raw ?? '').startsWith('-')) end++;
    owner.unsupported = true;
    owner.words.push(
      `${bang(not)}${tokens
        .slice(at, end)
        .map((token) => token.raw)
        .join(' ')}`,
    );
    return end;
  }
  const args = argsOf(tokens, at, arity);
  if (args.length < arity) return bad(`${word} stands without its value`);
  owner.uses.push({ name: word, not, args });
  owner.words.push(
    `${bang(not)}${tokens
      .slice(at, at + 1 + arity)
      .map((token) => token.raw)
      .join(' ')}`,
  );
  return at + 1 + arity;
}

/** The latest module that knows the option; else the one `-p` loads by itself; else the latest module, whatever it is. */
function findOwner(parts: (Match | OpenMatch)[], word: string): OpenMatch | undefined {
  const opened = parts.filter((part) => part.kind === 'open').reverse();
  const knows = opened.find((part) => part.module !== undefined && Object.hasOwn(part.module.options, word));
  if (knows !== undefined) return knows;
  const protocol = parts.find((part) => part.kind === 'protocol' && !part.not);
  const implied = protocol?.kind === 'protocol' ? PORT_PROTOCOLS[protocol.protocol] : undefined;
  const module = implied === undefined ? undefined : MATCH_MODULES.get(implied);
  if (implied !== undefined && module !== undefined && Object.hasOwn(module.options, word)) {
    const made = open(implied);
    parts.push(made);
    return made;
  }
  return opened[0];
}

const open = (name: string): OpenMatch => ({
  kind: 'open',
  name,
  module: MATCH_MODULES.get(name),
  uses: [],
  words: [],
  unsupported: false,
});

/** iptables has read what it prints: a module or a value of one that is not read here is one the model lacks. */
function close(part: OpenMatch, context: RuleContext): Match {
  const text = ['-m', part.name, ...part.words].join(' ');
  const read =
    part.module === undefined || part.unsupported ? undefined : part.module.parse(part.uses, context.family, part.name);
  if (read !== undefined && read.kind !== 'bad') return read;
  warnUnsupported(text, context, read);
  return { kind: 'unsupported', text };
}

const argsOf = (tokens: readonly Token[], at: number, count: number): readonly string[] =>
  count === 0 ? [] : tokens.slice(at + 1, at + 1 + count).map((token) => token.text);

type TargetRead = { readonly kind: 'read'; readonly target: Target } | Bad;

function parseTarget(tokens: readonly Token[], at: number, context: RuleContext): TargetRead {
  const goto = tokens[at]?.text === '-g' || tokens[at]?.text === '--goto';
  const name = tokens[at + 1]?.text;
  if (name === undefined) return bad(`${tokens[at]?.text} stands before nothing`, 'a target or a chain');
  const rest = tokens.slice(at + 2);
  const options = rest.map((token) => token.raw).join(' ');
  const text = options === '' ? `-j ${name}` : `-j ${name} ${options}`;
  const read = (target: Target): TargetRead => ({ kind: 'read', target });
  if (goto || context.chains.has(name)) {
    if (!context.chains.has(name)) return unknownChain(name, context);
    return rest.length === 0
      ? read({ kind: goto ? 'goto' : 'jump', chain: name })
      : bad(`Unexpected "${options}" after chain "${name}"`);
  }
  if (name === 'ACCEPT' || name === 'DROP' || name === 'RETURN') {
    return rest.length === 0 ? read({ kind: name }) : bad(`Unexpected "${options}" after ${name}`);
  }
  if (NO_EFFECT_TARGETS.has(name)) return read({ kind: 'no-effect', name, options });
  const module = TARGET_MODULES.get(name);
  if (module === undefined && rest.length === 0 && !KNOWN_UNSUPPORTED_TARGETS.includes(name)) {
    const near = nearest(name, [...context.chains, ...NAMES]);
    if (near !== undefined) return unknownChain(name, context);
  }
  const uses = module === undefined ? undefined : targetUses(rest, module.options);
  const target = uses === undefined ? undefined : module?.parse(uses, context.family);
  if (target !== undefined && target.kind !== 'bad') return read(target);
  warnUnsupported(text, context, target);
  return read({ kind: 'unsupported', name, text });
}

/** Targets a word may have been meant for. */
const NAMES: readonly string[] = ['ACCEPT', 'DROP', 'RETURN', ...TARGET_MODULES.keys(), ...NO_EFFECT_TARGETS];

/** undefined: an option the model does not know. */
function targetUses(
  tokens: readonly Token[],
  options: Readonly<Record<string, number>>,
): readonly OptionUse[] | undefined {
  const uses: OptionUse[] = [];
  for (let at = 0; at < tokens.length; ) {
    const name = tokens[at]?.text ?? '';
    const arity = Object.hasOwn(options, name) ? options[name] : undefined;
    if (arity === undefined) return undefined;
    uses.push({ name, not: false, args: argsOf(tokens, at, arity) });
    at += 1 + arity;
  }
  return uses;
}

function unknownChain(name: string, context: RuleContext): Bad {
  const near = nearest(name, [...context.chains, ...NAMES]);
  return bad(
    `No chain or target "${name}"`,
    `a chain declared above with ":${name} -" or a known target${near === undefined ? '' : `; did you mean "${near}"?`}`,
  );
}

const place = (context: RuleContext, column?: number): SourceRef => ({
  file: context.file,
  line: context.line,
  ...(column === undefined ? {} : { column }),
});

function warnUnsupported(text: string, context: RuleContext, why?: Bad): void {
  context.issues.push({
    code: 'iptables-unsupported',
    severity: 'warning',
    at: place(context),
    message: `Cannot evaluate "${text}"${why === undefined ? '' : `: ${why.message}`}`,
    ...(why?.expected === undefined ? {} : { expected: `expected ${why.expected}` }),
    hint: 'a walk that reaches this rule ends "unknown"',
  });
}

function unreadable(tokens: readonly Token[], from: number, why: Bad, context: RuleContext): Rule {
  context.issues.push({
    code: 'iptables-syntax',
    severity: 'error',
    at: place(context, tokens[from]?.column),
    message: why.message,
    ...(why.expected === undefined ? {} : { expected: `expected ${why.expected}` }),
  });
  return { matches: [{ kind: 'unsupported', text: tokens.map((token) => token.raw).join(' ') }], target: undefined };
}
