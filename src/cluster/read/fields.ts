import { didYouMean, hasControls, type Issue, type SourceRef } from '../../base/index.ts';
import { type Cidr, type Ip, parseCidr, parseIp } from '../../net/index.ts';
import { describe } from './collect-documents.ts';
import type { PathKey } from './json-positions.ts';
import {
  type InnerText,
  innerTextOf,
  isObject,
  overlayOf,
  own,
  placeOf,
  type RawDocument,
  type RawObject,
} from './raw-document.ts';

// Most lists and maps of most objects are not there: those that are not share one empty value.
const NONE: readonly never[] = Object.freeze([]);
const NO_STRINGS: Readonly<Record<string, string>> = Object.freeze(Object.create(null));

/** What others are called by: folders, comments and answers show it as it is. */
const NAMES: ReadonlySet<string> = new Set(['name', 'namespace', 'generateName', 'nodeName', 'hostname', 'subdomain']);

/** What is said of a problem beside its place. */
export type Complaint = Pick<Issue, 'code' | 'message'> & Partial<Pick<Issue, 'severity' | 'expected' | 'hint'>>;

/**
 * A map of the input being read: each getter checks one field's type and reports a wrong one at its place. Absent and
 * null are the same, as in the Kubernetes API. Positions are looked up only when there is something to say.
 */
export class Fields {
  readonly value: RawObject;
  readonly document: RawDocument;
  private readonly issues: Issue[];
  private readonly parent: Fields | undefined;
  private readonly steps: readonly PathKey[];

  constructor(
    document: RawDocument,
    issues: Issue[],
    value = document.value,
    parent?: Fields,
    steps: readonly PathKey[] = [],
  ) {
    this.document = document;
    this.issues = issues;
    this.value = value;
    this.parent = parent;
    this.steps = steps;
  }

  path(): readonly PathKey[] {
    return this.parent === undefined ? this.steps : [...this.parent.path(), ...this.steps];
  }

  place(...keys: readonly PathKey[]): SourceRef {
    return placeOf(this.document, [...this.path(), ...keys]);
  }

  /** Reports a problem of the field at `keys`: at its value, or at its name when that is what is wrong. */
  complain(keys: readonly PathKey[], complaint: Complaint): void {
    const at = placeOf(this.document, [...this.path(), ...keys], complaint.code === 'unknown-field');
    this.issues.push({ severity: 'error', at, ...complaint });
  }

  get(key: string): unknown {
    const value = own(this.value, key);
    return value === null ? undefined : value;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  string(key: string): string | undefined {
    const value = this.get(key);
    if (value === undefined) return value;
    if (typeof value !== 'string') return this.wrong(key, value, 'a string');
    if (NAMES.has(key) && hasControls(value)) return this.wrong(key, value, 'a name without control characters');
    return value;
  }

  /** A document in the text at `key`. */
  inner(key: string): InnerText | undefined {
    const text = this.string(key);
    return text === undefined ? undefined : innerTextOf(this.document, [...this.path(), key], text);
  }

  required(key: string): string {
    const value = this.string(key);
    if (value !== undefined && value !== '') return value;
    if (value === '' || !this.has(key)) this.missing(key);
    return '';
  }

  missing(key: string): void {
    this.complain([], { code: 'missing-field', message: `Field "${this.name(key)}" is missing` });
  }

  boolean(key: string): boolean | undefined {
    const value = this.get(key);
    if (value === undefined || typeof value === 'boolean') return value;
    return this.wrong(key, value, 'true or false');
  }

  integer(key: string, min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER): number | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    if (typeof value !== 'number' || !Number.isInteger(value)) return this.wrong(key, value, 'a whole number');
    if (value < min || value > max) return this.wrong(key, value, `a whole number from ${min} to ${max}`);
    return value;
  }

  port(key: string): number | undefined {
    return this.integer(key, 1, 65_535);
  }

