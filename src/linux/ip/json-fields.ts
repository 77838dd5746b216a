import { didYouMean, hasControls, type Issue } from '../../base/index.ts';
import {
  type Cidr,
  cidrOf,
  familyOf,
  type Ip,
  type Mac,
  parseCidr,
  parseIp,
  parseMac,
  widthOf,
} from '../../net/index.ts';
import { parseDsfield } from './dsfield.ts';
import type { JsonEntry } from './json-lines.ts';
import { parseTable } from './tables.ts';

/** Reads the fields of one `ip -j` entry: a field of the wrong shape is an issue, and the entry is then `failed`. */
export class JsonFields {
  failed = false;
  private readonly seen = new Set<string>();
  private readonly entry: JsonEntry;
  private readonly issues: Issue[];

  constructor(entry: JsonEntry, issues: Issue[]) {
    this.entry = entry;
    this.issues = issues;
  }

  has(key: string): boolean {
    return Object.hasOwn(this.entry.fields, key);
  }

  raw(key: string): unknown {
    this.seen.add(key);
    return this.has(key) ? this.entry.fields[key] : undefined;
  }

  text(key: string): string | undefined {
    return this.read(key, 'a string without control characters', (value) =>
      typeof value === 'string' && !hasControls(value) ? value : undefined,
    );
  }

  /** A number, or one written in text (`"0x80"`, `"2"`). */
  number(key: string): number | undefined {
    return this.read(key, 'a number', (value) => {
      const number = typeof value === 'string' && /^(?:0x[0-9a-f]+|\d+)$/i.test(value) ? Number(value) : value;
      return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
    });
  }

  texts(key: string): readonly string[] | undefined {
    return this.read(key, 'a list of strings', (value) =>
      Array.isArray(value) && value.every((item) => typeof item === 'string') ? (value as string[]) : undefined,
    );
  }

  ip(key: string): Ip | undefined {
    return this.read(key, 'an IP address', (value) => (typeof value === 'string' ? parseIp(value) : undefined));
  }

  mac(key: string): Mac | undefined {
    return this.read(key, 'a MAC address', (value) => (typeof value === 'string' ? parseMac(value) : undefined));
  }

  table(key: string): number | undefined {
    return this.read(key, 'a routing table number, "main", "local" or "default"', (value) =>
      typeof value === 'string' || typeof value === 'number' ? parseTable(String(value)) : undefined,
    );
  }

  dsfield(key: string): number | undefined {
    return this.read(key, 'a TOS byte such as "0x10", its two lowest bits 0', (value) =>
      typeof value === 'string' || typeof value === 'number' ? parseDsfield(String(value)) : undefined,
    );
  }

  cidr(key: string): Cidr | undefined {
    return this.read(key, 'an address or a CIDR', (value) =>
      typeof value === 'string' ? parseCidr(value) : undefined,
    );
  }

  /** `"src":"10.0.0.0","srclen":24`. */
  splitCidr(key: string, lengthKey: string): Cidr | undefined {
    const block = this.cidr(key);
    const length = this.number(lengthKey);
    if (block === undefined || length === undefined) return block;
    const address = this.entry.fields[key];
    const base = typeof address === 'string' ? parseIp(address) : undefined;
    if (base === undefined || length > widthOf(familyOf(base))) {
      this.fail(`Wrong prefix length ${length}`, `at most ${widthOf(block.family)}`);
      return undefined;
    }
    return cidrOf(base, length);
  }

  choice<T extends string>(key: string, options: readonly T[]): T | undefined {
    return this.read(key, `one of ${options.join(', ')}`, (value) => options.find((option) => option === value));
  }

  require<T>(value: T | undefined, key: string): T | undefined {
    if (value === undefined && !this.has(key)) this.fail(`Missing "${key}"`);
    return value;
  }

  fail(message: string, expected?: string): void {
    this.failed = true;
    const wish = expected === undefined ? {} : { expected: `expected ${expected}` };
    this.issues.push({ code: 'bad-field', severity: 'error', at: this.entry.at, message, ...wish });
  }

  warn(message: string): void {
    this.issues.push({ code: 'unmodelled-field', severity: 'warning', at: this.entry.at, message });
  }

  /** Fields nobody asked for: `[key, value]`. */
  rest(ignored: readonly string[]): readonly (readonly [string, unknown])[] {
    return Object.entries(this.entry.fields).filter(([key]) => !this.seen.has(key) && !ignored.includes(key));
  }

  /** Fields nobody asked for, as words, and those kept so before: what an answer may depend on and nobody can say how. */
  unread(ignored: readonly string[]): readonly string[] {
    const kept = this.text('unsupported');
    const words = this.rest(ignored).map(([key, value]) =>
      value === null ? key : `${key} ${briefly(value).replaceAll('"', '')}`,
    );
    return kept === undefined ? words : [kept, ...words];
  }

  warnAboutRest(ignored: readonly string[]): void {
    for (const [key, value] of this.rest(ignored)) {
      const near = didYouMean(key, this.seen).hint;
      this.warn(`Field "${key}" (${briefly(value)}) is not modelled${near === undefined ? '' : `, ${near}`}`);
    }
  }

  private read<T>(key: string, what: string, parse: (value: unknown) => T | undefined): T | undefined {
    const value = this.raw(key);
    if (value === undefined) return undefined;
    const parsed = parse(value);
    if (parsed === undefined) this.fail(`Wrong "${key}": ${briefly(value)}`, what);
    return parsed;
  }
}

/** A value in a message: short, and never a deep structure. */
const briefly = (value: unknown): string => {
  if (typeof value === 'string') return `"${value.slice(0, 60)}"`;
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
};
