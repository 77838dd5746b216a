import { didYouMean, type Issue, type SourceRef } from '../../base/index.ts';
import { parseGoBool, type Service } from '../../cluster/index.ts';
import { keyOf, own } from '../labels.ts';
import { KNOWN_ANNOTATIONS, LOAD_BALANCER, PER_PORT, SERVICE_PREFIXES } from './known-annotations.ts';
import { readPairs } from './pairs.ts';

interface Found {
  readonly key: string;
  readonly value: string;
}

/** strconv.ParseBool; undefined for any other text. */
export const goBool = (text: string | undefined): boolean | undefined =>
  text === undefined ? undefined : parseGoBool(text);

/** The `aws-load-balancer-...` annotations of one Service: each getter reports a value its controller would refuse. */
export class Annotations {
  private readonly service: Service;
  private readonly issues: Issue[];

  constructor(service: Service, issues: Issue[]) {
    this.service = service;
    this.issues = issues;
  }

  /** By what follows `aws-load-balancer-`. */
  text(name: string): string | undefined {
    return this.find(LOAD_BALANCER + name)?.value;
  }

  /** One behind the prefix alone: `load-balancer-source-ranges`. */
  plain(name: string): string | undefined {
    return this.find(name)?.value;
  }

  /** As Go reads one. */
  flag(name: string, problem: Partial<Issue> = {}): boolean | undefined {
    const found = this.find(LOAD_BALANCER + name);
    const value = goBool(found?.value);
    if (found === undefined || value !== undefined) return value;
    const hint = didYouMean(found.value, ['true', 'false']);
    this.wrong(found, { expected: 'expected "true" or "false"', ...hint, ...problem });
    return undefined;
  }

  /** `a, b`: undefined where there is no such annotation. */
  list(name: string): readonly string[] | undefined {
    return this.text(name)
      ?.split(',')
      .map((each) => each.trim())
      .filter((each) => each !== '');
  }

  /** `k=v,k=v`; refused where it cannot be read. */
  map(name: string): ReadonlyMap<string, string> {
    const pairs = readPairs(this.text(name) ?? '');
    if (pairs === undefined) this.refuse(name, { expected: 'expected KEY=VALUE,KEY=VALUE' });
    return pairs ?? new Map();
  }

  /** Whatever of ours no controller knows: a slip of the pen changes nothing, and says nothing either. */
  reportUnknown(): void {
    for (const key of Object.keys(this.service.metadata.annotations)) {
      const prefix = SERVICE_PREFIXES.find((each) => key.startsWith(each + LOAD_BALANCER));
      if (prefix === undefined) continue;
      const name = key.slice((prefix + LOAD_BALANCER).length);
      const [base = '', of] = name.split('.');
      if (of === undefined ? KNOWN_ANNOTATIONS.has(name) : PER_PORT.has(base)) continue;
      this.issues.push({
        code: 'unknown-annotation',
        severity: 'warning',
        at: this.at(key),
        message: `No load balancer controller knows annotation "${key}" of Service "${keyOf(this.service)}"`,
        ...didYouMean(
          key,
          [...KNOWN_ANNOTATIONS].map((known) => prefix + LOAD_BALANCER + known),
        ),
      });
    }
  }

  /** Where the first of these stands that is there. */
  placed(names: readonly string[]): SourceRef | undefined {
    const found = names.map((name) => this.find(LOAD_BALANCER + name)).find((each) => each !== undefined);
    return found === undefined ? undefined : this.at(found.key);
  }

  /** Where an annotation stands; without it, where its Service does. */
  place(name: string): SourceRef {
    return this.placePlain(LOAD_BALANCER + name);
  }

  /** The same of one behind the prefix alone. */
  placePlain(name: string): SourceRef {
    const found = this.find(name);
    return found === undefined ? this.service.source : this.at(found.key);
  }

  /** A value that is none of these changes nothing, and so is no refusal: what comes of it instead is said. */
  unread(name: string, options: readonly string[], instead: string): void {
    const text = this.text(name);
    if (text === undefined || options.includes(text)) return;
    const expected = `expected ${options.map((each) => `"${each}"`).join(', ')}: ${instead}`;
    this.refuse(name, { severity: 'warning', expected, ...didYouMean(text, options) });
  }

  /** Says what is wrong with the value of an annotation that is there: an error refuses the Service (`madeUnlessRefused`). */
  refuse(name: string, problem: Partial<Issue>): void {
    const found = this.find(LOAD_BALANCER + name);
    if (found !== undefined) this.wrong(found, problem);
  }

  /** Once, however many ports ask for it. */
  private wrong({ key, value }: Found, problem: Partial<Issue>): void {
    const message = `Annotation "${key}" of Service "${keyOf(this.service)}" is "${value.slice(0, 80)}"`;
    if (this.issues.some((known) => known.message === message && known.expected === problem.expected)) return;
    this.issues.push({ code: 'wrong-annotation', severity: 'error', at: this.at(key), message, ...problem });
  }

  private find(name: string): Found | undefined {
    for (const prefix of SERVICE_PREFIXES) {
      const key = prefix + name;
      const value = own(this.service.metadata.annotations, key);
      if (value !== undefined) return { key, value };
    }
    return undefined;
  }

  private at(key: string): SourceRef {
    return this.service.annotationsAt?.[key] ?? this.service.source;
  }
}