  oneOf<const T extends string>(key: string, options: readonly T[]): T | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    const found = options.find((option) => option === value);
    if (found !== undefined) return found;
    const near = typeof value === 'string' ? didYouMean(value, options) : {};
    this.complain([key], {
      code: 'wrong-value',
      message: `Field "${this.name(key)}" is ${describe(value)}`,
      expected: `expected ${options.map((option) => `"${option}"`).join(', ')}`,
      ...near,
    });
    return undefined;
  }

  child(key: string): Fields | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    if (!isObject(value)) return this.wrong(key, value, 'a map');
    return new Fields(this.document, this.issues, value, this, [key]);
  }

  list(key: string): readonly unknown[] {
    const value = this.get(key);
    if (value === undefined) return NONE;
    return Array.isArray(value) ? value : (this.wrong(key, value, 'a list') ?? NONE);
  }

  children(key: string): readonly Fields[] {
    const list = this.list(key);
    if (list.length === 0) return NONE;
    const found: Fields[] = [];
    for (let i = 0; i < list.length; i++) {
      const item = list[i];
      if (isObject(item)) found.push(new Fields(this.document, this.issues, item, this, [key, i]));
      else this.wrongAt([key, i], item, 'a map');
    }
    return found;
  }

  /** `read` of every map in the list at `key`. */
  each<T>(key: string, read: (child: Fields) => T): readonly T[] {
    const children = this.children(key);
    return children.length === 0 ? NONE : children.map(read);
  }

  strings(key: string): readonly string[] {
    return this.items(key, 'a string', (text) => text);
  }

  ips(key: string): readonly Ip[] {
    return this.items(key, 'an IP address such as "10.0.3.7"', parseIp);
  }

  cidrs(key: string): readonly Cidr[] {
    return this.items(key, 'a CIDR such as "10.0.0.0/16"', parseCidr);
  }

  ip(key: string): Ip | undefined {
    return this.parsed(key, 'an IP address such as "10.0.3.7"', parseIp);
  }

  cidr(key: string): Cidr | undefined {
    return this.parsed(key, 'a CIDR such as "10.0.0.0/16"', parseCidr);
  }

  /** A map of strings, without a prototype: no key of it can be mistaken for an inherited one. */
  record(key: string): Readonly<Record<string, string>> {
    const value = this.get(key);
    if (value === undefined) return NO_STRINGS;
    const record: Record<string, string> = Object.create(null);
    if (!isObject(value)) {
      this.wrong(key, value, 'a map of strings');
      return record;
    }
    for (const [name, text] of Object.entries(value)) {
      if (typeof text === 'string') record[name] = text;
      else if (text !== null) this.wrongAt([key, name], text, 'a string (quote it)');
    }
    return record;
  }

  /** Reports every field that is not in `known`: an error where the schema is ours or eksctl's, a warning in Kubernetes objects. */
  known(known: ReadonlySet<string>, severity: Issue['severity']): void {
    for (const key in this.value) {
      if (known.has(key) || !Object.hasOwn(this.value, key)) continue;
      const path = [...this.path(), key];
      this.complain([key], {
        code: 'unknown-field',
        severity: overlayOf(this.document, path) === undefined ? severity : 'error',
        message: `Unknown field "${this.name(key)}"`,
        ...didYouMean(key, known),
      });
    }
  }

  /** `spec.ports[0].nodePort` */
  name(...keys: readonly PathKey[]): string {
    return showPath([...this.path(), ...keys]);
  }

  wrong(key: string, value: unknown, expected: string): undefined {
    return this.wrongAt([key], value, expected);
  }

  private wrongAt(keys: readonly PathKey[], value: unknown, expected: string): undefined {
    this.complain(keys, {
      code: 'wrong-type',
      message: `Field "${this.name(...keys)}" is ${describe(value)}`,
      expected: `expected ${expected}`,
    });
    return undefined;
  }

  private parsed<T>(key: string, expected: string, parse: (text: string) => T | undefined): T | undefined {
    const value = this.get(key);
    if (value === undefined || value === '') return undefined;
    return (typeof value === 'string' ? parse(value) : undefined) ?? this.wrong(key, value, expected);
  }

  private items<T>(key: string, expected: string, parse: (text: string) => T | undefined): readonly T[] {
    const list = this.list(key);
    if (list.length === 0) return NONE;
    const found: T[] = [];
    for (const [i, item] of list.entries()) {
      const value = typeof item === 'string' ? parse(item) : undefined;
      if (value === undefined) this.wrongAt([key, i], item, expected);
      else found.push(value);
    }
    return found;
  }
}

export const showPath = (path: readonly PathKey[]): string =>
  path
    .map((key, i) =>
      typeof key === 'number' ? `[${key}]` : /^[\w-]+$/.test(key) ? `${i === 0 ? '' : '.'}${key}` : `["${key}"]`,
    )
    .join('');

/** Spreads into an object literal: `...maybe('port', port)` leaves the key out when there is no value. */
export const maybe = <K extends string, T>(key: K, value: T | undefined): { readonly [P in K]?: T } =>
  value === undefined ? {} : ({ [key]: value } as { [P in K]?: T });
